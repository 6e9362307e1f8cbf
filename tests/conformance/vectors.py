"""Special values in vectors of 1 to 70 numbers: kernels have a vectorised body and a scalar tail, and may differ there.

Each special value takes every place in turn, so that it is met in the body and in the tail, first and last.
"""

import functools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from backends.activation import Variant
from tests import probes
from tests.conformance import checks, special, verdicts
from tests.conformance.checks import Host
from tests.conformance.settle import Key
from tests.conformance.verdicts import Failure

# beside multiples of the lengths of vectors, 4 to 32 numbers
LENGTHS = (1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 70)
ORDINARY = (1.25, -0.75)
Call = Callable[[Host], tuple[Host, Host]]
Wrong = dict[str, list[Failure]]
"""What is wrong, by the name of the check that an entry of `DIVERGENCES` would name."""


def points(variant: Variant, dtype: str) -> Host:
    """Return NaN, infinities, zeros, kinks and two ordinary numbers."""
    kinks = [float(x) for x in probes.rounded(variant.kinks, dtype) if x]
    return np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, *kinks, *ORDINARY])


def eager(backend: Any, variant: Variant, dtype: str, length: int) -> Wrong:
    """Return what is wrong with eager calls."""
    function = checks.bound(backend, variant)
    return judge(variant, dtype, length, lambda x: checks.results(backend, function, x, dtype, dy=np.ones(length)))


def compiled(backend: Any, variant: Variant, dtype: str, length: int | None = None) -> Wrong:
    """Return what is wrong with a compiled step; of its own length, that of the program for the probe points."""
    if length is None:
        program, length = checks.observe(backend, variant, dtype, "compiled").program, checks.PADDED
    else:
        program = backend.step(checks.bound(backend, variant), compiled=True)
    call = functools.partial(checks.called, backend, program, dtype)
    if variant.activation.kind == "elementwise":
        return judge(variant, dtype, length, lambda x: call(x, np.ones(length)))
    shape = probes.points(variant, dtype).shape
    laid = probes.lay(variant, np.resize(probes.special(variant), shape))
    dy = probes.cotangents(checks.observe(backend, variant, dtype, "compiled").dy.shape)
    return {"special": special.judge_rows(variant, dtype, laid, call(laid, dy)[0])}


def judge(variant: Variant, dtype: str, length: int, call: Call) -> Wrong:
    """Return what is wrong with the values and slopes that `call` gives, for every point at every place."""
    given, results = points(variant, dtype), defaultdict(set)
    # in a vector that holds them all three turns do: each stands in the body and in the tail, one way or another
    turns = range(0, len(given), max(1, len(given) // 3)) if length > 2 * len(given) else range(len(given))
    for shift in turns:
        order = np.resize(np.roll(np.arange(len(given)), shift), length)
        ys, dxs = call(given[order])
        for place, y, dx in zip(order.tolist(), ys.tolist(), dxs.tolist(), strict=True):
            results[place].add((repr(y), repr(dx)))  # NaN is no other NaN's equal
    wrong: Wrong = {"special": [], "value": [], "slope": []}
    for place, pairs in results.items():
        for y, dx in pairs:
            for check, failures in _judge_one(variant, dtype, float(given[place]), float(y), float(dx)).items():
                wrong[check] += failures
    return wrong


def _judge_one(variant: Variant, dtype: str, x: float, y: float, dx: float) -> Wrong:
    if math.isnan(x):
        return {} if math.isnan(y) else {"special": [Failure(x, f"NaN became {y!r}")]}
    if math.isinf(x):
        return {"special": special.judge_limit(variant, dtype, x, y, dx)}
    value, slope = verdicts.values(variant, dtype, [x], [y]), verdicts.slopes(variant, dtype, [x], [1.0], [dx])
    return {"value": value, "slope": slope}


def keyed(variant: Variant, dtype: str, mode: str, wrong: Wrong) -> Iterable[tuple[Key, list[Failure]]]:
    """Yield what is wrong as the ledger takes it."""
    return ((Key(check, variant, dtype, mode), failures) for check, failures in wrong.items())
