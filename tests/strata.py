"""Points of float64 in strata: every eighth binade, the ordinary ones densely, and around each place with a name.

Roots of a function or of its slope are found, not listed: there relative errors are without bound.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from backends.activation import Variant
from bench import truth
from tests.probes import SEED, THRESHOLDS, Host, ordinary

STEP = 8
MANTISSAS = (1.0, 1.3717421124828532, 1.9999999999999998)
DENSE = tuple(1 + (k + 0.41421356237309503) / 8 for k in range(8))
DRAWN = 250
NEAR = tuple(2.0**-k for k in (3, 6, 10, 16, 24, 33, 43, 52))
"""Parts of itself by which a point beside a place differs from it."""
GRID = np.linspace(-10.03, 9.97, 201)


@functools.cache
def points(variant: Variant) -> Host:
    """Finite points, distinct and rising, the probes of the conformance suite among them."""
    scales = [math.ldexp(m, e) for e in range(-1074, 1024, STEP) for m in MANTISSAS]
    scales += [math.ldexp(m, e) for e in range(-6, 7) for m in DENSE]
    scales += np.random.default_rng(SEED).uniform(0.0, 10.0, DRAWN).tolist()
    places = [*roots(variant), *(k for k in variant.kinks if k), *THRESHOLDS, *(-t for t in THRESHOLDS)]
    beside = [place * (1 + sign * part) for place in places for part in NEAR for sign in (-1, 1)]
    found = np.array([*ordinary(variant, "float64"), *scales, *(-s for s in scales), *places, *beside])
    return np.unique(found[np.isfinite(found)])


def roots(variant: Variant) -> list[float]:
    """Where value or slope crosses 0 between -10 and 10, to the last bit."""
    values: Callable[[float], arb] = functools.partial(truth.value, variant)
    slopes: Callable[[float], arb] = functools.partial(truth.slope, variant)
    return [root for f in (values, slopes) for root in _crossings(f)]


def _crossings(f: Callable[[float], arb]) -> list[float]:
    signs = [_sign(f(float(x))) for x in GRID]
    brackets = zip(GRID[:-1].tolist(), GRID[1:].tolist(), signs[:-1], signs[1:], strict=True)
    return [_bisected(f, low, high) for low, high, left, right in brackets if left * right < 0]


def _sign(ball: Any) -> int:
    return int(bool(ball > 0)) - int(bool(ball < 0))


def _bisected(f: Callable[[float], arb], low: float, high: float) -> float:
    left = _sign(f(low))
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _sign(f(middle)) == left else (low, middle)
    return low
