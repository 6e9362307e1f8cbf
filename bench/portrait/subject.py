"""An activation on a backend as a function of one number: values and slopes, eager, by the backend's own programs.

What takes a row is portrayed along one of its entries, the others fixed: softmax, log_softmax and sparsemax by the
first entry of [x, 0, 0], glu by the gate of [1, x]. Calls have one length, since JAX compiles for each anew.
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
    """The row that is portrayed: the entry that varies, the first one, is `place`."""

    entries: tuple[float, ...]
    place: int
    words: str


ROWS: dict[Kind, Row] = {
    "rowwise": Row((0.0, 0.0, 0.0), 0, "the first result of the row [x, 0, 0]: the other two entries are fixed at 0"),
    "gated": Row((1.0, 0.0), 1, "the result of the row [1, x]: the gate varies, what it lets pass is fixed at 1"),
}
ROW_KINKS = {"sparsemax": (-0.5, 1.0)}  # of the first of [x, 0, 0]: there its support has 0 | 3 | 1 members


def kinks(variant: Variant) -> tuple[float, ...]:
    """Where value or slope of what is portrayed jumps."""
    return ROW_KINKS.get(variant.activation.name, variant.kinks)


@dataclass(frozen=True)
class Subject:
    """A variant on a backend in one format."""

    backend: Backend
    function: Function
    row: Row | None
    dtype: str = "float32"
    batch: int = BATCH
    """How many numbers a call has."""

    def values(self, x: Values) -> Values:
        """f(x), as float64."""
        run = self.backend.forward(self.function, compiled=False)
        return self._batched(lambda laid: self._first(run(self._array(laid))), x)

    def slopes(self, x: Values) -> Values:
        """f'(x), as float64: the vector-Jacobian product for 1."""
        return self._batched(self._slope, x)

    def _slope(self, laid: Values) -> Values:
        dy = np.ones(len(laid)) if self.row is None else np.zeros((len(laid), len(self._outputs())))
        if self.row is not None:
            dy[:, 0] = 1.0
        run = self.backend.backward(self.function, self._array(laid), compiled=False)
        found = self._host(run(self._array(dy)))
        return found if self.row is None else found[:, self.row.place]

    def _outputs(self) -> tuple[float, ...]:
        assert self.row is not None
        return self.row.entries[: 1 if self.row.place else None]  # a gate's result is half as long

    def _batched(self, run: Any, x: Values) -> Values:
        parts = []
        for start in range(0, len(x), self.batch):
            part = x[start : start + self.batch]
            parts.append(run(self._laid(np.resize(part, self.batch)))[: len(part)])
        return np.concatenate(parts)

    def _laid(self, x: Values) -> Values:
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
        found = self._host(y)
        return found if self.row is None else found[:, 0]


def subject(backend: str, variant: Variant, dtype: str = "float32") -> Subject:
    """The variant on a backend, which is loaded for it."""
    function = backends.function(backend, variant.activation.name, **variant.parameters)
    return Subject(backends.load(backend), function, ROWS.get(variant.activation.kind), dtype)
