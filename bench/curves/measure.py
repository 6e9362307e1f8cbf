"""Measurements of a subject: its curve, special values, share of zero derivatives, and vanishing derivatives."""

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np

from backends.activation import Variant
from bench.curves.subject import Subject, Values, kinks

Part = dict[str, Any]

HALF_WIDTH = 6.0
BEYOND_KINK = 2.0
KINK_OFFSET = 2.0**-20
"""Distance from a kink, relative to it or 1: invisible, yet not rounded onto the kink in float32 nor flushed to 0."""
STEPS = 32
"""The number of points of a curve per unit of x; every point is a number of all formats."""
DRAWS = 2**20
"""The number of quantile midpoints of N(0, 1), which give a share to within one in a million."""


def json_number(y: float) -> float | str:
    """Return a number for JSON with nine digits, which distinguish all float32; infinities and NaN become text."""
    return float(f"{y:.9g}") if math.isfinite(y) else str(float(y))


def json_numbers(ys: Values) -> list[float | str]:
    """Return each number for JSON."""
    return [json_number(y) for y in ys.tolist()]


def half_width(variant: Variant) -> float:
    """Return the largest |x| of the curve, which is beyond every kink."""
    return max(HALF_WIDTH, *(abs(kink) + BEYOND_KINK for kink in kinks(variant)), 0.0)


def places(variant: Variant) -> Values:
    """Return the inputs of the curve: evenly spaced, and on both sides of each kink instead of at the kink."""
    kink_inputs = np.array(kinks(variant))
    count = int(half_width(variant) * STEPS)
    even = np.setdiff1d(np.arange(-count, count + 1) / STEPS, kink_inputs)
    offsets = KINK_OFFSET * np.maximum(1.0, abs(kink_inputs))
    return np.unique(np.concatenate([even, kink_inputs - offsets, kink_inputs + offsets]))


def curve(subject: Subject, variant: Variant) -> Part:
    """Return the value and the derivative along x."""
    x = places(variant)
    return {
        "x": json_numbers(x),
        "value": json_numbers(subject.values(x)),
        "derivative": json_numbers(subject.derivatives(x)),
    }


def points(subject: Subject, variant: Variant) -> Part:
    """Return value and derivative at kinks, zeros, infinities and NaN, in a large array and each in an array of one.

    The two can differ, since the remainder of a vector takes another path: torch's relu6'(NaN) is 0 in one, 1 in the
    other.
    """
    x = np.array([*(k for k in kinks(variant) if k), 0.0, -0.0, math.inf, -math.inf, math.nan])
    alone = replace(subject, batch=1)
    columns = {
        **{"x": x, "value": subject.values(x), "derivative": subject.derivatives(x)},
        **{"value_alone": alone.values(x), "derivative_alone": alone.derivatives(x)},
    }
    json_columns = {name: json_numbers(column) for name, column in columns.items()}
    return {"at": [dict(zip(json_columns, row, strict=True)) for row in zip(*json_columns.values(), strict=True)]}


@functools.cache
def normal() -> Values:
    """Return the midpoints of DRAWS equally likely shares of N(0, 1), rounded to float32."""
    inverse = NormalDist().inv_cdf
    right = np.array([inverse((n + 0.5) / DRAWS) for n in range(DRAWS // 2, DRAWS)])
    return np.concatenate([-right[::-1], right]).astype(np.float32).astype(np.float64)


def normal_statistics(subject: Subject) -> Part:
    """Return the share of N(0, 1) inputs with a derivative of exactly zero, and the mean value."""
    x = normal()
    return {
        "dead": float((subject.derivatives(x) == 0).mean()),
        "mean": json_number(subject.values(x).mean()),
        "draws": DRAWS,
    }


class Layout(NamedTuple):
    """The layout of a format: its width, the bits of infinity, and the NumPy types that hold its bits and numbers."""

    width: int
    infinity: int
    bits: Any
    numbers: Any
    unused_bits: int = 0
    """Unused low bits of the NumPy type: a bfloat16 is the upper half of a float32."""


LAYOUTS = {
    "float16": Layout(16, 0x7C00, np.uint16, np.float16),
    "bfloat16": Layout(16, 0x7F80, np.uint32, np.float32, unused_bits=16),
    "float32": Layout(32, 0x7F800000, np.uint32, np.float32),
    "float64": Layout(64, 0x7FF0000000000000, np.uint64, np.float64),
}


def vanished(derivatives: Callable[[Values], Values], dtype: str, sign: float) -> Part:
    """Return the least |x| of a sign from which on every derivative is exactly zero, or NaN from `nan_from` on.

    None if the last derivative is neither, or if all that follow are NaN. `whole` tells that this holds from 0 on.
    """
    last = float(derivatives(numbers(dtype, sign, np.array([LAYOUTS[dtype].infinity - 1])))[0])
    nan_from = onset(lambda x: np.isnan(derivatives(x)), dtype, sign) if math.isnan(last) else None
    start = onset(lambda x: (derivative := derivatives(x), (derivative == 0) | np.isnan(derivative))[1], dtype, sign)
    start = None if start == nan_from else start
    return {"from": start, "nan_from": nan_from, "last": json_number(last), "whole": start == 0}


def numbers(dtype: str, sign: float, bits: Values) -> Values:
    """Return the numbers of a format with these bits and this sign."""
    layout = LAYOUTS[dtype]
    shifted = bits.astype(layout.bits) << layout.bits(layout.unused_bits)
    return sign * shifted.view(layout.numbers).astype(np.float64)


def onset(holds: Callable[[Values], Values], dtype: str, sign: float) -> float | None:
    """Return the least |x| of a sign from which on `holds` is true for all finite numbers of a format, None if nowhere.

    Every number of a 16-bit format is tried. For wider formats, the numbers with lower bits of 0 are tried first, then
    all between the last one that fails and its neighbour, 16 bits finer each time. A failure between two neighbours
    further out that both pass is not seen.
    """
    layout = LAYOUTS[dtype]
    if not holds(numbers(dtype, sign, np.array([layout.infinity - 1])))[0]:
        return None
    low, high = 0, layout.infinity
    for shift in range(layout.width - 16, -1, -16):
        # not np.arange of uint64, which is one of float64
        bits = np.uint64(low) + np.arange((high - low) >> shift).astype(np.uint64) * np.uint64(1 << shift)
        failures = np.flatnonzero(~holds(numbers(dtype, sign, bits)))
        if not len(failures):  # in the first round only: later rounds start at a number that fails
            return 0.0
        low = int(bits[failures[-1]])
        high = low + (1 << shift)
    return float(abs(numbers(dtype, sign, np.array([high]))[0]))
