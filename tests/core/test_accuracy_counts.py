"""What is counted of many results: kinks, steps, range, position, mirrored digests, shares of N(0, 1) inputs."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bench import ulp
from bench.accuracy import bits
from bench.accuracy.record import CATEGORIES, Record
from bench.accuracy.shards import LAYOUTS
from tests.core.judging import binade, one, records, step, subject


def over(found: Record) -> int:
    """Results that are more than 1 ulp from what is right, or in a category."""
    return int(sum(found.buckets[2:]) + sum(getattr(found, name) for name in CATEGORIES))


@pytest.mark.parametrize(("slope", "right"), [(0.0, True), (0.37, True), (1.0, True), (2.0, False), (-0.1, False)])
@pytest.mark.parametrize("kink", [0.0, 6.0])
def test_every_slope_between_the_one_sided_ones_is_right(slope: float, right: bool, kink: float) -> None:
    """At relu6's kinks; outside of them it is wrong."""
    found = one(subject("relu6", direction="backward"), kink, slope, lambda x: ((x > 0) & (x < 6)) * 1.0)

    assert (over(found) == 0) == right
    assert kink in found.points_x
    assert found.points_y[found.points_x.index(kink)] == pytest.approx(slope, abs=1e-3)


def test_celu_has_one_slope_at_zero() -> None:
    """1 from both sides, so 2 is wrong by the ulp between them."""
    found = one(subject("celu", direction="backward"), 0.0, 2.0, np.ones_like)

    assert found.worst_ulp == 1024
    assert (found.worst_bits, found.worst_got, found.worst_truth) == (0, 2.0, 1.0)
    assert one(subject("celu", direction="backward"), 0.0, 1.0, np.ones_like).worst_ulp != 1024


def test_just_below_a_power_of_two() -> None:
    """Sigmoid at 8 is 1 - 0.69 ulp of the binade below 1, by whose ulp the error of 1 is told."""
    found = one(subject("sigmoid"), 8.0, 1.0, lambda x: 1 / (1 + np.exp(-np.float64(x))))

    assert found.worst_bits == int(np.float16(8).view(np.uint16))
    assert found.worst_ulp == pytest.approx(math.exp(-8) / (1 + math.exp(-8)) * 2**11)


def test_steps_against_the_function() -> None:
    """Are counted where they are, also where both results are within 1 ulp."""
    down = one(subject("linear"), 1.5, step(1.5, -2, "float16"))
    level = one(subject("linear"), 1.5, step(1.5, -1, "float16"))
    mirrored = one(subject("linear"), -1.5, step(-1.5, 2, "float16"))

    assert (down.not_monotone, level.not_monotone, mirrored.not_monotone) == (1, 0, 1)


def test_a_level_function_may_not_step() -> None:
    """One result out of line steps twice."""
    assert one(subject("relu"), -1.5, 2.0**-24, np.zeros_like).not_monotone == 2


@pytest.mark.parametrize(("result", "outside"), [(1.0, 0), (step(1.0, 1, "float16"), 1), (-(2.0**-24), 1)])
def test_the_range_is_that_of_the_function_rounded_outwards(result: float, outside: int) -> None:
    """Sigmoid may round to 1, not beyond."""
    found = one(subject("sigmoid"), 8.0, result, lambda x: 1 / (1 + np.exp(-np.float64(x))))

    assert found.out_of_range == outside


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_results_that_depend_on_the_position(dtype: str) -> None:
    """Every input of a sign but the first three is computed again at another place; any NaN is as good as another."""

    def program(x: Any) -> Any:
        return np.where(np.arange(x.size) % 4 == 0, x * 1.25, x)

    found = records(subject("linear", dtype), program)

    assert sum(each.position_tested for each in found) == 2 * (2**15 - 3)
    assert sum(each.position_differ for each in found) == pytest.approx(2**15 - LAYOUTS[dtype].per_binade, rel=0.05)
    assert sum(each.position_differ for each in records(subject("linear", dtype), np.positive)) == 0


def test_digests_tell_results_apart_and_mirror_images_alike() -> None:
    """Those of magnitudes are the same on both sides of an odd function; one other bit makes another digest."""
    found = records(subject("tanh"), lambda x: np.tanh(np.float64(x)))
    other = one(subject("tanh"), 1.5, 0.0, lambda x: np.tanh(np.float64(x)))
    same = found[binade(1.5, "float16")]

    assert [each.magnitude_digest for each in found[:31]] == [each.magnitude_digest for each in found[32:63]]
    assert not {each.digest for each in found[:31]} & {each.digest for each in found[32:63]}
    assert other.digest != same.digest
    assert {*other.points_x} == {*same.points_x}


@pytest.mark.parametrize("dtype", LAYOUTS)
def test_the_masses_of_all_binades_are_one(dtype: str) -> None:
    """And each is what scipy gives between the binade's ends."""
    masses = [bits.normal_mass(dtype, binade) for binade in range(LAYOUTS[dtype].binades)]
    low = [bits.number(b << LAYOUTS[dtype].mantissa_bits, dtype) for b in range(len(masses) // 2 - 1)]
    epsilon = ulp.FORMATS[dtype].epsilon

    assert math.fsum(masses) == pytest.approx(1, abs=epsilon**2)
    assert np.diff(-stats.norm.sf([*low, np.inf])) == pytest.approx(masses[: len(low)], rel=epsilon)


def test_the_share_of_normal_inputs_that_are_wrong() -> None:
    """Is that of what rounds to them: of all positive inputs a half; of one input its spacing times the density."""
    found = records(subject("linear"), lambda x: np.where(x > 0, x * 1.25, x))
    single = one(subject("linear"), 1.5, 1.25)

    assert math.fsum(each.normal_over for each in found) == pytest.approx(0.5, rel=2e-3)
    assert single.normal_over == pytest.approx(2.0**-10 * stats.norm.pdf(1.5), rel=0.02)
