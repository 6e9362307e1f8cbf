"""What follows from the definition alone: range, whether it is monotone, whether it is odd. Nothing is typed by hand.

Elementwise activations are judged over all float32 numbers by the pieces of the accuracy sweeps and, at infinity, by
their limits. What takes a row is judged along the entry that its portrait varies, at POINTS exact values.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
from flint import arb

from backends.activation import Variant
from bench import truth
from bench.accuracy import certificate
from bench.portrait.subject import ROWS, kinks
from reports.accuracy.agreement import PROBES, parity
from reports.accuracy.conventions import limit

POINTS = tuple(step / 8 for step in range(-160, 161))
"""Where a row's entry is varied: beyond 20 its functions are level in every picture."""
ROW_END = 2.0**60
"""As good as infinity, and 1 + ROW_END is exact in the first precision that is tried."""
NOISE = 1e-12
"""A range is known to 2^-45 of itself; what is nearer to a limit is the limit."""


@dataclass(frozen=True)
class Facts:
    """Of a variant's value and slope."""

    low: float
    high: float
    slope_low: float
    slope_high: float
    left: float
    """The limit at -inf."""
    right: float
    falls: bool
    rises: bool
    odd: bool
    sampled: bool
    """Whether it was judged at points alone."""


def facts(variant: Variant) -> Facts | None:
    """Those of a variant; None where its kind has no portrait."""
    if variant.activation.kind == "elementwise":
        return elementwise(variant)
    return row(variant) if variant.activation.kind in ROWS else None


@functools.cache
def elementwise(variant: Variant) -> Facts:
    """By theorem: the sign of the slope on every piece, and the jumps at the kinks."""
    left, right = (limit(float(truth.value(variant, end))) for end in (-truth.FAR, truth.FAR))
    low, high = certificate.value_range(variant, slope=False)
    at_kinks = [float(truth.value(variant, kink)) for kink in variant.kinks]
    low, high = min(low, left, right, *at_kinks), max(high, left, right, *at_kinks)
    slope_low, slope_high = certificate.value_range(variant, slope=True)
    jumps = [rise for kink in variant.kinks for rise in steps(variant, kink)]
    return Facts(
        snapped(low, left, right),
        snapped(high, left, right),
        snapped(slope_low, 0.0, 1.0),
        snapped(slope_high, 0.0, 1.0),
        left,
        right,
        falls=min([slope_low, *jumps]) < 0,
        rises=max([slope_high, *jumps]) > 0,
        odd=parity(variant, "forward") == "odd",
        sampled=False,
    )


def steps(variant: Variant, kink: float) -> list[float]:
    """By how much the value jumps to a kink and from it; 0 where it is continuous."""
    at = np.float32(kink)
    beside = [float(np.nextafter(at, np.float32(end))) for end in (-math.inf, math.inf)]
    before, here, after = (float(truth.value(variant, x)) for x in (beside[0], kink, beside[1]))
    small = 1e-5 * (1 + abs(here))  # a float32 number further on it moves by less than that where it is continuous
    return [rise if abs(rise) > small else 0.0 for rise in (here - before, after - here)]


def row(variant: Variant) -> Facts:
    """Along one entry, at points."""
    ends = (-ROW_END, ROW_END)
    values = [float(along(variant, x)) for x in POINTS]
    slopes = [slope(variant, x) for x in (*POINTS, *ends) if x not in kinks(variant)]
    left, right = (
        math.copysign(math.inf, y) if abs(y) >= ROW_END else y for y in (float(along(variant, x)) for x in ends)
    )
    return Facts(
        snapped(min(left, right, *values), left, right),
        snapped(max(left, right, *values), left, right),
        snapped(min(slopes), 0.0),
        snapped(max(slopes), 1.0),
        left,
        right,
        falls=min(slopes) < 0,
        rises=max(slopes) > 0,
        odd=all(bool((along(variant, x) + along(variant, -x)).contains(0)) for x in PROBES),
        sampled=True,
    )


def laid(variant: Variant, x: float) -> list[float]:
    """The row with x in it."""
    own = ROWS[variant.activation.kind]
    return [x if place == own.place else entry for place, entry in enumerate(own.entries)]


def along(variant: Variant, x: float) -> arb:
    """The exact value of the portrait of a row."""
    return truth.row_value(variant, laid(variant, x))[0]


def slope(variant: Variant, x: float) -> float:
    """Its exact slope."""
    entries = laid(variant, x)
    outputs = len(entries) // 2 if variant.activation.kind == "gated" else len(entries)
    dy = [1.0] + [0.0] * (outputs - 1)
    return float(truth.row_vjp_terms(variant, entries, dy, ROWS[variant.activation.kind].place)[0])


def snapped(end: float, *limits: float) -> float:
    """The end of a range, without the noise of its bound."""
    near = (own for own in limits if math.isfinite(own) and abs(end - own) <= NOISE * (1 + abs(own)))
    return next(near, math.inf if end > 1e37 else -math.inf if end < -1e37 else end)
