"""Standings of contenders that were measured side by side: the fastest, those tied with it, and those behind."""

import math
import random
from collections.abc import Mapping

import pytest

from bench.core.cases import Case
from bench.core.record import Record
from bench.speed import standings
from bench.speed.standings import Blocks

DRAW = 20260101
CASE = Case("numpy", "copy", (), "forward", "eager", "cpu", "float32", 1000, 1)


def group(times: Mapping[str, float], replicates: int = 3, spread: float = 0.01, seed: int = DRAW) -> dict[str, Blocks]:
    """Return contenders with these times: the machine changes its speed by half from cycle to cycle for all of them."""
    draw = random.Random(seed)
    blocks: dict[str, dict[int, list[float]]] = {name: {} for name in times}
    for replicate in range(replicates):
        of_replicate = {name: seconds * draw.lognormvariate(0, spread) for name, seconds in times.items()}
        speeds = [draw.uniform(1, 1.5) for _ in range(6)]
        for name, seconds in of_replicate.items():
            blocks[name][replicate] = [seconds * speed * draw.lognormvariate(0, spread) for speed in speeds]
    return dict(blocks)


def words(groups: list[dict[str, Blocks]], floor: float = 0.01) -> dict[str, str]:
    """Return the words of the contenders, whose names differ from group to group."""
    return {name: place.word for name, place in standings.standings(groups, lambda _: "like", floor).items()}


def test_drift_that_all_share_cancels() -> None:
    """A lead of 10 % is certain although the machine's speed changes by half within each replicate."""
    places = standings.standings([group({"a": 1.1, "b": 1.0, "c": 1.5})], lambda _: "like", 0.01)

    assert {name: place.word for name, place in places.items()} == {"a": "behind", "b": "fastest", "c": "behind"}
    assert places["a"].low < 1.1 < places["a"].high
    assert places["a"].high - places["a"].low < 0.12
    assert (places["b"].ratio, places["b"].low, places["b"].high) == (1, 1, 1)


def test_equal_contenders_are_tied_and_the_rest_is_behind() -> None:
    """The leader and those not certainly behind it are tied, within the upper end of their intervals."""
    places = standings.standings([group({"a": 1.0, "b": 1.001, "c": 1.5})], lambda _: "like", 0.01)

    assert {name: place.word for name, place in places.items()} == {"a": "tied", "b": "tied", "c": "behind"}
    assert max(places[name].high for name in ("a", "b")) < 1.06


def test_what_is_certain_but_below_the_noise_is_a_tie() -> None:
    """A lead of 2 % measured to 0.01 % is no lead in a run whose identical code differs by 5 %."""
    contenders = [group({"a": 1.0, "b": 1.02}, spread=1e-4)]

    assert words(contenders, 0.05) == {"a": "tied", "b": "tied"}
    assert words(contenders, 0.01) == {"a": "fastest", "b": "behind"}
    assert words(contenders, math.nan) == {"a": "fastest", "b": "behind"}


def test_two_runs_differ_as_their_replicates_say() -> None:
    """A ratio that is 1.0, 1.1 and 1.0 in three replicates may differ by 10 % over the root of three between runs."""
    both: dict[str, Blocks] = {"a": {n: [1.0] for n in range(3)}, "b": {0: [1.0], 1: [1.1], 2: [1.0]}}
    records = [Record.of(CASE, "ok", "", (1.0,), replicate=n) for n in range(3)]
    noise = standings.noise(records, [both])

    assert math.log1p(noise.between_runs) == pytest.approx(math.log(1.1) / math.sqrt(3))
    assert (noise.pairs, math.isnan(noise.ratios)) == (0, True)


def test_one_contender_has_no_standing() -> None:
    """A group of one, or of none, is left out, and other groups are not affected."""
    assert words([group({"a": 1.0}), {}, group({"b": 1.0, "c": 2.0})]) == {"b": "fastest", "c": "behind"}


def test_contenders_without_a_common_replicate_have_no_standing() -> None:
    """A damaged line and an interruption may leave one contender its first replicate and the other its second."""
    disjoint: dict[str, Blocks] = {"a": {0: [1.0]}, "b": {1: [2.0]}}

    assert words([disjoint, group({"c": 1.0, "d": 2.0})]) == {"c": "fastest", "d": "behind"}
    assert words([standings.geometric_means([disjoint])]) == {}


def test_one_replicate_is_never_certain() -> None:
    """Without a spread between replicates everything is tied, and the interval is unknown."""
    places = standings.standings([group({"a": 1.0, "b": 2.0}, replicates=1)], lambda _: "like", 0.01)

    assert {place.word for place in places.values()} == {"tied"}
    assert math.isnan(places["b"].high)


def test_equal_contenders_are_seldom_told_apart() -> None:
    """Of 400 groups of seven equal contenders, at most one in twenty has a contender that is called behind."""
    groups = [group({f"{n} {name}": 1.0 for name in "abcdefg"}, seed=n) for n in range(400)]
    slower = {name.split()[0] for name, word in words(groups).items() if word == "behind"}

    assert len(slower) <= 0.05 * len(groups)


def test_a_lead_of_five_percent_is_mostly_certain() -> None:
    """Of 200 groups with a spread of 1 %, nine in ten say that the others are 5 % behind, none the opposite."""
    groups = [group({f"{n} a": 1.0, f"{n} b": 1.05, f"{n} c": 1.05}, seed=n) for n in range(200)]
    places = words(groups)

    assert sum(places[f"{n} a"] == "fastest" for n in range(200)) >= 180
    assert not any(places[f"{n} {name}"] == "fastest" for n in range(200) for name in "bc")


def test_geometric_means_have_a_figure_for_each_replicate() -> None:
    """Over two activations, twice and eight times as long as the first contender is four times in the mean."""
    groups = [group({"a": 1.0, "b": 2.0}, spread=1e-6), group({"a": 3.0, "b": 24.0}, spread=1e-6, seed=1)]
    means = standings.geometric_means(groups)

    assert {name: len(blocks) for name, blocks in means.items()} == {"a": 3, "b": 3}
    assert [value for blocks in means["b"].values() for value in blocks] == pytest.approx([4.0] * 3, rel=1e-4)
