"""The measurement of the harness: what its counts show."""

import pytest

from bench.selfcheck.command import upper_bound
from bench.speed import cache


@pytest.mark.parametrize(("count", "trials", "bound"), [(0, 20, 0.139), (0, 299, 0.01), (1, 100, 0.0466), (3, 3, 1.0)])
def test_counts_bound_a_rate(count: int, trials: int, bound: float) -> None:
    """20 clean suites bound the rate of alarms at 14 %, 299 at 1 %; the figures are those of published tables."""
    assert upper_bound(count, trials) == pytest.approx(bound, abs=6e-4)


@pytest.mark.parametrize(
    ("seconds", "cold"),
    [
        ((4.6, 4.6, 5.2, 8.4, 8.9, 7.7, 7.8, 8.9), 32),
        ((4.0, 4.1, 4.0, 4.0, 5.0, 7.9, 8.0, 8.1), 128),
        ((4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.5, 8.0), 0),
        ((8.0, 8.1, 8.0, 8.2, 8.0, 8.1, 8.0, 8.1), 4),
    ],
    ids=["busy", "large", "still rising", "no cache"],
)
def test_a_cold_set_is_twice_the_smallest_slow_one(seconds: tuple[float, ...], cold: int) -> None:
    """The plateau is that of the largest sets; a set is cold only where their times have stopped rising."""
    sizes = [2 * 2**20 * 2**n for n in range(len(seconds))]

    assert cache.cold_bytes(sizes, seconds) == cold * 2**20
