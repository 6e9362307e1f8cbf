"""Effect: the share of a user's results that are not the correctly rounded ones, for N(0, 1) and for the user's inputs.

An error of an ulp at an input that never occurs has none.
"""

import math
from typing import Any

import numpy as np

from backends.activation import Variant
from backends.rounding import round_array
from bench.accuracy import bits
from bench.accuracy.certificate import evaluate_pieces
from bench.check.findings import Finding
from bench.reference import pieces, truth

Values = Any  # numpy.ndarray

NORMAL_INPUTS = 100_000


def normal_inputs() -> Values:
    """Return N(0, 1) inputs."""
    return np.random.default_rng(20150501).normal(size=NORMAL_INPUTS)


def exact_values(variant: Variant, x: Values, *, slope: bool = False) -> Values:
    """Return the fast exact values at float32 inputs in any order; NaN where an input is not finite."""
    exact = np.full(x.size, math.nan)
    exact[x == 0] = float((truth.slope if slope else truth.value)(variant, 0.0))
    for negative in (False, True):
        where = np.flatnonzero(np.isfinite(x) & (x != 0) & (np.signbit(x) == negative))
        order = where[np.argsort(np.abs(x[where]), kind="stable")]
        exact[order] = evaluate_pieces(pieces.table(variant, slope=slope, negative=negative), x[order])
    return exact


def finding(name: str, variant: Variant, x: Values, pattern: Values, dtype: str) -> Finding:
    """Return the share of values that are not the correctly rounded ones."""
    y = pattern.reshape(-1).view(bits.TYPES[dtype])
    numbers = round_array(x.reshape(-1), dtype).astype(np.float32)
    finite = np.isfinite(numbers)
    correct = round_array(exact_values(variant, numbers), dtype)
    differs = finite & ~(y == correct)
    share = int(differs.sum()) / max(int(finite.sum()), 1)
    with np.errstate(invalid="ignore", over="ignore"):
        errors = np.where(differs, np.abs(y.astype(np.float64) - correct.astype(np.float64)), 0.0)
    worst = f", by {errors.max():.3g} at most" if differs.any() else ""
    return Finding(name, "note", f"{share:.3%} are not the correctly rounded ones{worst}", x.size)
