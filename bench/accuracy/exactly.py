"""Decisions that float64 cannot make, where the truth is a polynomial of degree 2 or less with float64 coefficients.

x / 2 + 1 / 2 rounds half of its inputs from exactly the middle between two numbers: an error of 1/2 ulp, no more. Pairs
of float64 numbers (Dekker 1971) hold such sums and products without loss; what two sides differ by is then 0 or far
above the pair's own error, 2^-100 of the largest term.
"""

import math
from typing import Any

import numpy as np

from bench.accuracy.kernel import jit

LOST = 2.0**-95
"""Relative difference below which two pairs are the same number."""
SPLIT = 134217729.0  # 2^27 + 1, Veltkamp
Array = Any


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
def _plus(high: float, low: float, b: float) -> tuple[float, float]:
    s, t = _sum(high, b)
    return _sum(s, t + low)


@jit
def exceeds(x: Array, y: Array, edge: float, centre: float, scale: float, divisor: int, c: Array, f: Any) -> Array:
    """Whether |y - P((x - centre) / scale) / divisor| is more than `edge` ulp of the truth, input by input."""
    result = np.empty(x.size, np.bool_)
    for i in range(x.size):
        h = (np.float64(x[i]) - centre) / scale
        high, low = c[2], 0.0
        for k in range(1, -1, -1):
            high, low = _times(high, low, h)
            high, low = _plus(high, low, c[k])
        size = abs(high) + abs(low)
        exponent = math.frexp(size / divisor)[1]
        exponent = max(exponent, math.frexp(f.smallest_normal)[1])
        limit = edge * math.ldexp(1.0, exponent - f.precision) * divisor
        high, low = _plus(high, low, -np.float64(y[i]) * divisor)
        if high < 0 or (high == 0 and low < 0):
            high, low = -high, -low
        high, low = _plus(high, low, -limit)
        result[i] = high + low > LOST * size
    return result
