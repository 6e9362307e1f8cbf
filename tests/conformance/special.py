"""Checks at infinities, NaN, signed zeros and kinks: limits are judged, conventions are recorded."""

import itertools
import math
from typing import Any

import numpy as np
from flint import arb

from backends.activation import Variant
from bench.accuracy.device import DEVICE
from bench.reference import truth
from tests import probes
from tests.conformance import checks
from tests.conformance.checks import Host, bound, by_row, floats, results
from tests.conformance.settle import Key
from tests.conformance.verdicts import Failure, K, judge

TIES = (0.0, 0.5, 1.0, 0.5, 1.0, 0.0, 1.0, -1.0)
LARGE_SIZE = 2**17
SHORT_LENGTH = 8
FLAT_INPUTS = (-8.0, -0.25, 0.25, 8.0)
"""Inputs at which the derivative of an activation with flat parts is 0."""
BIG, SMALL = arb(2) ** 500, arb(2) ** -500


def special(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """Return failures where NaN does not give NaN, or an infinity not the limits of value and derivative."""
    return _large_array(backend, variant, dtype) + _few_values(backend, variant, dtype)


def ledger_entries(backend: Any, variant: Variant, dtype: str) -> list[tuple[Key, list[Failure]]]:
    """Return the failures by key: large rows are tested in a program where eager calls compile."""
    large_mode = _mode_of_large_rows(backend) if variant.activation.kind != "elementwise" else "eager"
    if large_mode == "eager":
        return [(Key("special", variant, dtype, "eager"), special(backend, variant, dtype))]
    return [
        (Key("special", variant, dtype, "eager"), _few_values(backend, variant, dtype)),
        (Key("special", variant, dtype, large_mode), _large_array(backend, variant, dtype)),
    ]


def _mode_of_large_rows(backend: Any) -> str:
    """Return the mode of large rows: a program where eager calls compile some 20 operations."""
    return "compiled" if checks.compiles_eagerly(backend) else "eager"


def _few_values(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """Return the failures of eager calls on infinities and NaN alone."""
    if variant.activation.kind != "elementwise":
        return _special_rows(backend, variant, dtype)
    ys, dxs = run(backend, variant, dtype, np.resize([math.inf, -math.inf, math.nan], _short(backend, dtype)))
    failures = [] if math.isnan(ys[2]) else [Failure(math.nan, f"NaN became {ys[2]!r}")]
    for x, y, dx in ((math.inf, ys[0], dxs[0]), (-math.inf, ys[1], dxs[1])):
        failures += judge_limit(variant, dtype, x, y, dx)
    return failures


def _short(backend: Any, dtype: str) -> int:
    """Return the length of a short vector; where eager calls compile, that of all numbers, already compiled."""
    return checks.length_of(backend, dtype) if checks.compiles_eagerly(backend) else SHORT_LENGTH


def judge_limit(variant: Variant, dtype: str, x: float, y: float, dx: float) -> list[Failure]:
    """Return failures of value and derivative at an infinity, where they are the limits."""
    far = math.copysign(truth.FAR, x)
    failures = _limit(x, "value", y, truth.value(variant, far), dtype)
    return failures + _limit(x, "slope", dx, truth.slope(variant, far), dtype)


def _large_array(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """Return a failure if NaN is lost among many numbers, where frameworks take other code paths than among eight.

    Where eager calls compile, they are as many as in every array of numbers, already compiled; `test_inputs` counts
    the NaNs that are lost among more.
    """
    is_elementwise = variant.activation.kind == "elementwise"
    size = checks.length_of(backend, dtype) if checks.compiles_eagerly(backend) else LARGE_SIZE
    points = np.zeros(size if is_elementwise else (LARGE_SIZE // probes.ROW, probes.ROW))
    points[..., 1::3] = math.nan
    x = backend.asarray(probes.lay(variant, points), dtype=dtype, device=DEVICE.get())
    is_compiled = not is_elementwise and _mode_of_large_rows(backend) == "compiled"
    program = backend.forward(bound(backend, variant), compiled=is_compiled)
    ys = probes.unlay(variant, floats(backend, program(x)))
    count = int((np.isnan(points[..., : ys.shape[-1]]) & ~np.isnan(ys)).sum())
    return [Failure(math.nan, f"NaN became a number {count} times in an array of {points.size}")] if count else []


def _special_rows(backend: Any, variant: Variant, dtype: str) -> list[Failure]:
    """Return failures where a NaN entry does not stay NaN, or one -inf in a row does not give the limit."""
    rows = probes.lay(variant, probes.special(variant))
    return judge_rows(variant, dtype, rows, run(backend, variant, dtype, rows)[0])


def judge_rows(variant: Variant, dtype: str, xs: Host, ys: Host) -> list[Failure]:
    """Return failures of the values of special rows."""
    failures = []
    for row, y in by_row(variant, xs, ys):
        if any(map(math.isnan, row)):
            index = next(i for i, x in enumerate(row) if math.isnan(x)) % len(y)
            failures += [] if math.isnan(y[index]) else [Failure(math.nan, f"NaN became {y[index]!r} in {row}")]
        elif math.inf not in row and row.count(-math.inf) == 1:
            exact = truth.row_value(variant, [max(x, -truth.FAR) for x in row])
            for x, v, limit in zip(row, y, exact, strict=False):
                failures += _limit(x, f"value in {row}", v, limit, dtype)
    return failures


def _limit(x: float, name: str, y: float, exact: arb, dtype: str) -> list[Failure]:
    size = abs(exact)
    limit = exact * math.inf if size > BIG else arb(0) if size < SMALL else exact
    if size > BIG:
        return [] if y == math.copysign(math.inf, float(exact)) else [Failure(x, f"{name} {y!r} instead of {limit}")]
    error = judge(y, limit, 2 * K[dtype], dtype)
    return [Failure(x, f"{name} {error[0]}", error[1])] if error else []


def run(backend: Any, variant: Variant, dtype: str, points: Host) -> tuple[Host, Host]:
    """Return the values and derivatives (gradients with cotangent 1) of an eager call."""
    function = bound(backend, variant)
    x = backend.asarray(points, dtype=dtype, device=DEVICE.get())
    y = backend.forward(function, compiled=False)(x)
    dy = backend.asarray(np.ones(tuple(y.shape)), dtype=dtype, device=DEVICE.get())
    return floats(backend, y), floats(backend, backend.backward(function, x, compiled=False)(dy))


def _unbounded_cotangents(backend: Any, variant: Variant) -> dict[str, list[str]]:
    """Return the gradients where the derivative is 0 and the cotangent inf or NaN: a product gives NaN, a mask 0."""
    flat = [x for x in FLAT_INPUTS if truth.slope(variant, x).is_zero()]
    pairs = list(itertools.product(flat, (math.inf, math.nan)))
    if not pairs:
        return {}
    x, dy = np.resize(np.array(pairs), (_short(backend, "float32"), 2)).T
    dxs = results(backend, variant, x, "float32", dy=dy)[1]
    return {f"{x!r}, cotangent {dy!r}": [f"{dx:.6g}"] for (x, dy), dx in zip(pairs, dxs.tolist(), strict=False)}


def conventions(backend: Any, variant: Variant) -> dict[str, list[str]]:
    """Return the float32 results where mathematics leaves a choice: values and derivatives in words, by input."""
    if variant.activation.kind == "elementwise":
        points = [*variant.kinks, 0.0, -0.0, math.inf, -math.inf, math.nan]
        ys, dxs = run(backend, variant, "float32", np.resize(points, _short(backend, "float32")))
        results_by_input = {repr(x): [f"{y:.6g}", f"{dx:.6g}"] for x, y, dx in zip(points, ys, dxs, strict=False)}
        return results_by_input | _unbounded_cotangents(backend, variant)
    rows = np.array([*probes.SPECIAL_ROWS, TIES])
    ys, dxs = run(backend, variant, "float32", probes.lay(variant, rows))
    texts = [[" ".join(f"{v:.6g}" for v in row[0]) for row in by_row(variant, r)] for r in (ys, dxs)]
    return {repr(row): list(pair) for row, pair in zip(rows.tolist(), zip(*texts, strict=True), strict=True)}
