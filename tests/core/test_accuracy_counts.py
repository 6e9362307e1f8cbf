"""Counts over many results: kinks, steps, range, position, mirrored digests, shares of N(0, 1) inputs."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bench.accuracy import bits
from bench.accuracy.record import CATEGORIES, Record
from bench.accuracy.shards import LAYOUTS
from bench.reference import ulp
from tests.core.judging import binade, judge_one, records, step, subject


def over(record: Record) -> int:
    """Return the number of results that are more than 1 ulp from a valid one, or in an error class."""
    return int(sum(record.buckets[2:]) + sum(getattr(record, name) for name in CATEGORIES))


@pytest.mark.parametrize(("slope", "right"), [(0.0, True), (0.37, True), (1.0, True), (2.0, False), (-0.1, False)])
@pytest.mark.parametrize("kink", [0.0, 6.0])
def test_every_slope_between_the_one_sided_ones_is_right(slope: float, right: bool, kink: float) -> None:
    """Every derivative between the one-sided ones is right at relu6's kinks; others are wrong."""
    record = judge_one(subject("relu6", direction="backward"), kink, slope, lambda x: ((x > 0) & (x < 6)) * 1.0)

    assert (over(record) == 0) == right
    assert kink in record.points_x
    assert record.points_y[record.points_x.index(kink)] == pytest.approx(slope, abs=1e-3)


def test_celu_has_one_slope_at_zero() -> None:
    """The derivative of celu at 0 is 1 from both sides, so 2 is wrong by the ulp between them."""
    record = judge_one(subject("celu", direction="backward"), 0.0, 2.0, np.ones_like)

    assert record.worst_ulp == 1024
    assert (record.worst_bits, record.worst_got, record.worst_truth) == (0, 2.0, 1.0)
    assert judge_one(subject("celu", direction="backward"), 0.0, 1.0, np.ones_like).worst_ulp != 1024


def test_just_below_a_power_of_two() -> None:
    """Sigmoid at 8 is 1 - 0.69 ulp of the binade below 1, and that ulp is the unit of the error of 1."""
    record = judge_one(subject("sigmoid"), 8.0, 1.0, lambda x: 1 / (1 + np.exp(-np.float64(x))))

    assert record.worst_bits == int(np.float16(8).view(np.uint16))
    assert record.worst_ulp == pytest.approx(math.exp(-8) / (1 + math.exp(-8)) * 2**11)


def test_steps_against_the_function() -> None:
    """Steps against the function are counted in their place, also where both results are within 1 ulp."""
    down = judge_one(subject("linear"), 1.5, step(1.5, -2, "float16"))
    level = judge_one(subject("linear"), 1.5, step(1.5, -1, "float16"))
    mirrored = judge_one(subject("linear"), -1.5, step(-1.5, 2, "float16"))

    assert (down.not_monotone, level.not_monotone, mirrored.not_monotone) == (1, 0, 1)


def test_a_level_function_may_not_step() -> None:
    """One result out of line steps twice."""
    assert judge_one(subject("relu"), -1.5, 2.0**-24, np.zeros_like).not_monotone == 2


@pytest.mark.parametrize(("result", "outside"), [(1.0, 0), (step(1.0, 1, "float16"), 1), (-(2.0**-24), 1)])
def test_the_range_is_that_of_the_function_rounded_outwards(result: float, outside: int) -> None:
    """Sigmoid may round to 1, but not exceed it."""
    record = judge_one(subject("sigmoid"), 8.0, result, lambda x: 1 / (1 + np.exp(-np.float64(x))))

    assert record.out_of_range == outside


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_results_that_depend_on_the_position(dtype: str) -> None:
    """Every input of a sign but the first three is computed again at another place, and all NaNs count as equal."""

    def program(x: Any) -> Any:
        return np.where(np.arange(x.size) % 4 == 0, x * 1.25, x)

    all_records = records(subject("linear", dtype), program)

    assert sum(each.position_tested for each in all_records) == 2 * (2**15 - 3)
    assert sum(each.position_differ for each in all_records) == pytest.approx(
        2**15 - LAYOUTS[dtype].per_binade, rel=0.05
    )
    assert sum(each.position_differ for each in records(subject("linear", dtype), np.positive)) == 0


def test_digests_tell_results_apart_and_mirror_images_alike() -> None:
    """Magnitude digests agree on both sides of an odd function; one other bit makes another digest."""
    all_records = records(subject("tanh"), lambda x: np.tanh(np.float64(x)))
    other = judge_one(subject("tanh"), 1.5, 0.0, lambda x: np.tanh(np.float64(x)))
    same = all_records[binade(1.5, "float16")]

    assert [each.magnitude_digest for each in all_records[:31]] == [
        each.magnitude_digest for each in all_records[32:63]
    ]
    assert not {each.digest for each in all_records[:31]} & {each.digest for each in all_records[32:63]}
    assert other.digest != same.digest
    assert {*other.points_x} == {*same.points_x}


@pytest.mark.parametrize("dtype", LAYOUTS)
def test_the_masses_of_all_binades_are_one(dtype: str) -> None:
    """Masses add up to 1, and each is what scipy gives between the binade's ends."""
    masses = [bits.normal_mass(dtype, binade) for binade in range(LAYOUTS[dtype].binades)]
    low = [bits.number(b << LAYOUTS[dtype].mantissa_bits, dtype) for b in range(len(masses) // 2 - 1)]
    epsilon = ulp.FORMATS[dtype].epsilon

    assert math.fsum(masses) == pytest.approx(1, abs=epsilon**2)
    assert np.diff(-stats.norm.sf([*low, np.inf])) == pytest.approx(masses[: len(low)], rel=epsilon)


def test_the_share_of_normal_inputs_that_are_wrong() -> None:
    """The share is a half for all positive inputs, and for one input its spacing times the density."""
    all_records = records(subject("linear"), lambda x: np.where(x > 0, x * 1.25, x))
    single = judge_one(subject("linear"), 1.5, 1.25)

    assert math.fsum(each.normal_over for each in all_records) == pytest.approx(0.5, rel=2e-3)
    assert single.normal_over == pytest.approx(2.0**-10 * stats.norm.pdf(1.5), rel=0.02)
