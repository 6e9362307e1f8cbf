"""The error of one result, at the boundaries of its definition."""

import math

import flint
import ml_dtypes
import pytest
from flint import arb

from backends.interface import DTYPES
from bench.reference.ulp import FORMATS, error, ulp
from tests.probes import TYPES


@pytest.mark.parametrize("dtype", DTYPES)
def test_formats(dtype: str) -> None:
    """Precision and range are those of the types that hold the numbers."""
    info, fmt = ml_dtypes.finfo(TYPES[dtype]), FORMATS[dtype]

    assert (fmt.largest, fmt.smallest_normal, fmt.smallest_subnormal, fmt.epsilon) == tuple(
        map(float, (info.max, info.smallest_normal, info.smallest_subnormal, info.eps))
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_binade_edge(dtype: str) -> None:
    """The ulp is that of the exact value's binade: half as large just below a power of two."""
    fmt = FORMATS[dtype]
    with flint.ctx.workprec(256):
        below = arb(1) - arb(2) ** -200
    around = below + arb(0, 2.0**-190)

    assert ulp(around, fmt) == fmt.epsilon
    assert ulp(arb(1), fmt) == fmt.epsilon
    assert ulp(below, fmt) == fmt.epsilon / 2
    assert error(1.0 + fmt.epsilon, arb(1), dtype).ulps == 1
    assert error(1.0 - fmt.epsilon / 2, arb(1), dtype).ulps == 0.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_tie(dtype: str) -> None:
    """The ulp error is fractional: either neighbour of a tie is half an ulp away."""
    with flint.ctx.workprec(64):
        tie = arb(1) + arb(FORMATS[dtype].epsilon) / 2

    assert error(1.0, tie, dtype).ulps == error(1.0 + FORMATS[dtype].epsilon, tie, dtype).ulps == 0.5


@pytest.mark.parametrize("dtype", DTYPES)
def test_overflow(dtype: str) -> None:
    """Infinity is one step above the largest finite number, for result and exact value."""
    largest = FORMATS[dtype].largest

    assert error(math.inf, arb(largest) * 2, dtype).ulps == 0
    assert error(largest, arb(largest) * 2, dtype).ulps == 1
    assert error(math.inf, arb(largest) / 2, dtype).category == "infinite"
    assert error(-math.inf, arb(largest) * 2, dtype).category == "sign"


@pytest.mark.parametrize("dtype", DTYPES)
def test_subnormal(dtype: str) -> None:
    """Below the normal numbers the spacing is constant, and zero is flushed, not wrong."""
    fmt = FORMATS[dtype]
    truth = arb(fmt.smallest_subnormal)

    assert error(0.0, truth, dtype).flushed
    assert error(2 * fmt.smallest_subnormal, truth, dtype).ulps == 1
    assert error(0.0, arb(fmt.smallest_normal), dtype).category == "zero"


@pytest.mark.parametrize("dtype", DTYPES)
def test_categories(dtype: str) -> None:
    """NaN and a wrong sign are error classes, never ulp errors."""
    assert error(math.nan, arb(1), dtype).category == "nan"
    assert error(-1.0, arb(1), dtype).category == "sign"
    assert error(0.0, arb(0), dtype).ulps == 0
