"""Two ends compared, case by case: verdicts where both have times, and what became of the other cases."""

import math
from dataclasses import dataclass

from bench import alternation, verdicts
from bench.verdicts import Pair, Verdict
from reports import conditions, floors
from reports.ends import End, machines_apart
from reports.floors import Floor
from reports.passes import Series, group
from reports.records import Row
from reports.statistic import median

WORDS = ("SLOWER", "FASTER", "UNCERTAIN", "SAME")
BROKEN = ("error", "timeout", "out_of_memory")
"""What a case that had a time may not become; what a backend no longer supports is told, and no failure."""
UNTRUE = ("wrong", "impossible")
"""What makes speed beside the point: an output is not right, or a time is not that of the work."""


Figures = dict[str, tuple[dict[int, float], dict[int, float]]]
"""By case: of base and of head, by pass."""


@dataclass(frozen=True)
class Judged:
    """A case with a time at both ends."""

    case: Row
    verdict: Verdict
    base: float
    head: float
    """Medians over the passes, in the unit of the comparison."""


@dataclass(frozen=True)
class Turned:
    """A case that has no time at one end at least, where that is news: a new status, or an untrue one."""

    case: Row
    before: str
    now: str
    reason: str

    @property
    def is_wrong(self) -> bool:
        """Whether an output was wrong, or a time impossible, at either end."""
        return self.before in UNTRUE or self.now in UNTRUE

    @property
    def is_broken(self) -> bool:
        """Whether it had a time in base and ends in a failure in head."""
        return self.before == "ok" and self.now in BROKEN


@dataclass(frozen=True)
class Comparison:
    """What is known of two ends."""

    base: End
    head: End
    margin: float
    floor: Floor
    apart: tuple[str, ...]
    """How the machines differ; the unit of the figures is then a multiple of the copy."""
    judged: tuple[Judged, ...]
    turned: tuple[Turned, ...]
    counts: dict[str, int]

    @property
    def alternated(self) -> bool:
        """Whether both were measured in alternation, in one run."""
        return self.base.run is self.head.run

    @property
    def conditions(self) -> list[str]:
        """What differed beside code and machine: environment variables, cores; nothing between the sides of one run."""
        return [] if self.alternated else conditions.differences(self.base.run, self.head.run)

    @property
    def in_copies(self) -> bool:
        """Whether figures are multiples of the copy, not seconds."""
        return bool(self.apart)

    def with_word(self, word: str) -> list[Judged]:
        """The cases of a verdict, the largest change first."""
        found = [own for own in self.judged if own.verdict.word == word]
        return sorted(found, key=lambda own: -abs(math.log(own.verdict.ratio)) if own.verdict.ratio > 0 else 0.0)

    @property
    def wrong(self) -> list[Turned]:
        """What has a wrong output or an impossible time."""
        return [own for own in self.turned if own.is_wrong]

    @property
    def broken(self) -> list[Turned]:
        """What has lost its time to a failure."""
        return [own for own in self.turned if own.is_broken]


def compare(base: End, head: End, margin: float | None = None) -> Comparison:
    """Everything about two ends; on machines that differ, in multiples of the copy."""
    apart = tuple(machines_apart(base.run, head.run)) if base.run is not head.run else ()
    margin = head.run.profile.margin if margin is None else margin
    known = [{key for key, own in end.series.items() if not own.is_reference} for end in (base, head)]
    both_have = known[0] & known[1]
    common = [key for key in head.series if key in both_have]
    figures = {key: (base.figures(key, bool(apart)), head.figures(key, bool(apart))) for key in common}
    both = {key: pair for key, pair in figures.items() if all(pair)}
    floor = floors.of(base, head, margin, bool(apart))
    found = verdicts_of(base, head, both, margin, floor.share)
    middles = {key: [median(list(own.values())) for own in pair] for key, pair in both.items()}
    judged = tuple(Judged(head.series[key].case, found[key], *middles[key]) for key in both)
    turned = tuple(turns(base, head))
    counts = {
        "cases": len(judged),
        **{word: sum(own.verdict.word == word for own in judged) for word in WORDS},
        "without_a_time": len(common) - len(judged),
        "only_base": len(known[0] - known[1]),
        "only_head": len(known[1] - known[0]),
    }
    return Comparison(base, head, margin, floor, apart, judged, turned, counts)


def verdicts_of(base: End, head: End, both: Figures, margin: float, floor: float) -> dict[str, Verdict]:
    """By case; what a second look saw is decided by it alone."""
    if base.run is head.run:
        found = alternation.decided(head.run.records, head.run.profile.passes, margin)
    else:
        found = verdicts.judge(stored(head, both), margin=margin, floor=floor)
    return {verdict.key: verdict for verdict in found}


def stored(head: End, both: Figures) -> list[Pair]:
    """The figures of two runs that were not measured together."""
    return [
        Pair(key, group(head.series[key]), tuple(ours.values()), tuple(theirs.values()))
        for key, (ours, theirs) in both.items()
    ]


def turns(base: End, head: End) -> list[Turned]:
    """What changed its status between the ends, and what is wrong at either."""
    found = []
    for key in head.series.keys() | base.series.keys():
        before, now = base.series.get(key), head.series.get(key)
        statuses = [own.status if own else "" for own in (before, now)]
        if any(status in UNTRUE for status in statuses) or (all(statuses) and statuses[0] != statuses[1]):
            found.append(Turned(case_of(before, now), statuses[0], statuses[1], reason(before, now)))
    return sorted(found, key=lambda own: str(own.case["id"]))


def case_of(before: Series | None, now: Series | None) -> Row:
    """The case of whichever end has it."""
    known = now or before
    return known.case if known else {}


def reason(before: Series | None, now: Series | None) -> str:
    """Why it has no time, head's reason first."""
    return next((own.reason for own in (now, before) if own and own.reason), "")
