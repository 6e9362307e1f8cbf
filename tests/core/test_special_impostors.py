"""Faults of special values in only one place or one row: they are noticed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import find_variant
from tests.conformance import nan_rows, ranks, vectors
from tests.core.impostors import Impostor, Slope, Value

NUMPY: Any = backends.load("numpy")
RELU, SOFTMAX = find_variant("relu", {}), find_variant("softmax", {})


def _without_nan(y: Any, place: Any) -> Any:
    y = y.copy()
    y[place] = np.nan_to_num(y[place])
    return y


def _lost_in_tail(x: Any, y: Any) -> Any:  # noqa: ARG001  # the signature of Value
    return _without_nan(y, np.s_[64:])


def _slope_lost_in_tail(x: Any, dy: Any, vjp: Callable[[Any], Any]) -> Any:
    dx = vjp(dy)
    return np.where(np.isinf(x) & (np.arange(len(x)) >= 64), dx.dtype.type(0.5), dx)


@pytest.mark.parametrize("faults", [(_lost_in_tail, None), (None, _slope_lost_in_tail)], ids=["value", "slope"])
def test_a_fault_of_the_tail_alone_is_caught(faults: tuple[Value | None, Slope | None]) -> None:
    """The fault is found at the length that has a tail, and not at the other."""
    wrong = {length: vectors.eager(Impostor(NUMPY, *faults), RELU, "float32", length) for length in (64, 70)}

    assert not any(wrong[64].values())
    assert wrong[70]["special"]


@pytest.mark.parametrize("place", [0, 500, 999], ids=["first", "middle", "last"])
@pytest.mark.parametrize("row", [0, 1, 2, 3])
def test_a_row_that_loses_or_gains_a_nan_is_caught(row: int, place: int) -> None:
    """One wrong entry of 1000 in value or gradient is found in each row."""

    def turn(y: Any) -> Any:
        y = y.copy()
        y[row, place] = 0.5 if np.isnan(y[row, place]) else np.nan
        return y

    value = Impostor(NUMPY, lambda x, y: turn(y))  # noqa: ARG005  # the signature of Value
    slope = Impostor(NUMPY, None, lambda x, dy, vjp: turn(vjp(dy)))  # noqa: ARG005  # the signature of Slope

    assert not nan_rows.failures(Impostor(NUMPY), SOFTMAX, "float32", 1000)
    assert nan_rows.failures(value, SOFTMAX, "float32", 1000)
    assert nan_rows.failures(slope, SOFTMAX, "float32", 1000)


def test_another_axis_at_the_highest_rank_is_caught() -> None:
    """Rows of nine dimensions that are normalised along the wrong axis are found."""
    shape = (2,) * ranks.HIGHEST
    wrong = Impostor(NUMPY, lambda x, y: y if x.ndim < ranks.HIGHEST else np.ascontiguousarray(np.moveaxis(y, 0, -1)))
    differences = [list(ranks.compare(b, SOFTMAX, "float32", shape=shape, axis=4)) for b in (Impostor(NUMPY), wrong)]

    assert not differences[0]
    assert differences[1]
