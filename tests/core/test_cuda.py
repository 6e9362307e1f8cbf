"""Facts from CUDA's driver."""

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from backends import cuda


@pytest.mark.parametrize(("status", "size"), [(0, 52_428_800), (3, None)])
def test_last_cache(status: int, size: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is the attribute's value, or None where the driver refuses."""

    def attribute(pointer: Any, number: int, device: int) -> int:
        assert (number, device) == (cuda.L2_CACHE_SIZE, 0)
        pointer._obj.value = 52_428_800
        return status

    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(cuDeviceGetAttribute=attribute))  # noqa: ARG005

    assert cuda.l2_cache_bytes() == size


def test_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a driver the size is None."""

    def refuse(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", refuse)

    assert cuda.l2_cache_bytes() is None
