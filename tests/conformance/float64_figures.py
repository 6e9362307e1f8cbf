"""Figures of a backend's float64 results at stratified points, by subject."""

import functools
from typing import Any

import numpy as np
from flint import arb

from backends.activation import Variant, variants
from bench.accuracy.device import DEVICE
from bench.reference import truth
from bench.reference.row_truth import Entry
from tests import strata
from tests.budgets import Sweep
from tests.conformance.checks import SHARED_LENGTHS, Host, bound, eager, floats
from tests.conformance.figures import Tally
from tests.conformance.verdicts import subnormal, with_high_precision
from tests.probes import cotangents

DTYPE = "float64"
SIZE = SHARED_LENGTHS[DTYPE]
"""The size up to which points are repeated."""
DRAWN = 4096
"""The number of cotangents that are drawn: more than there are points."""


def subjects() -> set[str]:
    """Return every subject that is measured."""
    elementwise = (variant for variant in variants() if variant.activation.kind == "elementwise")
    return {f"{variant.id} {word} {DTYPE} eager" for variant in elementwise for word in ("value", "slope")}


def figures(backend: Any, variant: Variant) -> Sweep:
    """Return the figures of a variant, by direction."""
    points = strata.points(variant)
    x, dy = np.resize(points, SIZE), _cotangents()
    arrays = (backend.asarray(a, dtype=DTYPE, device=DEVICE.get()) for a in (x, dy))
    ys, dxs = (floats(backend, a).tolist() for a in eager(backend, bound(backend, variant), *arrays))
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
    """Return cotangents of magnitudes in [1, 2): a normal derivative stays normal, an overflowing one overflows."""
    dy = np.resize(cotangents((DRAWN,)), SIZE)
    return np.where(np.abs(dy) < 1, 2 * dy, dy)


@functools.cache
@with_high_precision
def value_at(variant: Variant, x: float) -> Entry:
    """Return the exact value, whose shift is |x f'(x)|, or 0 at a kink."""
    shift = 0.0 if x in variant.kinks else abs(float(arb(x) * truth.slope(variant, x)))
    return Entry(truth.value(variant, x), shift)


@with_high_precision
def slope_at(variant: Variant, x: float, dy: float, dx: float) -> Entry:
    """Return the cotangent times the exact derivative; at a kink, the valid gradient closest to `dx`."""
    low, high = sorted((arb(dy) * derivative for derivative in truth.slopes(variant, x)), key=float)
    if low < dx < high:
        return Entry(arb(dx), 0.0)
    exact = min((low, high), key=lambda gradient: float(abs(gradient - dx)))
    return Entry(exact, abs(dy) * truth.derivative_shift(variant, x))
