"""An activation on a backend as a function of one number: values and derivatives by the backend's eager programs.

An activation of rows is a function of one entry with the others fixed: softmax, log_softmax and sparsemax of the first
entry of [x, 0, 0], glu of the gate of [1, x]. All calls have one length, since JAX compiles for each length.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import backends
from backends.activation import Kind, Variant
from backends.interface import Backend, Function

Values = Any  # numpy.ndarray

BATCH = 2**16


@dataclass(frozen=True)
class Row:
    """The row in which one entry varies, at the index `place`."""

    entries: tuple[float, ...]
    place: int
    words: str


ROWS: dict[Kind, Row] = {
    "rowwise": Row((0.0, 0.0, 0.0), 0, "the first result of the row [x, 0, 0]: the other two entries are fixed at 0"),
    "gated": Row((1.0, 0.0), 1, "the result of the row [1, x]: the gate varies, what it lets pass is fixed at 1"),
}
ROW_KINKS = {"sparsemax": (-0.5, 1.0)}  # of the first entry of [x, 0, 0]: the support has 2 | 3 | 1 entries


def kinks(variant: Variant) -> tuple[float, ...]:
    """Return the inputs at which the value or the derivative of the recorded function jumps."""
    return ROW_KINKS.get(variant.activation.name, variant.kinks)


@dataclass(frozen=True)
class Subject:
    """A variant on a backend in one format, as a function of one number."""

    backend: Backend
    function: Function
    row: Row | None
    dtype: str = "float32"
    batch: int = BATCH
    """The number of inputs in a call."""

    def values(self, x: Values) -> Values:
        """Return f(x) as float64."""
        run = self.backend.forward(self.function, compiled=False)
        return self._batched(lambda inputs: self._first(run(self._array(inputs))), x)

    def derivatives(self, x: Values) -> Values:
        """Return f'(x) as float64: the vector-Jacobian product for the cotangent 1."""
        return self._batched(self._derivative, x)

    def _derivative(self, inputs: Values) -> Values:
        dy = np.ones(len(inputs)) if self.row is None else np.zeros((len(inputs), len(self._outputs())))
        if self.row is not None:
            dy[:, 0] = 1.0
        run = self.backend.backward(self.function, self._array(inputs), compiled=False)
        gradient = self._host(run(self._array(dy)))
        return gradient if self.row is None else gradient[:, self.row.place]

    def _outputs(self) -> tuple[float, ...]:
        assert self.row is not None
        return self.row.entries[: 1 if self.row.place else None]  # a gate's result is half as long

    def _batched(self, run: Any, x: Values) -> Values:
        parts = []
        for start in range(0, len(x), self.batch):
            part = x[start : start + self.batch]
            parts.append(run(self._arrange(np.resize(part, self.batch)))[: len(part)])
        return np.concatenate(parts)

    def _arrange(self, x: Values) -> Values:
        if self.row is None:
            return x
        rows = np.tile(np.array(self.row.entries), (len(x), 1))
        rows[:, self.row.place] = x
        return rows

    def _array(self, values: Values) -> Any:
        return self.backend.asarray(values, dtype=self.dtype, device="cpu")

    def _host(self, y: Any) -> Values:
        return self.backend.to_numpy(y).astype(np.float64)

    def _first(self, y: Any) -> Values:
        results = self._host(y)
        return results if self.row is None else results[:, 0]


def subject(backend: str, variant: Variant, dtype: str = "float32") -> Subject:
    """Return the variant on a backend, which this loads."""
    function = backends.function(backend, variant.activation.name, **variant.parameters)
    return Subject(backends.load(backend), function, ROWS.get(variant.activation.kind), dtype)
