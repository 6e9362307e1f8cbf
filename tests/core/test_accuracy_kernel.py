"""Counts of single results at the limits of the definitions: buckets, error classes, subnormals, infinity, NaN."""

import math
from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from bench.accuracy import bits
from bench.accuracy.record import CATEGORIES, EDGES, Record
from bench.accuracy.shards import LAYOUTS
from bench.reference import ulp
from tests.core.judging import binade, judge_one, records, step, subject

DTYPES = tuple(LAYOUTS)


def bucket(ulps: float) -> int:
    """Return the place of an ulp error in the histogram."""
    return int(np.searchsorted(EDGES, ulps))


def wrong(record: Record) -> dict[str, int]:
    """Return the error classes with a result in them, and their counts."""
    return {name: getattr(record, name) for name in CATEGORIES if getattr(record, name)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("distance", [1, 2, 3, 4, 5, 16, 17])
@pytest.mark.parametrize("side", [1, -1])
def test_the_upper_end_of_a_bucket_is_in_it(dtype: str, distance: int, side: int) -> None:
    """Whole numbers of ulp count up to the upper end: 1, 2, 4 and 16 as no more than that, 3, 5 and 17 as more."""
    record = judge_one(subject("linear", dtype), 1.5, step(1.5, side * distance, dtype))

    assert record.buckets[0] == record.inputs - 1
    assert record.buckets[bucket(distance)] == 1
    assert (record.worst_ulp, record.well_ulp, record.scaled_ulp) == (distance, distance, distance / 2)
    assert bits.number(record.worst_bits, dtype) == 1.5
    assert record.worst_got == step(1.5, side * distance, dtype)


@pytest.mark.parametrize("offset", [0, 1, -1, 2, -2, 4, -4, 16, -16, 256, -256])
def test_ties_and_their_neighbours(offset: int) -> None:
    """(x + 1) / 2 has errors in 64ths of an ulp, exact halves among them: each is in the bucket of its fraction."""
    spacing = Fraction(1, 2**11)

    def program(x: Any) -> Any:
        return np.float16((np.float64(x) + 1) / 2).astype(np.float64) + offset * float(spacing)

    only = binade(2.0**-5, "float16")
    (record,) = records(subject("sparse_sigmoid"), program, range(only, only + 1))
    x = [2.0**-5 * (1 + k / 1024) for k in range(1024)]
    distances = [abs(Fraction(float(program(v))) - (Fraction(v) + 1) / 2) / spacing for v in x]

    assert Counter({k: n for k, n in enumerate(record.buckets) if n}) == Counter(bucket(d) for d in distances)  # type: ignore[arg-type]
    assert record.worst_ulp == max(distances)


@pytest.mark.parametrize("dtype", DTYPES)
def test_zero_for_the_smallest_normal_number(dtype: str) -> None:
    """Zero is an error class for the smallest normal number, and a flushed result for a subnormal one."""
    smallest = ulp.FORMATS[dtype].smallest_normal
    below = step(smallest, -1, dtype) if dtype != "float32" else smallest / 2
    normal, subnormal = (
        judge_one(subject("linear", dtype), smallest, 0.0),
        judge_one(subject("linear", dtype), below, 0.0),
    )

    assert wrong(normal) == {"zero": 1}
    assert bits.number(normal.zero_bits, dtype) == smallest
    assert math.isnan(normal.strict_ulp)
    assert wrong(subnormal) == {}
    assert (subnormal.flushed, subnormal.subnormal) == (1, subnormal.inputs - 1)
    assert subnormal.strict_ulp == below / ulp.FORMATS[dtype].smallest_subnormal
    assert subnormal.contracted_ulp == 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_sign(dtype: str) -> None:
    """The wrong sign of a normal number is an error class, that of a zero for a subnormal number a count."""
    normal = judge_one(subject("linear", dtype), -1.5, 1.5)
    tiny = -ulp.FORMATS[dtype].smallest_normal / 2
    zero, right = judge_one(subject("linear", dtype), tiny, 0.0), judge_one(subject("linear", dtype), tiny, -0.0)

    assert wrong(normal) == {"sign": 1}
    assert (zero.zero_sign, right.zero_sign) == (1, 0)
    assert zero.flushed == right.flushed == 1


def test_infinity_is_one_step_above_the_largest() -> None:
    """float16's 65520, which rounds to infinity, is off by half a step there; for 65504 infinity is an error class."""
    doubling = subject("leaky_relu[negative_slope=2.0]")
    largest_input = judge_one(subject("linear"), 65504.0, math.inf)
    tie = judge_one(doubling, -32768.0, -math.inf, lambda x: 2 * x)
    below = judge_one(doubling, -32752.0, -math.inf, lambda x: 2 * x)
    largest = judge_one(doubling, -32768.0, -65504.0, lambda x: 2 * x)

    assert wrong(largest_input) == wrong(below) == {"infinite": 1}
    assert wrong(tie) == wrong(largest) == {}
    assert (tie.worst_ulp, largest.worst_ulp) == (0.0, 1.0)


@pytest.mark.parametrize("result", [-math.inf, -65504.0])
def test_halfway_to_infinity(result: float) -> None:
    """The exact value -65520 is half a step from infinity and from the largest number alike."""
    half = judge_one(subject("leaky_relu[negative_slope=1.5]"), -43680.0, result, lambda x: 1.5 * x)

    assert wrong(half) == {}
    assert half.worst_ulp == 0.5
    assert half.buckets[0] == half.inputs


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan(dtype: str) -> None:
    """NaN for a number is an error class, wherever its first input is; a number for NaN is counted separately."""
    finite = judge_one(subject("linear", dtype), 1.25, math.nan)
    last = binade(math.inf, dtype)
    stride = 2**13 if dtype == "float32" else 1
    (swallowed,) = records(subject("linear", dtype), np.nan_to_num, range(last, last + 1), stride)

    assert wrong(finite) == {"nan": 1}
    assert bits.number(finite.nan_bits, dtype) == 1.25
    assert wrong(swallowed) == {}
    assert swallowed.nan_swallowed == swallowed.inputs - 1
