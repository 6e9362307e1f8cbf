"""Tests that bad arguments raise the same kind of error on every backend."""

import math
from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import Parameter, catalogue
from bench.accuracy.device import DEVICE

PARAMETERS = [(entry.name, p) for entry in catalogue().values() for p in entry.parameters.values()]
NUMBERS = [(name, p) for name, p in PARAMETERS if float in p.domain.types]


def required(activation: str) -> dict[str, Any]:
    """Return valid values for the parameters without a default."""
    entry = backends.activation.find(activation)
    return {k: v for k, v in entry.bind(**entry.cases[0]).items() if entry.parameters[k].required}


def array(backend: Any, *shape: int) -> Any:
    """Return a float32 array of ones."""
    return backend.asarray(np.ones(shape), dtype="float32", device=DEVICE.get())


def _id(value: object) -> str | None:
    return value.name if isinstance(value, Parameter) else None


class _Foreign:
    """An array of another library, with shape and dtype."""

    shape = (2, 4)
    dtype = np.dtype("float32")


@pytest.mark.parametrize("activation", catalogue())
@pytest.mark.parametrize("kind", ["list", "float", "bool array", "foreign"])
def test_array_of_the_wrong_kind(name: str, backend: Any, activation: str, kind: str) -> None:
    """Anything but the framework's own array in one of the four dtypes is a TypeError."""
    ones = array(backend, 2, 4)
    x = {"list": [[1.0] * 4] * 2, "float": 1.0, "bool array": ones > 0, "foreign": _Foreign()}[kind]

    with pytest.raises(TypeError):
        backends.call(name, activation, x, **required(activation))


@pytest.mark.parametrize(("activation", "parameter"), NUMBERS, ids=_id)
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_number_that_is_none(name: str, backend: Any, activation: str, parameter: Parameter, bad: float) -> None:
    """NaN and infinities are outside every domain."""
    parameters = required(activation) | {parameter.name: bad}

    with pytest.raises(ValueError, match=rf"^{activation}: {parameter.name} must be .*, not -?(nan|inf)$"):
        backends.call(name, activation, array(backend, 2, 4), **parameters)


@pytest.mark.parametrize(("activation", "parameter"), [(n, p) for n, p in NUMBERS if p.domain.low > -math.inf], ids=_id)
def test_negative_number(name: str, backend: Any, activation: str, parameter: Parameter) -> None:
    """A negative number is a ValueError for a parameter that must not be negative."""
    parameters = required(activation) | {parameter.name: -1.0}

    with pytest.raises(ValueError, match=f"^{activation}: {parameter.name}"):
        backends.call(name, activation, array(backend, 2, 4), **parameters)


@pytest.mark.parametrize(("activation", "parameter"), PARAMETERS, ids=_id)
def test_parameter_of_the_wrong_kind(name: str, backend: Any, activation: str, parameter: Parameter) -> None:
    """A string or an array is a TypeError for every parameter."""
    for bad in ("1", array(backend, 1)):
        with pytest.raises(TypeError, match=f"^{activation}: {parameter.name}"):
            backends.call(name, activation, array(backend, 2, 4), **required(activation) | {parameter.name: bad})


@pytest.mark.parametrize("activation", catalogue())
def test_unknown_parameter(name: str, backend: Any, activation: str) -> None:
    """A parameter that the activation does not have is a TypeError that names those it has."""
    with pytest.raises(TypeError, match=f"^{activation}: unknown parameter 'nonsense' .parameters: "):
        backends.call(name, activation, array(backend, 2, 4), nonsense=1.0)


@pytest.mark.parametrize("activation", [n for n in catalogue() if required(n)])
def test_missing_parameter(name: str, backend: Any, activation: str) -> None:
    """A missing parameter without a default is a TypeError."""
    with pytest.raises(TypeError, match="has no default and was not given"):
        backends.call(name, activation, array(backend, 2, 4))


@pytest.mark.parametrize("activation", [n for n, p in PARAMETERS if p.name == "axis"])
@pytest.mark.parametrize(("shape", "axis"), [((2, 4), 2), ((2, 4), -3), ((), -1)])
def test_unknown_axis(name: str, backend: Any, activation: str, shape: tuple[int, ...], axis: int) -> None:
    """An axis that the array does not have is a ValueError."""
    with pytest.raises(ValueError, match=f"^{activation}: axis {axis} does not exist in shape"):
        backends.call(name, activation, array(backend, *shape), axis=axis)


@pytest.mark.parametrize("activation", [n for n, p in PARAMETERS if tuple in p.domain.types])
def test_axis_named_twice(name: str, backend: Any, activation: str) -> None:
    """An axis given twice, once from either end, is a ValueError."""
    with pytest.raises(ValueError, match=f"^{activation}: axis .* names an axis twice"):
        backends.call(name, activation, array(backend, 2, 4), axis=(1, -1))


@pytest.mark.parametrize("activation", [e.name for e in catalogue().values() if e.kind == "gated"])
def test_odd_size(name: str, backend: Any, activation: str) -> None:
    """An odd size, which cannot be split in half, is a ValueError."""
    with pytest.raises(ValueError, match="is odd and cannot be split in half"):
        backends.call(name, activation, array(backend, 2, 5))


def test_unknown_activation(name: str, backend: Any) -> None:
    """An unknown name is a LookupError with the choices."""
    with pytest.raises(LookupError, match=r"unknown activation 'rule' .choose from .*relu"):
        backends.call(name, "rule", array(backend, 2))


def test_alias_and_name_together(name: str, backend: Any) -> None:
    """A parameter given under both its spellings is a TypeError."""
    with pytest.raises(TypeError, match="same parameter given twice"):
        backends.call(name, "relu", array(backend, 2), alpha=0.1, negative_slope=0.1)
