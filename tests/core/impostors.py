"""Backends with one fault each, on top of the NumPy backend: the conformance suite must catch them."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from backends.activation import Variant
from backends.interface import Array, Function

Value = Callable[[Array, Array], Array]  # (x, y) -> y
Slope = Callable[[Array, Array, Callable[[Array], Array]], Array]  # (x, dy, vjp) -> dx


class Impostor:
    """An honest backend whose values or gradients are tampered with."""

    def __init__(self, honest: Any, value: Value | None = None, slope: Slope | None = None) -> None:
        self.honest, self.value, self.slope = honest, value, slope

    def __getattr__(self, name: str) -> Any:
        return getattr(self.honest, name)

    def forward(self, function: Function, *, compiled: bool) -> Callable[[Array], Array]:
        """Return the program with its value tampered with."""
        program = self.honest.forward(function, compiled=compiled)
        tamper = self.value or (lambda x, y: y)  # noqa: ARG005  # the signature of Value
        return lambda x: tamper(_output_inputs(function, x), program(x))

    def backward(self, function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
        """Return the program with its gradient tampered with."""
        vjp = self.honest.backward(function, x, compiled=compiled)
        tamper = self.slope or (lambda x, dy, vjp: vjp(dy))  # noqa: ARG005  # the signature of Slope
        return lambda dy: tamper(x, dy, vjp)


class Deaf(Impostor):
    """A backend that ignores parameters: it computes every variant as `first`."""

    def __init__(self, honest: Any, first: Variant) -> None:
        super().__init__(honest)
        self.first = first

    def forward(self, function: Function, *, compiled: bool) -> Callable[[Array], Array]:
        """Return the program of the first variant."""
        return super().forward(self._first_function(function), compiled=compiled)

    def backward(self, function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
        """Return the gradient of the first variant."""
        return super().backward(self._first_function(function), x, compiled=compiled)

    def _first_function(self, function: Any) -> Function:
        return functools.partial(function.func, **self.first.parameters)


def _output_inputs(function: Any, x: Array) -> Array:
    """Return the entries of x that outputs correspond to: all of them, or a gated activation's first half."""
    if function.func.__name__ == "glu":
        return np.take(x, range(x.shape[axis := function.keywords["axis"]] // 2), axis=axis)
    return x


def _where(condition: Array, yes: Array, no: Array) -> Array:
    return np.asarray(np.where(condition, yes, no), no.dtype)


def _tail(y: Array) -> Array:
    return y * y.dtype.type(1.001) + y.dtype.type(1e-30)


FAULTS: dict[str, tuple[Value | None, Slope | None]] = {
    "value off by 1e-5": (lambda x, y: y * y.dtype.type(1 + 1e-5), None),  # noqa: ARG005
    "cotangent ignored": (None, lambda x, dy, vjp: vjp(np.ones_like(dy))),  # noqa: ARG005
    "gradient off by 1e-5": (None, lambda x, dy, vjp: vjp(dy) * dy.dtype.type(1 + 1e-5)),  # noqa: ARG005
    "slope wrong on the right": (None, lambda x, dy, vjp: _where(x > 0, -vjp(dy), vjp(dy))),
    "slope wrong on the left": (None, lambda x, dy, vjp: _where(x < 0, vjp(dy) + dy.dtype.type(0.125), vjp(dy))),
    "output upcast": (lambda x, y: y.astype(np.float64), None),  # noqa: ARG005
    "gradient upcast": (None, lambda x, dy, vjp: vjp(dy).astype(np.float64)),  # noqa: ARG005
    "NaN swallowed": (lambda x, y: _where(np.isnan(y), y * 0 == 0, y), None),  # noqa: ARG005
    "right tail wrong": (lambda x, y: _where(x > 8, _tail(y), y), None),
    "left tail wrong": (lambda x, y: _where(x < -8, _tail(y), y), None),
}
