"""Facts that follow from the definition alone: the range, and whether a function is monotone or odd.

Elementwise activations are judged over all float32 numbers by the pieces of the accuracy sweeps and, at infinity, by
their limits. Activations of rows are judged along the entry that their curves vary, at the exact values of POINTS.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
from flint import arb

from backends.activation import Variant
from bench.accuracy import certificate
from bench.curves.subject import ROWS, kinks
from bench.reference import truth
from reports.accuracy.agreement import PROBES, parity
from reports.accuracy.conventions import limit

POINTS = tuple(step / 8 for step in range(-160, 161))
"""The values of a row's varied entry: beyond 20 its functions are level in every picture."""
ROW_END = 2.0**60
"""The stand-in for infinity; 1 + ROW_END is exact in the first precision that is tried."""
NOISE = 1e-12
"""The relative distance within which a bound is replaced by a limit: a range is known to 2^-45 of itself."""


@dataclass(frozen=True)
class Facts:
    """The facts about a variant's value and derivative."""

    low: float
    high: float
    derivative_low: float
    derivative_high: float
    left_limit: float
    """The limit at -inf."""
    right_limit: float
    falls: bool
    rises: bool
    odd: bool
    sampled: bool
    """Whether the facts hold at sampled points only."""


def facts(variant: Variant) -> Facts | None:
    """Return the facts about a variant; None where its kind has no curves."""
    if variant.activation.kind == "elementwise":
        return elementwise(variant)
    return row(variant) if variant.activation.kind in ROWS else None


@functools.cache
def elementwise(variant: Variant) -> Facts:
    """Return proved facts: from the sign of the derivative on every piece, and the jumps at the kinks."""
    left_limit, right_limit = (limit(float(truth.value(variant, bound))) for bound in (-truth.FAR, truth.FAR))
    low, high = certificate.value_range(variant, slope=False)
    values_at_kinks = [float(truth.value(variant, kink)) for kink in variant.kinks]
    low, high = (
        min(low, left_limit, right_limit, *values_at_kinks),
        max(high, left_limit, right_limit, *values_at_kinks),
    )
    derivative_low, derivative_high = certificate.value_range(variant, slope=True)
    jumps = [rise for kink in variant.kinks for rise in steps(variant, kink)]
    return Facts(
        snap(low, left_limit, right_limit),
        snap(high, left_limit, right_limit),
        snap(derivative_low, 0.0, 1.0),
        snap(derivative_high, 0.0, 1.0),
        left_limit,
        right_limit,
        falls=min([derivative_low, *jumps]) < 0,
        rises=max([derivative_high, *jumps]) > 0,
        odd=parity(variant, "forward") == "odd",
        sampled=False,
    )


def steps(variant: Variant, kink: float) -> list[float]:
    """Return the jumps of the value to a kink and from it; 0 where it is continuous."""
    point = np.float32(kink)
    beside = [float(np.nextafter(point, np.float32(direction))) for direction in (-math.inf, math.inf)]
    before, here, after = (float(truth.value(variant, x)) for x in (beside[0], kink, beside[1]))
    small = 1e-5 * (1 + abs(here))  # a float32 number further on it moves by less than that where it is continuous
    return [rise if abs(rise) > small else 0.0 for rise in (here - before, after - here)]


def row(variant: Variant) -> Facts:
    """Return facts at points along one entry."""
    bounds = (-ROW_END, ROW_END)
    values = [float(along(variant, x)) for x in POINTS]
    derivatives = [derivative(variant, x) for x in (*POINTS, *bounds) if x not in kinks(variant)]
    left_limit, right_limit = (
        math.copysign(math.inf, y) if abs(y) >= ROW_END else y for y in (float(along(variant, x)) for x in bounds)
    )
    return Facts(
        snap(min(left_limit, right_limit, *values), left_limit, right_limit),
        snap(max(left_limit, right_limit, *values), left_limit, right_limit),
        snap(min(derivatives), 0.0),
        snap(max(derivatives), 1.0),
        left_limit,
        right_limit,
        falls=min(derivatives) < 0,
        rises=max(derivatives) > 0,
        odd=all(bool((along(variant, x) + along(variant, -x)).contains(0)) for x in PROBES),
        sampled=True,
    )


def row_with(variant: Variant, x: float) -> list[float]:
    """Return the row with x in it."""
    subject = ROWS[variant.activation.kind]
    return [x if place == subject.place else entry for place, entry in enumerate(subject.entries)]


def along(variant: Variant, x: float) -> arb:
    """Return the exact value along the varied entry of a row."""
    return truth.row_value(variant, row_with(variant, x))[0]


def derivative(variant: Variant, x: float) -> float:
    """Return the exact derivative along the varied entry of a row."""
    entries = row_with(variant, x)
    outputs = len(entries) // 2 if variant.activation.kind == "gated" else len(entries)
    dy = [1.0] + [0.0] * (outputs - 1)
    return float(truth.row_vjp_terms(variant, entries, dy, ROWS[variant.activation.kind].place)[0])


def snap(bound: float, *limits: float) -> float:
    """Return the bound of a range without its noise: the limit that it lies at, if any."""
    matches = (
        limit_value
        for limit_value in limits
        if math.isfinite(limit_value) and abs(bound - limit_value) <= NOISE * (1 + abs(limit_value))
    )
    return next(matches, math.inf if bound > 1e37 else -math.inf if bound < -1e37 else bound)
