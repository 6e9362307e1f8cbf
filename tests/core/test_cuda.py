"""What CUDA's driver tells."""

import ctypes
from types import SimpleNamespace
from typing import Any

import pytest

from backends import cuda


@pytest.mark.parametrize(("status", "told"), [(0, 52_428_800), (3, None)])
def test_last_cache(status: int, told: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The attribute's value, or nothing where the driver refuses."""

    def attribute(size: Any, number: int, device: int) -> int:
        assert (number, device) == (cuda.L2_CACHE_SIZE, 0)
        size._obj.value = 52_428_800
        return status

    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(cuDeviceGetAttribute=attribute))  # noqa: ARG005

    assert cuda.l2_cache_bytes() == told


def test_without_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is told."""

    def refuse(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", refuse)

    assert cuda.l2_cache_bytes() is None
