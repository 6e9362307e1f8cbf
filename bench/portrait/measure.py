"""What is measured of a subject: its curve, its special points, the share that is dead, where its slope vanishes."""

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from backends.activation import Variant
from bench.portrait.subject import Subject, Values, kinks

Part = dict[str, Any]

HALF_WIDTH = 6.0
BEYOND_KINK = 2.0
BESIDE = (
    2.0**-20
)  # of 1 or of the kink: no eye can tell, float32 does not round it onto the kink nor a backend flush it to 0
STEPS = 32
"""Points of a curve per unit of x: every one a number of all formats."""
DRAWS = 2**20
"""Quantile midpoints of N(0, 1): a share is told to within one in a million."""


def plain(y: float) -> float | str:
    """As JSON has it: nine digits tell one float32 from the next; what is no finite number is spelled out."""
    return float(f"{y:.9g}") if math.isfinite(y) else str(float(y))


def plains(ys: Values) -> list[float | str]:
    """Each of them."""
    return [plain(y) for y in ys.tolist()]


def half_width(variant: Variant) -> float:
    """How far from 0 the curve goes: beyond every kink."""
    return max(HALF_WIDTH, *(abs(kink) + BEYOND_KINK for kink in kinks(variant)), 0.0)


def places(variant: Variant) -> Values:
    """Where the curve is computed: evenly, and on both sides of each kink instead of at it."""
    at = np.array(kinks(variant))
    count = int(half_width(variant) * STEPS)
    even = np.setdiff1d(np.arange(-count, count + 1) / STEPS, at)
    off = BESIDE * np.maximum(1.0, abs(at))
    return np.unique(np.concatenate([even, at - off, at + off]))


def curve(own: Subject, variant: Variant) -> Part:
    """Value and slope along x."""
    x = places(variant)
    return {"x": plains(x), "value": plains(own.values(x)), "slope": plains(own.slopes(x))}


def points(own: Subject, variant: Variant) -> Part:
    """Value and slope at kinks, zeros, infinities and NaN, among many others and each alone in an array of its own.

    The two can differ: what is left over of a vector takes another path, torch's relu6'(NaN) is 0 in the one, 1 in the
    other.
    """
    x = np.array([*(k for k in kinks(variant) if k), 0.0, -0.0, math.inf, -math.inf, math.nan])
    alone = replace(own, batch=1)
    columns = {
        **{"x": x, "value": own.values(x), "slope": own.slopes(x)},
        **{"value_alone": alone.values(x), "slope_alone": alone.slopes(x)},
    }
    told = {name: plains(column) for name, column in columns.items()}
    return {"at": [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)]}


@functools.cache
def normal() -> Values:
    """Midpoints of DRAWS shares of N(0, 1), equally likely, in float32."""
    inverse = NormalDist().inv_cdf
    right = np.array([inverse((n + 0.5) / DRAWS) for n in range(DRAWS // 2, DRAWS)])
    return np.concatenate([-right[::-1], right]).astype(np.float32).astype(np.float64)


def drawn(own: Subject) -> Part:
    """Over N(0, 1) inputs: the share whose slope is exactly zero, and the mean of the values."""
    x = normal()
    return {"dead": float((own.slopes(x) == 0).mean()), "mean": plain(own.values(x).mean()), "draws": DRAWS}


class Layout(NamedTuple):
    """Of a format: how many bits, those of infinity, and the NumPy types of bits and numbers that hold it."""

    width: int
    infinity: int
    bits: Any
    numbers: Any
    below: int = 0
    """Bits below its own: a bfloat16 is the upper half of a float32."""


LAYOUTS = {
    "float16": Layout(16, 0x7C00, np.uint16, np.float16),
    "bfloat16": Layout(16, 0x7F80, np.uint32, np.float32, below=16),
    "float32": Layout(32, 0x7F800000, np.uint32, np.float32),
    "float64": Layout(64, 0x7FF0000000000000, np.uint64, np.float64),
}


def vanished(slopes: Callable[[Values], Values], dtype: str, sign: float) -> Part:
    """The least |x| of a sign from which on every slope is exactly zero, or NaN as from `nan_from` on all are.

    None where the last slope is another, or all that follow are NaN. `whole` says that it is so from 0 on.
    """
    last = float(slopes(numbers(dtype, sign, np.array([LAYOUTS[dtype].infinity - 1])))[0])
    nan_from = onset(lambda x: np.isnan(slopes(x)), dtype, sign) if math.isnan(last) else None
    start = onset(lambda x: (found := slopes(x), (found == 0) | np.isnan(found))[1], dtype, sign)
    start = None if start == nan_from else start
    return {"from": start, "nan_from": nan_from, "last": plain(last), "whole": start == 0}


def numbers(dtype: str, sign: float, bits: Values) -> Values:
    """Those of a format with these bits, and a sign."""
    layout = LAYOUTS[dtype]
    held = bits.astype(layout.bits) << layout.bits(layout.below)
    return sign * held.view(layout.numbers).astype(np.float64)


def onset(holds: Callable[[Values], Values], dtype: str, sign: float) -> float | None:
    """The least |x| of a sign from which on it holds for all finite numbers of a format; None if not for the last one.

    Of 16 bits every number is tried. Of more, those whose lower bits are 0, then all between the last one for which it
    does not hold and its neighbour, 16 bits further each time: where it does not hold between two neighbours further
    out, for both of which it does, that goes unseen.
    """
    layout = LAYOUTS[dtype]
    if not holds(numbers(dtype, sign, np.array([layout.infinity - 1])))[0]:
        return None
    low, high = 0, layout.infinity
    for shift in range(layout.width - 16, -1, -16):
        # not np.arange of uint64, which is one of float64
        bits = np.uint64(low) + np.arange((high - low) >> shift).astype(np.uint64) * np.uint64(1 << shift)
        against = np.flatnonzero(~holds(numbers(dtype, sign, bits)))
        if not len(against):  # in the first round alone: a later one starts at one for which it does not hold
            return 0.0
        low = int(bits[against[-1]])
        high = low + (1 << shift)
    return float(abs(numbers(dtype, sign, np.array([high]))[0]))
