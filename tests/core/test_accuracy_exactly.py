"""Ties that float64 cannot decide: pairs of float64 numbers decide them as `arb` does, by the million."""

import itertools
from typing import Any

import numpy as np
import pytest

from bench.accuracy import exactly, verdict
from bench.accuracy.record import EDGES
from bench.accuracy.verdict import ErrorCounter
from bench.reference import pieces, ulp
from tests.core.judging import records, subject

SUBJECTS = [
    ("sparse_sigmoid", "forward"),
    ("sparse_plus", "forward"),
    ("hard_silu", "forward"),
    ("hard_silu", "backward"),
    ("leaky_relu[negative_slope=0.7]", "forward"),
    ("mish", "forward"),
    ("tanh_shrink", "forward"),
    ("gelu", "backward"),
    ("softsign", "backward"),
]


def pieces_of(table: pieces.Table, negative: bool, random: np.random.Generator) -> list[pieces.Interval]:
    """Return the intervals of a table's pieces in random order."""
    return [pieces.interval(table, p, negative=negative) for p in random.permutation(table.last.size).tolist()]


def draw_inputs(
    counter: ErrorCounter, domain: pieces.Interval, random: np.random.Generator
) -> tuple[pieces.Interval, Any]:
    """Return a piece and rising inputs of it with a normal exact value, among them neighbours and both ends."""
    some = random.integers(domain.first, domain.last + 1, 10)
    # near 1 if the piece reaches it: exact values there are normal numbers in every format
    low, high = max(domain.first, pieces.bits_of(0.125)), min(domain.last, pieces.bits_of(8.0))
    low, high = (low, high) if low <= high else (domain.first, domain.last)
    near = random.integers(low, high + 1) + np.arange(50)
    bits = np.concatenate([some, near[near <= domain.last], [domain.first, domain.last]])
    x = np.sort(bits).astype(np.uint32).view(np.float32) * np.float32(domain.sign)
    sizes = np.array([abs(float(counter.exact_value(float(v)))) for v in x])
    return domain, x[(sizes > counter.format.smallest_normal) & (sizes < counter.format.largest / 2)]


def on_edge(counter: ErrorCounter, x: float, edge: float) -> np.float32:
    """Return a result as near as possible to one `edge` ulp above the exact value."""
    exact = counter.exact_value(x)
    return np.float32(float(exact + float(edge) * ulp.ulp(exact, counter.format)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize(("activation", "direction"), SUBJECTS, ids=map("-".join, SUBJECTS))
def test_like_arb(activation: str, direction: str, negative: bool, dtype: str) -> None:
    """Most results on an edge, or as near to it as float32 allows, are decided, and decided correctly."""
    slope = direction == "backward"
    counter, random = ErrorCounter(subject(activation, dtype, direction)), np.random.default_rng(3)
    table = pieces.table(counter.variant, slope=slope, negative=negative)
    decided: list[bool] = []
    draws = (draw_inputs(counter, p, random) for p in pieces_of(table, negative, random))
    for domain, x in itertools.islice(((domain, x) for domain, x in draws if x.size >= exactly.FEW_INPUTS), 6):
        for edge in EDGES:
            y = np.array([on_edge(counter, float(v), edge) for v in x], np.float32)
            above = exactly.above(counter.variant, domain, x, y, edge, counter.form[0], slope=slope)
            errors = [counter.error(float(v), float(w)) for v, w in zip(x, y, strict=True)]
            assert all(
                a in {exactly.UNDECIDED, e.ulps > edge} for a, e in zip(above, errors, strict=True) if not e.category
            )
            decided += (above != exactly.UNDECIDED).tolist()
    assert decided
    assert np.mean(decided) > 0.75


def test_three_fifths(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results one place above a rounded 3/5 x, mish about zero, are off by 3 to 7 fifths, a fifth of them by 1 ulp."""
    monkeypatch.setattr(verdict, "MAX_DECISIONS", 100)

    (record,) = records(
        subject("mish", "float32"), lambda x: np.nextafter(np.float32(x * np.float64(0.6)), 1), range(30, 31), 61
    )

    m = np.arange(2**23, 2**24, 61, dtype=np.int64)
    up = np.where(3 * m >= 5 * 2**23, 1, 2)  # results of 24 bits are whole ulps, or halves in the lower binade
    fifths = 3 * m * up
    rounded = (fifths + 2) // 5 + 1
    errors = 5 * rounded - fifths
    assert record.buckets[:3] == tuple(
        np.count_nonzero((errors > low) & (errors <= high)) for low, high in ((0, 2.5), (2.5, 5), (5, 10))
    )


def test_halves_but_for_a_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """At 2^24, x - tanh(x) has every other x - 1 in the middle of two numbers, but for exp(-2^25)."""
    monkeypatch.setattr(verdict, "MAX_DECISIONS", 100)

    (record,) = records(subject("tanh_shrink", "float32"), lambda x: x - np.float32(1), range(151, 152), 61)

    assert record.buckets == (record.inputs, *[0] * 6)


def test_a_truth_that_levels_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivative of squareplus is 1 - 1 / x^2, in the binade below 1: 0.5 is wrong by as many ulp everywhere."""
    monkeypatch.setattr(verdict, "MAX_DECISIONS", 1000)

    (record,) = records(
        subject("squareplus", "float32", "backward"), lambda x: np.full_like(x, 0.5), range(203, 204), 61
    )

    assert record.buckets == (*[0] * 6, record.inputs)
    assert record.worst_ulp == 2.0**23


def test_endless_decisions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard with endless decisions ends with a reason."""
    monkeypatch.setattr(verdict, "MAX_DECISIONS", 100)
    monkeypatch.setattr(exactly, "FEW_INPUTS", 2**30)

    with pytest.raises(RuntimeError, match="more than 100 decisions of numpy-tanh_shrink-forward-float32-eager"):
        records(subject("tanh_shrink", "float32"), lambda x: x - np.float32(1), range(151, 152), 61)
