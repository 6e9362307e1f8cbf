"""Evaluation of a function on host arrays, in the worker process, by the programs of its backend.

Each result must have the form and the conduct of an activation's: the input's shape and dtype, in the framework's own
array, in new memory, from an unchanged input, and the same in a second call.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from backends.interface import Array, Backend, Function
from bench.check.target import error_words
from bench.core.text import one_line
from bench.speed.verify import wrong_form

Values = Any  # numpy.ndarray
Program = Callable[[Array], Array]


class FunctionFault(Exception):
    """Raised with one line that says what a call of the function did wrong."""


class NotEvaluated(Exception):
    """Raised with the reason why something cannot be evaluated, which is not the function's fault."""


@dataclass(frozen=True)
class Evaluator:
    """A function on a backend."""

    backend: Backend
    function: Function
    backprop: Callable[[Array, Array], Array] | None = None
    """The reader's gradient, (dy, x) -> dx; the backend's own where there is none."""
    returns_input: bool = False
    """Whether a result may be the input itself: the identity's may."""

    def array(self, values: Values, dtype: str) -> Array:
        """Return host numbers as an array of the framework."""
        return self.backend.asarray(values, dtype=dtype, device="cpu")

    def program(self, direction: str, mode: str, cotangent: float = 1.0) -> Program:
        """Return the program x -> y, or x -> dx for a constant cotangent."""
        compiled = mode == "compiled"
        if compiled and "compiled" not in self.backend.MODES:
            raise NotEvaluated("the backend is eager alone")
        if compiled and (obstacle := self.backend.compile_obstacle()):
            raise NotEvaluated(obstacle)
        if direction == "forward":
            return self.backend.forward(self.function, compiled=compiled)
        return functools.partial(self.gradient, compiled=compiled, cotangent=cotangent)

    def gradient(self, x: Array, *, compiled: bool, cotangent: float) -> Array:
        """Return the vector-Jacobian product at x for a constant cotangent."""
        dy = self.array(np.full(tuple(x.shape), cotangent), self.backend.dtype(x))
        if self.backprop:
            return self.backprop(dy, x)
        try:
            return self.backend.backward(self.function, x, compiled=compiled)(dy)
        except NotImplementedError as error:  # NumPy has no gradients of its own
            raise NotEvaluated(f"{one_line(error)}; --backprop names a function (dy, x) -> dx") from None

    def call(self, run: Program, x: Array) -> Array:
        """Return the result of a call, of the right form; raise FunctionFault otherwise."""
        dtype, shape = self.backend.dtype(x), tuple(x.shape)
        try:
            y = run(x)
        except NotEvaluated:
            raise
        except BaseException as error:  # the reader's code may raise, or exit, as it likes
            action = "exits" if isinstance(error, SystemExit) else "raises"
            raise FunctionFault(f"{action} {error_words(error)} for shape {shape}") from None
        if y is None:
            raise FunctionFault("returns None: it is not differentiable, or returns nothing")
        if isinstance(y, np.generic):  # NumPy's own functions return a number for an array of no dimension
            y = np.asarray(y)
        if reason := wrong_form(self.backend, y, dtype, shape):
            raise FunctionFault(one_line(reason))
        return y

    def host(self, y: Array) -> Values:
        """Return a result on the host, in its own dtype."""
        return self.backend.to_numpy(y)

    def run(self, run: Program, values: Values, dtype: str) -> Values:
        """Return the results for host numbers on the host."""
        return self.host(self.call(run, self.array(values, dtype)))

    def witnessed(self, run: Program, values: Values, dtype: str) -> Values:
        """Return the results for host numbers; raise FunctionFault where a second call shows a fault."""
        x, again = self.array(values, dtype), self.array(values, dtype)
        before = pattern(self.host(x))
        y = self.call(run, x)
        results = self.host(y)
        y_again = self.call(run, again)
        if not np.array_equal(pattern(self.host(x)), before):
            raise FunctionFault("writes into its input")
        self.refuse_shared((y, x), "its result shares the memory of its input")
        self.refuse_shared((y, y_again), "its results share memory: a later call changes an earlier result")
        if count := int(np.count_nonzero(differing(results, self.host(y_again)))):
            raise FunctionFault(f"is random, or remembers earlier calls: {count:,} results differ in a second call")
        return results

    def refuse_shared(self, arrays: tuple[Array, Array], reason: str) -> None:
        """Raise FunctionFault if two arrays overlap in memory."""
        (first, end), (other_first, other_end) = map(self.backend.memory, arrays)
        if first < other_end and other_first < end and not self.returns_input:
            raise FunctionFault(reason)


def pattern(values: Values) -> Values:
    """Return the bits of numbers."""
    return values.view({2: np.uint16, 4: np.uint32, 8: np.uint64}[values.itemsize])


def differing(one: Values, other: Values) -> Values:
    """Return where two arrays of results have other bits; all NaNs are the same."""
    both_nan = np.isnan(one.astype(np.float32)) & np.isnan(other.astype(np.float32))
    return (pattern(one) != pattern(other)) & ~both_nan
