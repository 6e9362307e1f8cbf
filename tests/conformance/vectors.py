"""Checks of special values in vectors of 1 to 70 numbers, where a kernel's vectorised body and scalar tail may differ.

Each special value takes every place in turn, so that it occurs in the body and in the tail, first and last.
"""

import functools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from backends.activation import Variant
from tests import probes
from tests.conformance import checks, special, verdicts
from tests.conformance.checks import Host
from tests.conformance.settle import Key
from tests.conformance.verdicts import Failure

# around multiples of the hardware's vector lengths, 4 to 32 numbers
LENGTHS = (1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 70)
ORDINARY = (1.25, -0.75)
Call = Callable[[Host], tuple[Host, Host]]
Failures = dict[str, list[Failure]]
"""Failures by the check that an entry of `DIVERGENCES` would name."""


def points(variant: Variant, dtype: str) -> Host:
    """Return NaN, infinities, zeros, kinks and two ordinary numbers."""
    kinks = [float(x) for x in probes.rounded(variant.kinks, dtype) if x]
    return np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, *kinks, *ORDINARY])


def eager(backend: Any, variant: Variant, dtype: str, length: int) -> Failures:
    """Return the failures of eager calls."""
    return judge(variant, dtype, length, lambda x: checks.results(backend, variant, x, dtype, dy=np.ones(length)))


def compiled(backend: Any, variant: Variant, dtype: str, length: int | None = None) -> Failures:
    """Return the failures of a compiled step, by default of the program for the probe points."""
    if length is None:
        program, length = checks.observe(backend, variant, dtype, "compiled").program, checks.length_of(backend, dtype)
    else:
        program = backend.step(checks.bound(backend, variant), compiled=True)
    call = functools.partial(checks.called, backend, program, dtype)
    if variant.activation.kind == "elementwise":
        return judge(variant, dtype, length, lambda x: call(x, np.ones(length)))
    shape = probes.points(variant, dtype).shape
    xs = probes.lay(variant, np.resize(probes.special(variant), shape))
    dy = probes.cotangents(checks.observe(backend, variant, dtype, "compiled").dy.shape)
    return {"special": special.judge_rows(variant, dtype, xs, call(xs, dy)[0])}


def judge(variant: Variant, dtype: str, length: int, call: Call) -> Failures:
    """Return the failures of the values and derivatives that `call` returns, for every point at every place."""
    xs, results = points(variant, dtype), set()
    # where a vector holds all points, three rotations bring each of them into the body and into the tail
    shifts = range(0, len(xs), max(1, len(xs) // 3)) if length > 2 * len(xs) else range(len(xs))
    for shift in shifts:
        order = np.resize(np.roll(np.arange(len(xs)), shift), length)
        ys, dxs = call(xs[order])
        # as bits, since NaN does not equal NaN
        results |= set(zip(order.tolist(), ys.view(np.int64).tolist(), dxs.view(np.int64).tolist(), strict=True))
    failures: Failures = {"special": [], "value": [], "slope": []}
    for place, *bits in sorted(results):
        y, dx = np.array(bits).view(np.float64).tolist()
        for check, check_failures in _judge_one(variant, dtype, float(xs[place]), y, dx).items():
            failures[check] += check_failures
    return failures


def _judge_one(variant: Variant, dtype: str, x: float, y: float, dx: float) -> Failures:
    if math.isnan(x):
        return {} if math.isnan(y) else {"special": [Failure(x, f"NaN became {y!r}")]}
    if math.isinf(x):
        return {"special": special.judge_limit(variant, dtype, x, y, dx)}
    value, slope = verdicts.values(variant, dtype, [x], [y]), verdicts.slopes(variant, dtype, [x], [1.0], [dx])
    return {"value": value, "slope": slope}


def ledger_entries(variant: Variant, dtype: str, mode: str, failures: Failures) -> Iterable[tuple[Key, list[Failure]]]:
    """Yield the failures by key, as the ledger takes them."""
    return ((Key(check, variant, dtype, mode), check_failures) for check, check_failures in failures.items())
