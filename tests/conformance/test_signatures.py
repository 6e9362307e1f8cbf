"""Tests that a backend's functions are those of the catalogue, with its parameters and no defaults."""

import inspect
from typing import Any

import pytest

from backends.activation import Activation, catalogue
from backends.interface import DTYPES, Backend
from bench.accuracy.device import DEVICE
from tests.probes import rounded

ENTRIES = [entry for entry in catalogue().values() if entry.home == "backends"]
CONTRACT = {n for n in vars(Backend) | Backend.__annotations__ if not n.startswith("_")}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.name)
def test_signature(backend: Any, entry: Activation) -> None:
    """A function takes x, then the catalogue's parameters in its order, keyword-only and without defaults."""
    first, *rest = inspect.signature(getattr(backend, entry.name)).parameters.values()

    assert first.name == "x"
    assert [p.name for p in rest] == list(entry.parameters)
    assert all(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in rest)


def test_nothing_is_missing_or_extra(backend: Any) -> None:
    """Public functions are those of catalogue and contract, and a backprop_ of each where the backend has them."""
    functions = {n for n, v in vars(backend).items() if callable(v) and _is_defined_by(backend, v)}
    public = {n for n in functions if not n.startswith("_")}
    names = {entry.name for entry in ENTRIES}
    backprops = {n for n in public if n.startswith("backprop_")}

    assert names <= public
    assert public - names - backprops <= CONTRACT
    assert not backprops or backprops == {f"backprop_{n}" for n in names}


def _is_defined_by(backend: Any, value: Any) -> bool:
    return inspect.getmodule(inspect.unwrap(value)) is backend


def test_order(backend: Any) -> None:
    """Functions stand in catalogue order, so that backend files can be read side by side."""
    lines = [inspect.unwrap(getattr(backend, entry.name)).__code__.co_firstlineno for entry in ENTRIES]

    assert lines == sorted(lines)


def test_contract(backend: Any) -> None:
    """The backend has everything that the interface asks for."""
    assert {n for n in CONTRACT if not hasattr(backend, n)} == set()


def test_built_in_types(backend: Any) -> None:
    """Values that cross processes have built-in types, unlike torch.__version__, which has a class of torch's."""
    assert type(backend.version()) is str
    assert {type(v) for v in backend.build().values()} <= {str}
    assert backend.devices()[0] == "cpu"


@pytest.mark.parametrize("dtype", DTYPES)
def test_round_trip(backend: Any, dtype: str) -> None:
    """Arrays are rounded once, to nearest even, and copied by asarray; to_numpy returns the rounded numbers."""
    values = rounded([0.1, 1 / 3, 65504.0, 1e-4, -2.5], "float64")
    x = backend.asarray(values, dtype=dtype, device=DEVICE.get())
    result = backend.to_numpy(x)
    values[:] = 0

    assert backend.dtype(x) == dtype == str(result.dtype)
    assert result.astype("float64").tolist() == rounded([0.1, 1 / 3, 65504.0, 1e-4, -2.5], dtype).tolist()
    assert backend.to_numpy(backend.copy(x)).tolist() == result.tolist()
