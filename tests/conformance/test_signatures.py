"""The functions of a backend are those of the catalogue, with the catalogue's parameters and no defaults."""

import inspect
from typing import Any

import pytest

from backends.activation import Activation, catalogue
from backends.interface import DTYPES, Backend
from bench.accuracy.device import DEVICE
from tests.probes import rounded

OWN = [entry for entry in catalogue().values() if entry.home == "backends"]
CONTRACT = {n for n in vars(Backend) | Backend.__annotations__ if not n.startswith("_")}


@pytest.mark.parametrize("entry", OWN, ids=lambda e: e.name)
def test_signature(backend: Any, entry: Activation) -> None:
    """x, then the catalogue's parameters in its order, keyword-only, without defaults."""
    first, *rest = inspect.signature(getattr(backend, entry.name)).parameters.values()

    assert first.name == "x"
    assert [p.name for p in rest] == list(entry.parameters)
    assert all(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in rest)


def test_nothing_is_missing_or_extra(backend: Any) -> None:
    """Public functions are the catalogue's, the contract's and, where gradients are ours, a backprop_ of each."""
    public = {n for n, v in vars(backend).items() if callable(v) and not n.startswith("_") and _is_own(backend, v)}
    names = {entry.name for entry in OWN}
    backprops = {n for n in public if n.startswith("backprop_")}

    assert names <= public
    assert public - names - backprops <= CONTRACT
    assert not backprops or backprops == {f"backprop_{n}" for n in names}


def _is_own(backend: Any, value: Any) -> bool:
    return inspect.getmodule(inspect.unwrap(value)) is backend


def test_order(backend: Any) -> None:
    """Functions stand in catalogue order, so that backend files can be read side by side."""
    lines = [inspect.unwrap(getattr(backend, entry.name)).__code__.co_firstlineno for entry in OWN]

    assert lines == sorted(lines)


def test_contract(backend: Any) -> None:
    """What the interface asks for is there."""
    assert {n for n in CONTRACT if not hasattr(backend, n)} == set()


def test_built_in_types(backend: Any) -> None:
    """What crosses a process is built-in: torch.__version__ is a class of torch's."""
    assert type(backend.version()) is str
    assert {type(v) for v in backend.build().values()} <= {str}
    assert backend.devices()[0] == "cpu"


@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip(backend: Any, dtype: str) -> None:
    """asarray rounds once, to nearest even, and copies; to_numpy gives it back."""
    values = rounded([0.1, 1 / 3, 65504.0, 1e-4, -2.5], "float64")
    x = backend.asarray(values, dtype=dtype, device=DEVICE.get())
    kept = backend.to_numpy(x)
    values[:] = 0

    assert backend.dtype(x) == dtype == str(kept.dtype)
    assert kept.astype("float64").tolist() == rounded([0.1, 1 / 3, 65504.0, 1e-4, -2.5], dtype).tolist()
    assert backend.to_numpy(backend.copy(x)).tolist() == kept.tolist()
