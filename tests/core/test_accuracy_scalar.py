"""Agreement of the fused pass and the scalar `ulp.error` on thousands of results, likely ones and hostile ones."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

from bench.accuracy import bits, evaluate
from bench.accuracy.record import EDGES, merge
from bench.accuracy.shards import LAYOUTS
from bench.accuracy.verdict import ErrorCounter
from bench.reference import ulp
from tests.core.judging import records, subject

SUBJECTS = [
    *[(name, "forward") for name in ("linear", "sigmoid", "gelu", "tanh_shrink", "exponential", "relu[max_value=3.0]")],
    *[(name, "backward") for name in ("silu", "gelu", "softsign", "mish", "hard_silu", "relu[negative_slope=0.7]")],
]
RESULTS_PER_BINADE = 64
"""The number of results in each binade."""


def hostile(exact: Any, dtype: str, random: np.random.Generator) -> Any:
    """Return results for these exact values: off by up to 300 ulp, mostly less, and every special number."""
    fmt = ulp.FORMATS[dtype]
    with np.errstate(all="ignore"):
        near = exact.astype(bits.TYPES[dtype])
        off = np.rint(random.standard_cauchy(exact.size)).clip(-300, 300)
        _, exponent = np.frexp(near.astype(np.float64))
        spacing = np.ldexp(1.0, np.maximum(exponent, fmt.emin + 1) - fmt.precision)
        moved = (near.astype(np.float64) + off * spacing).astype(bits.TYPES[dtype])
    specials = (math.nan, math.inf, 0.0, fmt.smallest_normal, fmt.smallest_subnormal, fmt.largest)
    special_results = random.choice([s * v for s in (1, -1) for v in specials], exact.size).astype(bits.TYPES[dtype])
    turned = np.where(random.random(exact.size) < 0.03, -moved, moved)
    return np.where(random.random(exact.size) < 0.05, special_results, turned)


@pytest.mark.parametrize("dtype", LAYOUTS)
@pytest.mark.parametrize(("activation", "direction"), SUBJECTS, ids=map("-".join, SUBJECTS))
def test_the_same_verdicts(activation: str, direction: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Error classes, buckets and the worst error agree exactly at every binade of normal numbers."""
    monkeypatch.setitem(evaluate.SHIFTED_INPUTS, dtype, 0)
    chosen_subject = subject(activation, dtype, direction)
    counter, fmt = ErrorCounter(chosen_subject), ulp.FORMATS[dtype]
    random = np.random.default_rng(5)
    expected: Counter[str] = Counter()
    worst = -1.0
    results: dict[float, tuple[float, Any]] = {}
    half = LAYOUTS[dtype].binades // 2

    def program(x: Any) -> Any:
        truths = [counter.exact_value(float(v)) for v in x]
        exact = np.array([float(t) for t in truths])
        y = hostile(exact, dtype, random)
        # beside the smallest normal number only what zero stands for is decided exactly
        y[np.abs(np.abs(exact) / fmt.smallest_normal - 1) < 2.0**-40] = 0
        results.update(zip(x.tolist(), zip(y.astype(float).tolist(), truths, strict=True), strict=True))
        return y

    stride = LAYOUTS[dtype].per_binade // RESULTS_PER_BINADE
    sides = [records(chosen_subject, program, range(start + 1, start + half - 1), stride) for start in (0, half)]
    for x, (y, truth) in results.items():
        error = counter.error(x, y)
        small = not truth.is_zero() and -fmt.smallest_normal < truth < fmt.smallest_normal
        if error.category:
            expected[error.category] += 1
        elif small:
            expected["subnormal"] += 1
        else:
            expected[f"bucket {int(np.searchsorted(EDGES, error.ulps))}"] += 1
            worst = max(worst, error.ulps)
    all_records = [each for side in sides for each in side]
    counts = Counter(
        {name: sum(getattr(r, name) for r in all_records) for name in ("nan", "infinite", "zero", "sign", "subnormal")}
    )
    counts += Counter({f"bucket {k}": sum(r.buckets[k] for r in all_records) for k in range(len(EDGES) + 1)})

    assert counts == +expected
    assert max(r.worst_ulp for r in all_records if r.worst_ulp >= 0) == worst
    assert merge(all_records[0], all_records[1]).inputs == 2 * RESULTS_PER_BINADE
