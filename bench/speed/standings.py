"""Who is fastest among contenders that were measured side by side, who is tied with it, and how far behind the rest is.

A figure of a replicate is the median over its cycles of the ratio of two contenders' blocks, so that what slows both
cancels. The contender with the least mean over the replicates leads. Every two are compared by a t-test on the
replicates' logarithms, whose variances are moderated over like contenders, with Holm's adjustment for all pairs of the
group. One is behind where the test says so and the difference exceeds the noise floor; any other is tied with the
fastest within the upper end of its interval.
"""

import itertools
import math
import statistics
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from bench.core.record import Record
from bench.speed import verdicts
from bench.speed.pairing import LEAST_FLOOR, paired_ratio
from bench.speed.verdicts import Pair

ALPHA = 0.05
"""The family-wise error rate of a group."""
NOISE_QUANTILE = 0.95

Word = Literal["fastest", "tied", "behind"]
Key = TypeVar("Key", bound=Hashable)
Blocks = Mapping[int, Sequence[float]]
"""The blocks of a contender by replicate."""


@dataclass(frozen=True)
class Standing:
    """The place of a contender in its group."""

    word: Word
    """`fastest` if all others are behind; `tied` for the leader and those not certainly behind it otherwise."""
    ratio: float
    """The time against that of the leader; 1 for the leader."""
    low: float
    high: float
    """The upper end of the 95 % interval of the ratio; `low` is the lower one."""


@dataclass(frozen=True)
class Noise:
    """The relative differences below which 19 of 20 cases stay; NaN where they were not measured."""

    ratios: float
    """Of identical code in a group, by twins."""
    x_copy: float
    """Of the multiples of a copy of identical code, by twins."""
    pairs: int
    """The number of times that identical code was compared."""
    between_runs: float
    """Of ratios between any two contenders in two such runs, by the replicates of this one.

    It exceeds that of identical code where the machine's memory and arithmetic change their speed independently.
    """


def standings(groups: Sequence[Mapping[Key, Blocks]], like: Callable[[Key], str], floor: float) -> dict[Key, Standing]:
    """Return the standing of each contender of each group; groups of one, or without a common replicate, are left out.

    `like` names the contenders whose variances are pooled. `floor` is the relative difference below which nothing
    counts, at least LEAST_FLOOR.
    """
    floor = LEAST_FLOOR if math.isnan(floor) else max(floor, LEAST_FLOOR)
    members = [group for group in groups if len(group) > 1 and common_replicates(group)]
    keys = [pair for group in members for pair in ranked_pairs(group)]
    pairs = [
        make_pair(group, leader, key, like(key), family)
        for family, group in enumerate(members)
        for leader, key in ranked_pairs(group)
    ]
    judged = dict(zip(keys, verdicts.judge(pairs, margin=floor, floor=floor, alpha=ALPHA), strict=True))
    places: dict[Key, Standing] = {}
    for group in members:
        leader, *others = rank(group)
        for key in others:
            verdict = judged[leader, key]
            word: Word = "behind" if verdict.word == "SLOWER" else "tied"
            places[key] = Standing(word, verdict.ratio, verdict.low, verdict.high)
        is_alone = all(places[key].word == "behind" for key in others)
        places[leader] = Standing("fastest" if is_alone else "tied", 1, 1, 1)
    return places


def common_replicates(group: Mapping[Key, Blocks]) -> set[int]:
    """Return the replicates that every contender has; none where a damaged or interrupted run left no common one."""
    return set.intersection(*(set(blocks) for blocks in group.values()))


def rank(group: Mapping[Key, Blocks]) -> list[Key]:
    """Return the contenders by their time against the first one, the geometric mean over the replicates."""
    first = next(iter(group))
    means = {key: statistics.fmean(map(math.log, ratios(group[key], group[first]).values())) for key in group}
    return sorted(group, key=means.__getitem__)


def ranked_pairs(group: Mapping[Key, Blocks]) -> list[tuple[Key, Key]]:
    """Return every pair of contenders, the faster one first.

    All pairs are a family: whoever comes out first was chosen by the same figures, and comparing the others with it
    alone told seven equal contenders apart in 10 groups of 100.
    """
    return list(itertools.combinations(rank(group), 2))


def make_pair(group: Mapping[Key, Blocks], leader: Key, key: Key, like: str, family: int) -> Pair:
    """Return the pair of two contenders of a group."""
    figures = ratios(group[key], group[leader])
    return Pair(str(key), like, (1.0,) * len(figures), tuple(figures.values()), paired=True, family=family)


def ratios(one: Blocks, other: Blocks) -> dict[int, float]:
    """Return the ratio of two contenders in each replicate that has both."""
    return {n: paired_ratio(one[n], other[n]) for n in sorted(one.keys() & other.keys())}


def geometric_means(groups: Sequence[Mapping[Key, Blocks]]) -> dict[Key, Blocks]:
    """Return one figure per replicate for each contender: the geometric mean over the groups against the first one.

    Groups hold the same contenders, one group per activation.
    """
    names = list(groups[0]) if groups else []
    means: dict[Key, Blocks] = {}
    for name in names:
        by_group = [ratios(group[name], group[names[0]]) for group in groups]
        common = set.intersection(*(set(figures) for figures in by_group))
        means[name] = {
            n: [math.exp(statistics.fmean(math.log(figures[n]) for figures in by_group))] for n in sorted(common)
        }
    return means


def noise(records: Iterable[Record], groups: Iterable[Mapping[Key, Blocks]]) -> Noise:
    """Return the noise of a run by its twins, and by the replicates of its groups."""
    records = list(records)
    replicates = len({record.replicate for record in records})
    timed = {(r.case.id, r.replicate, r.side, r.twin): r for r in records if r.status == "ok"}
    in_ratios, in_copies = [], []
    for (case, replicate, side, is_twin), twin in timed.items():
        original = timed.get((case, replicate, side, False))
        if not is_twin or original is None or twin.case.is_reference:
            continue
        in_ratios.append(abs(math.log(paired_ratio(twin.block_seconds, original.block_seconds))))
        if twin.copy_seconds and original.copy_seconds:
            both = [paired_ratio(record.block_seconds, record.copy_seconds) for record in (twin, original)]
            in_copies.append(abs(math.log(both[0] / both[1])))
    between = [
        abs(math.log(one / other))
        for group in groups
        for pair in itertools.combinations(group.values(), 2)
        for one, other in itertools.combinations(ratios(*pair).values(), 2)
    ]
    # two replicates of one figure differ as two runs of one replicate do
    of_ratios, of_copies, of_runs = (of_run(values, replicates) for values in (in_ratios, in_copies, between))
    return Noise(of_ratios, of_copies, len(in_ratios), of_runs)


def of_run(differences: Sequence[float], replicates: int) -> float:
    """Return the noise of means over replicates, from the differences of single replicates; NaN for none."""
    if not differences:
        return math.nan
    return math.expm1(verdicts.quantile(differences, NOISE_QUANTILE) / math.sqrt(max(replicates, 1)))
