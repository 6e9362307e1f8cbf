"""The range of a function over all float32 numbers, from its pieces."""

import functools
import math

import numpy as np
from flint import arb

from backends.activation import Variant
from bench import truth
from bench.accuracy import pieces, taylor


@functools.lru_cache(maxsize=64)
def whole_range(variant: Variant, *, slope: bool) -> tuple[float, float]:
    """The least and the largest value of f, or of f', over all float32 numbers, beyond it by no more than BOUND."""
    ends = [truth.slopes(variant, x) for x in variant.kinks] if slope else []
    ends.append((truth.slopes if slope else _twice)(variant, 0.0))
    low, high = min(float(low) for low, _ in ends), max(float(high) for _, high in ends)
    loose = []
    for negative in (False, True):
        mine = pieces.table(variant, slope=slope, negative=negative)
        known = (mine.step != pieces.UNKNOWN) | (mine.low == mine.high) | np.isinf(mine.low) | np.isinf(mine.high)
        low, high = min(low, *mine.low[known].tolist()), max(high, *mine.high[known].tolist())
        loose += [pieces.interval(mine, p, negative=negative) for p in np.flatnonzero(~known).tolist()]
    with taylor.precision():
        for on in loose:
            low, high = _extended(variant, on, low, high, slope=slope)
    return low, high


def _extended(variant: Variant, on: pieces.Interval, low: float, high: float, *, slope: bool) -> tuple[float, float]:
    """A range that holds the values on an interval too: halved until they rise or fall, or are within the range."""
    pending = [on]
    while pending:
        part = pending.pop()
        piece = pieces.fit(variant, part, slope=slope)
        if piece is None or not (piece.step != pieces.UNKNOWN or part.first == part.last or _within(piece, low, high)):
            pending += reversed(part.halves())
        else:
            low, high = min(low, piece.low), max(high, piece.high)
    return low, high


def _within(piece: pieces.Piece, low: float, high: float) -> bool:
    if math.isinf(piece.low) or math.isinf(piece.high):  # it has overflowed, and how far does not matter
        return True
    return low - abs(low) * pieces.BOUND <= piece.low and piece.high <= high + abs(high) * pieces.BOUND


def _twice(variant: Variant, x: float) -> tuple[arb, arb]:
    return truth.value(variant, x), truth.value(variant, x)
