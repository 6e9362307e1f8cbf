"""Decisions that float64 cannot make, for many inputs at once.

Results lie on an edge by the million: x / 2 + 1 / 2 rounds half of its inputs from exactly the middle between two
numbers, x - tanh(x) as many but for exp(-2^24), and 3/5 x, which is mish about zero, in fifths of an ulp. There the
Taylor polynomial is evaluated in pairs of float64 numbers (Dekker 1971), rigorously to BOUND. `arb` decides what that
leaves open, and small numbers of inputs.
"""

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from backends.activation import Variant
from bench.accuracy.kernel import jit
from bench.reference import pieces, taylor

BOUND = 2.0**-88
"""The largest relative error of a polynomial in pairs: 2^-64 ulp of float32."""
ROUNDOFF = 2.0**-98
"""A generous bound for a step of Horner's rule in pairs: Dekker's sum and product are within 2^-103."""
NEGLIGIBLE = 2.0**-112
FEW_INPUTS = 8
"""The number of inputs below which `arb` decides faster than an expansion."""
HALF = 2.0**-53
"""Half a float64 unit: an error is a float64 number, and is on an edge if it exceeds it by no more than that."""
UNDECIDED = -1
SPLIT = 134217729.0  # 2^27 + 1, Veltkamp
Array = Any


@dataclass(frozen=True)
class Pairs:
    """The polynomial u^lead (c0 + c1 u + ...), u = (x - centre) / scale, with coefficients high + low."""

    centre: float
    scale: float
    lead: int
    high: Array
    low: Array


@functools.lru_cache(maxsize=4096)
def fit(variant: Variant, domain: pieces.Interval, *, slope: bool) -> Pairs | None:
    """Return the polynomial on an interval, or None if the interval has to be halved."""
    with taylor.precision():
        try:
            coefficients, remainder = pieces.expand(variant, domain, slope=slope)
        except taylor.UndecidedError:
            return None
        if remainder.is_zero() and all(c.is_zero() for c in coefficients):
            return Pairs(domain.centre, domain.scale, 0, np.zeros(1), np.zeros(1))
        expansion = pieces.terms(coefficients, remainder, domain)
        if expansion is None:
            return None
        degree, bound = pieces.truncate(expansion, coefficients, domain, negligible=NEGLIGIBLE, roundoff=ROUNDOFF)
        if bound > BOUND:
            return None
        used = coefficients[expansion.lead : expansion.lead + degree + 1]
        high = [float(c.mid()) for c in used]
        low = [float((c - h).mid()) for c, h in zip(used, high, strict=True)]
    return Pairs(domain.centre, domain.scale, expansion.lead, np.array(high), np.array(low))


def above(
    variant: Variant, domain: pieces.Interval, x: Array, y: Array, edge: float, form: Any, *, slope: bool
) -> Array:
    """Return 1 where |y - exact| is more than `edge` ulp, 0 where it is not, and UNDECIDED.

    x rises in magnitude within the domain.
    """
    result = np.full(x.size, UNDECIDED, np.int8)
    magnitudes = np.abs(x).view(np.uint32)
    pending = [(0, x.size, domain)]
    while pending:
        start, end, part = pending.pop()
        if end - start < FEW_INPUTS:
            continue
        if pairs := fit(variant, part, slope=slope):
            polynomial = (pairs.centre, pairs.scale, pairs.lead, pairs.high, pairs.low)
            result[start:end] = exceeds(x[start:end], y[start:end], edge, *polynomial, form)
        elif part.first < part.last:
            near, far = part.halves()
            cut = start + int(np.searchsorted(magnitudes[start:end], near.last, side="right"))
            pending += [(start, cut, near), (cut, end, far)]
    return result


@jit
def _sum(a: float, b: float) -> tuple[float, float]:
    s = a + b
    v = s - a
    return s, (a - (s - v)) + (b - v)


@jit
def _product(a: float, b: float) -> tuple[float, float]:
    p = a * b
    s, t = SPLIT * a, SPLIT * b
    a1, b1 = s - (s - a), t - (t - b)
    a2, b2 = a - a1, b - b1
    return p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2


@jit
def _times(high: float, low: float, b: float) -> tuple[float, float]:
    p, q = _product(high, b)
    return _sum(p, q + low * b)


@jit
def _plus(high: float, low: float, b: float, c: float) -> tuple[float, float]:
    s, t = _sum(high, b)
    return _sum(s, t + (low + c))


@jit
def _negative(high: float, low: float) -> bool:
    return high < 0 or (high == 0 and low < 0)


@jit
def exceeds(
    x: Array, y: Array, edge: float, centre: float, scale: float, lead: int, c_high: Array, c_low: Array, f: Any
) -> Array:
    """Return whether |y - exact| is more than `edge` ulp of the exact value, input by input; see `above`."""
    result = np.empty(x.size, np.int8)
    lowest, highest = math.frexp(f.smallest_normal)[1], math.frexp(f.largest)[1]
    for i in range(x.size):
        h = (np.float64(x[i]) - centre) / scale
        high, low = c_high[-1], c_low[-1]
        for k in range(c_high.size - 2, -1, -1):
            high, low = _times(high, low, h)
            high, low = _plus(high, low, c_high[k], c_low[k])
        for _ in range(lead):
            high, low = _times(high, low, h)
        result_value = np.float64(y[i])
        if _negative(high, low):
            high, low, result_value = -high, -low, -result_value
        if high >= f.top:  # infinity counts as one step above the largest number
            high, low = f.top, 0.0
        result_value = max(min(result_value, f.top), -f.top)
        mantissa, exponent = math.frexp(high)
        exponent -= mantissa == 0.5 and low < 0
        limit = edge * math.ldexp(1.0, min(max(exponent, lowest), highest) - f.precision)
        slack = high * BOUND + limit * HALF * HALF
        high, low = _plus(high, low, -result_value, 0.0)
        if _negative(high, low):
            high, low = -high, -low
        high, low = _plus(high, low, -limit, 0.0)
        excess = (high + low) - limit * HALF
        result[i] = UNDECIDED if abs(excess) <= slack else excess > 0
    return result
