"""Ties that float64 cannot see: pairs of float64 numbers decide as fractions do."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from bench import ulp
from bench.accuracy import exactly, pieces
from bench.accuracy.record import EDGES
from bench.accuracy.verdict import Court
from tests.core.judging import subject

SUBJECTS = [
    ("sparse_sigmoid", "forward"),
    ("sparse_plus", "forward"),
    ("hard_silu", "forward"),
    ("hard_silu", "backward"),
    ("hard_sigmoid", "forward"),
    ("leaky_relu[negative_slope=0.7]", "forward"),
]
TINY = 2.0**-60
"""(x + 1) / 2 is a half, for smaller inputs, to the last bit of a pair."""


def polynomial(table: pieces.Table, p: int, x: float) -> Fraction:
    """The truth of a piece that is a polynomial."""
    u = (Fraction(x) - Fraction(float(table.centre[p]))) / Fraction(float(table.scale[p]))
    terms = [Fraction(float(c)) * u**k for k, c in enumerate(table.exact[p][:3])]
    return sum(terms, Fraction(0)) / int(table.divisor[p])


def spacing(truth: Fraction, fmt: ulp.Format) -> Fraction:
    """The ulp of a fraction."""
    exponent = math.frexp(float(abs(truth)))[1]
    if Fraction(2) ** (exponent - 1) > abs(truth):  # it was rounded up to the power of two
        exponent -= 1
    return Fraction(2) ** (max(exponent, fmt.emin + 1) - fmt.precision)


def drawn(table: pieces.Table, p: int, *, negative: bool, random: np.random.Generator) -> Any:
    """Inputs of a piece, its ends and round numbers among them."""
    first = int(table.last[p - 1]) + 1 if p else 1
    some = random.integers(first, int(table.last[p]) + 1, 200)
    round_ = some[:100] & ~0xFFFF
    bits = np.concatenate([some, round_[(round_ >= first)], [first, table.last[p]]]).astype(np.uint32)
    x = bits.view(np.float32)
    return x[(x > TINY) & (x < 1 / TINY)] * np.float32(-1 if negative else 1)


def apart(x: Any, truths: list[Fraction]) -> tuple[Any, list[Fraction]]:
    """Without what lies just beside a power of two: those are decided one by one."""
    sizes = [abs(float(t)) for t in truths]
    kept = [i for i, size in enumerate(sizes) if size > 0 and abs(math.frexp(size)[0] * 2 % 1 - 0.5) < 0.5 - 2.0**-44]
    return x[kept], [truths[i] for i in kept]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("negative", [False, True])
@pytest.mark.parametrize(("activation", "direction"), SUBJECTS, ids=map("-".join, SUBJECTS))
def test_like_fractions(activation: str, direction: str, negative: bool, dtype: str) -> None:
    """For results that lie exactly on an edge where the format has such, and one place beside it."""
    court, fmt, random = Court(subject(activation, dtype, direction)), ulp.FORMATS[dtype], np.random.default_rng(3)
    table = pieces.table(court.variant, slope=direction == "backward", negative=negative)
    for p in np.flatnonzero(table.divisor > 0).tolist():
        x = drawn(table, p, negative=negative, random=random)
        truths = [polynomial(table, p, float(v)) for v in x]
        x, truths = apart(x, truths)
        units = [spacing(t, fmt) for t in truths]
        for edge in EDGES:
            on = [t + u * Fraction(edge) for t, u in zip(truths, units, strict=True)]
            y = np.array([float(v) for v in on]).astype(np.float32)
            known = (table.centre[p], table.scale[p], table.divisor[p], table.exact[p], court.form[0])
            above = exactly.exceeds(x, y, edge, *known)
            due = [abs(Fraction(float(v)) - t) > Fraction(edge) * u for v, t, u in zip(y, truths, units, strict=True)]

            assert above.tolist() == due
