"""What happens at infinities, NaN, signed zeros and kinks: limits are judged, conventions are recorded."""

import itertools
import math
from typing import Any

import numpy as np
from flint import arb

from backends.activation import Variant
from bench import truth
from bench.accuracy.device import DEVICE
from tests import probes
from tests.conformance import checks
from tests.conformance.checks import Host, bound, by_row, floats, results
from tests.conformance.verdicts import Failure, K, judge

TIES = (0.0, 0.5, 1.0, 0.5, 1.0, 0.0, 1.0, -1.0)
CROWD = 2**17
SHORT = 8
FLAT = (-8.0, -0.25, 0.25, 8.0)
"""Inputs at which an activation with flat parts has derivative 0."""
BIG, SMALL = arb(2) ** 500, arb(2) ** -500


def special(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """NaN gives NaN; an infinity gives the limit, in value and slope."""
    crowd = _crowd(backend, variant, dtype)
    if variant.activation.kind != "elementwise":
        return crowd + _special_rows(backend, variant, dtype)
    ys, dxs = run(backend, variant, dtype, np.resize([math.inf, -math.inf, math.nan], _short(backend)))
    failures = crowd + ([] if math.isnan(ys[2]) else [Failure(math.nan, f"NaN became {ys[2]!r}")])
    for x, y, dx in ((math.inf, ys[0], dxs[0]), (-math.inf, ys[1], dxs[1])):
        failures += judge_limit(variant, dtype, x, y, dx)
    return failures


def _short(backend: Any) -> int:
    """Return the length of a short vector: where eager calls compile, that of the probe points, which they have met."""
    return checks.PADDED if checks.compiles_eagerly(backend) else SHORT


def judge_limit(variant: Variant, dtype: str, x: float, y: float, dx: float) -> list[Failure]:
    """Return what is wrong with value and slope at an infinity, where they are the limits."""
    far = math.copysign(truth.FAR, x)
    failures = _limit(x, "value", y, truth.value(variant, far), dtype)
    return failures + _limit(x, "slope", dx, truth.slope(variant, far), dtype)


def _crowd(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """NaN stays NaN among 2^17 numbers, where frameworks take other paths than among eight."""
    flat = np.zeros(CROWD if variant.activation.kind == "elementwise" else (CROWD // probes.ROW, probes.ROW))
    flat[..., 1::3] = math.nan
    x = backend.asarray(probes.lay(variant, flat), dtype=dtype, device=DEVICE.get())
    ys = probes.unlay(variant, floats(backend, backend.forward(bound(backend, variant), compiled=False)(x)))
    lost = int((np.isnan(flat[..., : ys.shape[-1]]) & ~np.isnan(ys)).sum())
    return [Failure(math.nan, f"NaN became a number {lost} times in an array of {CROWD}")] if lost else []


def _special_rows(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """The entry NaN stays NaN; one -inf in a row counts as its limit."""
    laid = probes.lay(variant, probes.special(variant))
    return judge_rows(variant, dtype, laid, run(backend, variant, dtype, laid)[0])


def judge_rows(variant: Variant, dtype: str, laid: Host, ys: Host) -> list[Failure]:
    """Return what is wrong with the values of special rows."""
    failures = []
    for row, y in by_row(variant, laid, ys):
        if any(map(math.isnan, row)):
            at = next(i for i, x in enumerate(row) if math.isnan(x)) % len(y)
            failures += [] if math.isnan(y[at]) else [Failure(math.nan, f"NaN became {y[at]!r} in {row}")]
        elif math.inf not in row and row.count(-math.inf) == 1:
            exact = truth.row_value(variant, [max(x, -truth.FAR) for x in row])
            for x, v, limit in zip(row, y, exact, strict=False):
                failures += _limit(x, f"value in {row}", v, limit, dtype)
    return failures


def _limit(x: float, what: str, y: float, exact: arb, dtype: str) -> list[Failure]:
    size = abs(exact)
    limit = exact * math.inf if size > BIG else arb(0) if size < SMALL else exact
    if size > BIG:
        return [] if y == math.copysign(math.inf, float(exact)) else [Failure(x, f"{what} {y!r} instead of {limit}")]
    found = judge(y, limit, 2 * K[dtype], dtype)
    return [Failure(x, f"{what} {found[0]}", found[1])] if found else []


def run(backend: Any, variant: Variant, dtype: str, points: Host) -> tuple[Host, Host]:
    """Values and slopes (cotangent 1) of an eager call."""
    function = bound(backend, variant)
    x = backend.asarray(points, dtype=dtype, device=DEVICE.get())
    y = backend.forward(function, compiled=False)(x)
    dy = backend.asarray(np.ones(tuple(y.shape)), dtype=dtype, device=DEVICE.get())
    return floats(backend, y), floats(backend, backend.backward(function, x, compiled=False)(dy))


def _unbounded_cotangents(backend: Any, variant: Variant) -> dict[str, list[str]]:
    """Return the gradient where the derivative is 0 and the cotangent inf or NaN: a product is NaN there, a mask 0."""
    flat = [x for x in FLAT if truth.slope(variant, x).is_zero()]
    pairs = list(itertools.product(flat, (math.inf, math.nan)))
    if not pairs:
        return {}
    x, dy = np.resize(np.array(pairs), (_short(backend), 2)).T
    dxs = results(backend, bound(backend, variant), x, "float32", dy=dy)[1]
    return {f"{x!r}, cotangent {dy!r}": [f"{dx:.6g}"] for (x, dy), dx in zip(pairs, dxs.tolist(), strict=False)}


def conventions(backend: Any, variant: Variant) -> dict[str, list[str]]:
    """What float32 gives where mathematics leaves a choice: input, then values and slopes as read."""
    if variant.activation.kind == "elementwise":
        points = [*variant.kinks, 0.0, -0.0, math.inf, -math.inf, math.nan]
        ys, dxs = run(backend, variant, "float32", np.resize(points, _short(backend)))
        seen = {repr(x): [f"{y:.6g}", f"{dx:.6g}"] for x, y, dx in zip(points, ys, dxs, strict=False)}
        return seen | _unbounded_cotangents(backend, variant)
    rows = np.array([*probes.SPECIAL_ROWS, TIES])
    ys, dxs = run(backend, variant, "float32", probes.lay(variant, rows))
    words = [[" ".join(f"{v:.6g}" for v in row[0]) for row in by_row(variant, r)] for r in (ys, dxs)]
    return {repr(row): list(both) for row, both in zip(rows.tolist(), zip(*words, strict=True), strict=True)}
