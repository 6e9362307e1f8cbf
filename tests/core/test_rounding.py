"""Rounding of parameters to a format: exact, in each direction, and only once."""

import math
import random
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest

from backends.interface import DTYPES
from backends.rounding import is_held, is_normal, largest, round_down, round_nearest, round_up
from bench.reference.ulp import FORMATS
from tests.probes import TYPES

RANDOM = random.Random(7)
NUMBERS = [math.ldexp(RANDOM.uniform(-1, 1), RANDOM.randint(-1074, 1024)) for _ in range(300)]
NUMBERS += [math.ldexp(RANDOM.uniform(-1, 1), RANDOM.randint(-160, 140)) for _ in range(300)]
NUMBERS += [0.0, 0.3, -0.3, 65507.0, 65519.99, 65520.0, 1e39, 1e-46, -1e-46, 5e-324, -1.7976931348623157e308]


def finite(dtype: str) -> list[float]:
    """Return every finite number of a short format, in increasing order."""
    with np.errstate(invalid="ignore"):  # signalling NaNs
        values = np.arange(2**16, dtype=np.uint16).view(TYPES[dtype]).astype(np.float64)
    return sorted(set(values[np.isfinite(values)].tolist()))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_neighbours(dtype: str) -> None:
    """The results are the neighbours of the value in the whole format, and the nearer one, ties to even."""
    numbers = finite(dtype)
    for value in NUMBERS:
        below = max((n for n in numbers if n <= value), default=-math.inf)
        above = min((n for n in numbers if n >= value), default=math.inf)
        assert (round_down(value, dtype), round_up(value, dtype)) == (below, above)
        if math.isfinite(below) and math.isfinite(above):
            middle = (Fraction(below) + Fraction(above)) / 2
            nearest = round_nearest(value, dtype)
            assert nearest == (below if value < middle else above if value > middle else nearest)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_as_numpy_rounds(dtype: str) -> None:
    """The results are those of NumPy's conversion from float64, which rounds once."""
    for value in NUMBERS:
        with np.errstate(all="ignore"):
            expected = float(np.dtype(dtype).type(value))
        nearest = round_nearest(value, dtype)
        assert (nearest, math.copysign(1, nearest)) == (expected, math.copysign(1, expected))


def test_bfloat16_is_rounded_once() -> None:
    """A value near a tie, which is a tie in float32, is rounded once; ml_dtypes rounds it twice."""
    value = 1 + 2.0**-8 + 2.0**-30

    assert float(ml_dtypes.bfloat16(value)) == 1.0
    assert round_nearest(value, "bfloat16") == 1 + 2.0**-7


@pytest.mark.parametrize("dtype", DTYPES)
def test_ends_of_the_range(dtype: str) -> None:
    """The largest number, half an ulp beyond it, and the smallest number are rounded correctly."""
    form = FORMATS[dtype]
    assert largest(dtype) == form.largest
    assert is_held(dtype, form.largest, form.smallest_subnormal, None)
    assert all(is_normal(dtype, value) for value in (form.largest, 0.0, -form.smallest_normal))
    assert not is_normal(dtype, form.smallest_normal / 2)
    if dtype != "float64":
        half = math.ldexp(form.epsilon, form.emax - 1)
        assert round_nearest(form.largest + half, dtype) == math.inf
        assert round_nearest(math.nextafter(form.largest + half, 0), dtype) == form.largest
        assert round_down(form.largest + half, dtype) == form.largest
        assert round_down(-form.largest - half, dtype) == -math.inf
        assert not is_held(dtype, form.smallest_subnormal / 2)
        assert not is_normal(dtype, form.largest + half / 2)
