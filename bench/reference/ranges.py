"""The range of a function over all float32 numbers, computed from its pieces."""

import functools
import math
from collections.abc import Iterable

import numpy as np
from flint import arb

from backends.activation import Variant
from bench.reference import pieces, taylor, truth

SIGNS = (False, True)
"""Whether inputs are negative, in the order of tables."""


@functools.lru_cache(maxsize=64)
def whole_range(variant: Variant, *, slope: bool) -> tuple[float, float]:
    """Return the least and largest value of f, or of f', over all float32 numbers, exceeded by no more than BOUND."""
    tables = [pieces.table(variant, slope=slope, negative=negative) for negative in SIGNS]
    return range_of(variant, tables, slope=slope)


def range_of(variant: Variant, tables: Iterable[pieces.Table], *, slope: bool) -> tuple[float, float]:
    """Return the range of `whole_range` from the pieces of positive and of negative inputs."""
    intervals = [truth.slopes(variant, x) for x in variant.kinks] if slope else []
    intervals.append((truth.slopes if slope else _value_interval)(variant, 0.0))
    low, high = min(float(low) for low, _ in intervals), max(float(high) for _, high in intervals)
    undecided = []
    for table, negative in zip(tables, SIGNS, strict=True):
        decided = (
            (table.step != pieces.UNKNOWN) | (table.low == table.high) | np.isinf(table.low) | np.isinf(table.high)
        )
        low, high = min(low, *table.low[decided].tolist()), max(high, *table.high[decided].tolist())
        undecided += [pieces.interval(table, p, negative=negative) for p in np.flatnonzero(~decided).tolist()]
    with taylor.precision():
        for domain in undecided:
            low, high = _extend(variant, domain, low, high, slope=slope)
    return low, high


def _extend(variant: Variant, domain: pieces.Interval, low: float, high: float, *, slope: bool) -> tuple[float, float]:
    """Return a range extended by the values on an interval, halved until they are monotone or within the range."""
    pending = [domain]
    while pending:
        part = pending.pop()
        piece = pieces.fit(variant, part, slope=slope)
        if piece is None or not (piece.step != pieces.UNKNOWN or part.first == part.last or _within(piece, low, high)):
            pending += reversed(part.halves())
        else:
            low, high = min(low, piece.low), max(high, piece.high)
    return low, high


def _within(piece: pieces.Piece, low: float, high: float) -> bool:
    if math.isinf(piece.low) or math.isinf(piece.high):  # overflowed: by how much does not matter
        return True
    return low - abs(low) * pieces.BOUND <= piece.low and piece.high <= high + abs(high) * pieces.BOUND


def _value_interval(variant: Variant, x: float) -> tuple[arb, arb]:
    return truth.value(variant, x), truth.value(variant, x)
