"""What a backend makes of float64 at stratified points, in figures by subject."""

import functools
from typing import Any

import numpy as np
from flint import arb

from backends.activation import Variant, variants
from bench import truth
from bench.accuracy.device import DEVICE
from bench.row_truth import Entry
from tests import strata
from tests.budgets import Sweep
from tests.conformance.checks import Host, bound, eager, floats
from tests.conformance.figures import Tally
from tests.conformance.verdicts import exactly, subnormal
from tests.probes import cotangents

DTYPE = "float64"
LARGE = 4096
"""Points are repeated up to this size: JAX compiles every operation anew for each shape."""


def subjects() -> set[str]:
    """Return every subject that is measured."""
    elementwise = (variant for variant in variants() if variant.activation.kind == "elementwise")
    return {f"{variant.id} {word} {DTYPE} eager" for variant in elementwise for word in ("value", "slope")}


def figures(backend: Any, variant: Variant) -> Sweep:
    """By direction."""
    points = strata.points(variant)
    x, dy = np.resize(points, LARGE), _cotangents()
    laid = (backend.asarray(a, dtype=DTYPE, device=DEVICE.get()) for a in (x, dy))
    ys, dxs = (floats(backend, a).tolist() for a in eager(backend, bound(backend, variant), *laid))
    value, slope = Tally(), Tally()
    for x, y, c, dx in zip(points.tolist(), ys, dy.tolist(), dxs, strict=False):
        flushable = subnormal(x, DTYPE)
        readings = (x, 0.0) if flushable else (x,)
        place = repr(x)
        value.add(y, [value_at(variant, r) for r in readings], DTYPE, subnormal=flushable, place=place)
        slope.add(dx, [slope_at(variant, r, c, dx) for r in readings], DTYPE, subnormal=flushable, place=place)
    subject = f"{variant.id} %s {DTYPE} eager"
    return {subject % "value": value.measured, subject % "slope": slope.measured}


def _cotangents() -> Host:
    """Of sizes in [1, 2): a slope that is a normal number stays one, and one that overflows does."""
    dy = cotangents((LARGE,))
    return np.where(np.abs(dy) < 1, 2 * dy, dy)


@functools.cache
@exactly
def value_at(variant: Variant, x: float) -> Entry:
    """The exact value, moved by |x f'(x)|; by nothing at a kink."""
    moved = 0.0 if x in variant.kinks else abs(float(arb(x) * truth.slope(variant, x)))
    return Entry(truth.value(variant, x), moved)


@exactly
def slope_at(variant: Variant, x: float, dy: float, dx: float) -> Entry:
    """The cotangent times the exact slope; at a kink whatever is valid and closest to `dx`."""
    ends = sorted((arb(dy) * end for end in truth.slopes(variant, x)), key=float)
    if ends[0] < dx < ends[1]:
        return Entry(arb(dx), 0.0)
    exact = min(ends, key=lambda end: float(abs(end - dx)))
    return Entry(exact, abs(dy) * truth.bend(variant, x))
