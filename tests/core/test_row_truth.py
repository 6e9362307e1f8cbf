"""The closed forms of long rows, compared with the dual numbers of short ones."""

import math

import flint
import numpy as np
import pytest
from flint import arb

from backends.activation import catalogue, find
from bench.reference import row_truth, truth
from tests import rows

SHORT = [s for dtype in ("float16", "float64") for n in (1, 2, 9) for s in rows.samples(dtype, n, gated=False)]
PAIRS = [s for dtype in ("float16", "float64") for n in (1, 2, 9) for s in rows.samples(dtype, n, gated=True)]
CASES = [(name, s) for name in row_truth.CLOSED for s in (PAIRS if name == "glu" else SHORT)]


def test_every_row_wise_activation_has_one() -> None:
    """The closed forms are those of all activations that are not elementwise."""
    assert set(row_truth.CLOSED) == {e.name for e in catalogue().values() if e.kind != "elementwise"}


@pytest.mark.parametrize(("name", "sample"), CASES, ids=[f"{n}-{s.family}-{len(s.row)}" for n, s in CASES])
def test_the_formula_gives_the_same(name: str, sample: rows.Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values and gradients agree, at a precision that holds sums of float64's largest numbers and 1."""
    monkeypatch.setattr(truth, "FIRST_BITS", 4096)
    variant = find(name).variants[0]
    row = [x if math.isfinite(x) else -truth.FAR for x in sample.row.tolist()]
    values, slopes = row_truth.CLOSED[name](sample.row, sample.dy, range(len(row)))
    with flint.ctx.workprec(4096):
        exact = truth.row_value(variant, row)
        for i, (y, dx) in enumerate(zip(values, slopes, strict=True)):
            terms = truth.row_vjp_terms(variant, row, sample.dy.tolist(), i)
            assert near(y[0].exact, exact[i % len(exact)])
            size = sum(map(abs, terms), arb(0))
            assert any(near(entry.exact, sum(terms, arb(0)), size) for entry in dx)


def near(result: arb, exact: arb, size: arb | None = None) -> bool:
    """Return whether a result is within 2^-70 of the exact result or its terms' size, or infinite in every format."""
    if abs(exact) > 2.0**998:
        return bool(abs(result) > 2.0**998)
    tolerance = max(abs(exact), size or abs(exact)) * arb(2) ** -70 + arb(2) ** -1200
    return bool(abs(result - exact) <= tolerance)


def test_long() -> None:
    """Each of 100,000 equal entries has a softmax of 1/n, and the gradient of the sum is 0."""
    row, dy = np.full(100_000, 0.7), np.ones(100_000)
    (((y,),), ((dx,),)) = row_truth.softmax(row, dy, [17])

    with flint.ctx.workprec(256):
        assert near(y.exact, arb(1) / 100_000)
    assert dx.exact == 0


def test_coarse_cotangents() -> None:
    """Cotangents whose sum float64 would round are refused."""
    with pytest.raises(ValueError, match="multiples of"):
        row_truth.softmax(np.zeros(2), np.array([0.1, 1.0]), [0])
