"""Ties that float64 cannot see: pairs of float64 numbers decide as `arb` does, and do so for millions of them."""

import itertools
from typing import Any

import numpy as np
import pytest

from bench import ulp
from bench.accuracy import exactly, pieces, verdict
from bench.accuracy.record import EDGES
from bench.accuracy.verdict import Court
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
    """In any order."""
    return [pieces.interval(table, p, negative=negative) for p in random.permutation(table.last.size).tolist()]


def drawn(court: Court, on: pieces.Interval, random: np.random.Generator) -> tuple[pieces.Interval, Any]:
    """A piece and inputs of it, neighbours and both ends among them, rising in magnitude; of a normal truth each."""
    some = random.integers(on.first, on.last + 1, 10)
    # about 1 where the piece holds such, whose truths are normal numbers in every format
    low, high = max(on.first, pieces.bits_of(0.125)), min(on.last, pieces.bits_of(8.0))
    low, high = (low, high) if low <= high else (on.first, on.last)
    near = random.integers(low, high + 1) + np.arange(50)
    bits = np.concatenate([some, near[near <= on.last], [on.first, on.last]])
    x = np.sort(bits).astype(np.uint32).view(np.float32) * np.float32(on.sign)
    sizes = np.array([abs(float(court.truth(float(v)))) for v in x])
    return on, x[(sizes > court.format.smallest_normal) & (sizes < court.format.largest / 2)]


def on_edge(court: Court, x: float, edge: float) -> np.float32:
    """A result as near as there is to one `edge` ulp above the truth."""
    exact = court.truth(x)
    return np.float32(float(exact + float(edge) * ulp.ulp(exact, court.format)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize(("activation", "direction"), SUBJECTS, ids=map("-".join, SUBJECTS))
def test_like_arb(activation: str, direction: str, negative: bool, dtype: str) -> None:
    """Most is decided, and right, for results on an edge or as near to it as a float32 number may lie."""
    slope = direction == "backward"
    court, random = Court(subject(activation, dtype, direction)), np.random.default_rng(3)
    table = pieces.table(court.variant, slope=slope, negative=negative)
    decided: list[bool] = []
    drawn_from = (drawn(court, p, random) for p in pieces_of(table, negative, random))
    for on, x in itertools.islice(((on, x) for on, x in drawn_from if x.size >= exactly.FEW), 6):
        for edge in EDGES:
            y = np.array([on_edge(court, float(v), edge) for v in x], np.float32)
            above = exactly.above(court.variant, on, x, y, edge, court.form[0], slope=slope)
            errors = [court.exact(float(v), float(w)) for v, w in zip(x, y, strict=True)]
            assert all(
                a in {exactly.UNDECIDED, e.ulps > edge} for a, e in zip(above, errors, strict=True) if not e.category
            )
            decided += (above != exactly.UNDECIDED).tolist()
    assert decided
    assert np.mean(decided) > 0.75


def test_three_fifths(monkeypatch: pytest.MonkeyPatch) -> None:
    """mish about zero: a result one place above the rounded 3/5 x is off by 3 to 7 fifths, a fifth of them by 1 ulp."""
    monkeypatch.setattr(verdict, "MOST", 100)

    (found,) = records(
        subject("mish", "float32"), lambda x: np.nextafter(np.float32(x * np.float64(0.6)), 1), range(30, 31), 61
    )

    m = np.arange(2**23, 2**24, 61, dtype=np.int64)
    up = np.where(3 * m >= 5 * 2**23, 1, 2)  # results of 24 bits are whole ulps, or halves in the lower binade
    fifths = 3 * m * up
    rounded = (fifths + 2) // 5 + 1
    errors = 5 * rounded - fifths
    assert found.buckets[:3] == tuple(
        np.count_nonzero((errors > low) & (errors <= high)) for low, high in ((0, 2.5), (2.5, 5), (5, 10))
    )


def test_halves_but_for_a_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """x - tanh(x) at 2^24: every other x - 1 lies in the middle of two numbers, but for exp(-2^25)."""
    monkeypatch.setattr(verdict, "MOST", 100)

    (found,) = records(subject("tanh_shrink", "float32"), lambda x: x - np.float32(1), range(151, 152), 61)

    assert found.buckets == (found.inputs, *[0] * 6)


def test_a_truth_that_levels_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """squareplus' is 1 - 1 / x^2 there, in the binade below 1: half of it is wrong by as many ulp everywhere."""
    monkeypatch.setattr(verdict, "MOST", 1000)

    (found,) = records(
        subject("squareplus", "float32", "backward"), lambda x: np.full_like(x, 0.5), range(203, 204), 61
    )

    assert found.buckets == (*[0] * 6, found.inputs)
    assert found.worst_ulp == 2.0**23


def test_endless_decisions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard ends with a reason instead of never."""
    monkeypatch.setattr(verdict, "MOST", 100)
    monkeypatch.setattr(exactly, "FEW", 2**30)

    with pytest.raises(RuntimeError, match="more than 100 decisions of numpy-tanh_shrink-forward-float32-eager"):
        records(subject("tanh_shrink", "float32"), lambda x: x - np.float32(1), range(151, 152), 61)
