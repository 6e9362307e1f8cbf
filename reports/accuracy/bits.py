"""Inputs by their bits: their values, and the places of their binades along the real line."""

import math
from functools import cache

import numpy as np

from bench.accuracy.shards import LAYOUTS


def value(bits: int, dtype: str) -> float:
    """Return the number with these bits in a format; NaN for -1, which stands for no input."""
    layout = LAYOUTS[dtype]
    if bits < 0:
        return math.nan
    exponent = bits >> layout.mantissa_bits & 2**layout.exponent_bits - 1
    mantissa = bits & layout.per_binade - 1
    sign = -1.0 if bits >> layout.bits - 1 else 1.0
    if exponent == 2**layout.exponent_bits - 1:
        return math.nan if mantissa else sign * math.inf
    scale = max(exponent, 1) - 2 ** (layout.exponent_bits - 1) + 1 - layout.mantissa_bits
    return sign * math.ldexp(mantissa + (layout.per_binade if exponent else 0), scale)


def hexadecimal(bits: int, dtype: str) -> str:
    """Return the bits as in `0xc0490fdb`; empty for -1, which stands for no input."""
    return "" if bits < 0 else f"0x{bits:0{LAYOUTS[dtype].bits // 4}x}"


@cache
def place(binade: int, dtype: str) -> int:
    """Return a binade's place along the real line: 0 for the most negative one, the first half up to -0."""
    half = LAYOUTS[dtype].binades // 2
    return half + binade if binade < half else 2 * half - 1 - binade


def place_of(x: float, dtype: str) -> float:
    """Return the place of a number, in binades from the left end, exact to a fraction within its binade."""
    layout = LAYOUTS[dtype]
    half, bias = layout.binades / 2, 2 ** (layout.exponent_bits - 1) - 1
    if x == 0:
        return half
    exponent = min(max(math.floor(math.log2(abs(x))) + bias, 0), 2 * bias)
    along = exponent + abs(x) / 2.0 ** (exponent - bias) - 1 if exponent else 0.5
    return half + math.copysign(along, x)


MAGNIFIED, TIMES = (-26, 8), 8
"""The binades of magnitude 2^-26 to 2^8, where activations have their shape, are drawn TIMES as wide as the others."""


@cache
def scale(dtype: str) -> tuple[tuple[float, float], ...]:
    """Return (place, x) at the corners of the drawn axis, which is linear between them; throughout for float16."""
    layout = LAYOUTS[dtype]
    half, bias = layout.binades // 2, 2 ** (layout.exponent_bits - 1) - 1
    low, high = (bias + exponent for exponent in MAGNIFIED)
    if low <= 0 or high >= half:
        return (0.0, 0.0), (float(layout.binades), float(layout.binades))
    wide = low + TIMES * (high - low)
    right = ((0, 0), (low, low), (high, wide), (half, wide + half - high))
    middle = right[-1][1]
    return (*((half - p, middle - x) for p, x in right[:0:-1]), *((half + p, middle + x) for p, x in right))


def drawn(place: float, dtype: str) -> float:
    """Return the position on the drawn axis of a place on the real line."""
    places, xs = zip(*scale(dtype), strict=True)
    return float(np.interp(place, places, xs))
