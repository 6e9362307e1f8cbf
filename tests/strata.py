"""Points of float64 in strata: every eighth binade, the ordinary ones densely, and the neighbourhood of special places.

Roots of a function or of its derivative are searched for, not listed: relative errors there are unbounded.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from backends.activation import Variant
from bench.reference import truth
from tests.probes import SEED, THRESHOLDS, Host, ordinary

STEP = 8
MANTISSAS = (1.0, 1.3717421124828532, 1.9999999999999998)
DENSE = tuple(1 + (k + 0.41421356237309503) / 8 for k in range(8))
DRAWN = 250
NEAR = tuple(2.0**-k for k in (3, 6, 10, 16, 24, 33, 43, 52))
"""The relative differences of the points beside a place from it."""
GRID = np.linspace(-10.03, 9.97, 201)


@functools.cache
def points(variant: Variant) -> Host:
    """Return finite points, distinct and rising, the probes of the conformance suite among them."""
    scales = [math.ldexp(m, e) for e in range(-1074, 1024, STEP) for m in MANTISSAS]
    scales += [math.ldexp(m, e) for e in range(-6, 7) for m in DENSE]
    scales += np.random.default_rng(SEED).uniform(0.0, 10.0, DRAWN).tolist()
    places = [*roots(variant), *(k for k in variant.kinks if k), *THRESHOLDS, *(-t for t in THRESHOLDS)]
    beside = [place * (1 + sign * part) for place in places for part in NEAR for sign in (-1, 1)]
    candidates = np.array([*ordinary(variant, "float64"), *scales, *(-s for s in scales), *places, *beside])
    return np.unique(candidates[np.isfinite(candidates)])


def roots(variant: Variant) -> list[float]:
    """Return where value or derivative crosses 0 between -10 and 10, to the last bit."""
    values: Callable[[float], arb] = functools.partial(truth.value, variant)
    slopes: Callable[[float], arb] = functools.partial(truth.slope, variant)
    return [root for f in (values, slopes) for root in _crossings(f)]


def _crossings(f: Callable[[float], arb]) -> list[float]:
    signs = [_sign(f(float(x))) for x in GRID]
    brackets = zip(GRID[:-1].tolist(), GRID[1:].tolist(), signs[:-1], signs[1:], strict=True)
    return [_bisected(f, low, high) for low, high, sign_low, sign_high in brackets if sign_low * sign_high < 0]


def _sign(enclosure: Any) -> int:
    return int(bool(enclosure > 0)) - int(bool(enclosure < 0))


def _bisected(f: Callable[[float], arb], low: float, high: float) -> float:
    sign_low = _sign(f(low))
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _sign(f(middle)) == sign_low else (low, middle)
    return low
