"""Comparison of two sides, case by case: verdicts where both have times, and changes of status elsewhere."""

import math
from dataclasses import dataclass

from bench.core.record import CaseRecord
from bench.speed import pairing, verdicts
from bench.speed.verdicts import Pair, Verdict
from reports.comparison import floors
from reports.comparison.floors import Floor
from reports.comparison.sides import Side, find_machine_differences
from reports.data import conditions
from reports.data.series import Series, group
from reports.data.statistic import median

WORDS = ("SLOWER", "FASTER", "UNCERTAIN", "SAME")
BROKEN = ("error", "timeout", "out_of_memory")
"""Statuses with which a case that had a time has failed; a loss of support is reported and is no failure."""
UNTRUE = ("wrong", "impossible")
"""Statuses that make speed meaningless: an output is wrong, or a time is not that of the work."""


Figures = dict[str, tuple[dict[int, float], dict[int, float]]]
"""Figures by case: those of base and those of head, by replicate."""


@dataclass(frozen=True)
class JudgedCase:
    """A case with a time on both sides, and its verdict."""

    case: CaseRecord
    verdict: Verdict
    base: float
    head: float
    """Medians over the replicates, in the unit of the comparison."""


@dataclass(frozen=True)
class StatusChange:
    """A case without a time on at least one side whose status is new or untrue."""

    case: CaseRecord
    before: str
    now: str
    reason: str

    @property
    def is_wrong(self) -> bool:
        """Whether an output was wrong, or a time impossible, on either side."""
        return self.before in UNTRUE or self.now in UNTRUE

    @property
    def is_broken(self) -> bool:
        """Whether the case had a time in base and fails in head."""
        return self.before == "ok" and self.now in BROKEN


@dataclass(frozen=True)
class Comparison:
    """The result of comparing two sides."""

    base: Side
    head: Side
    margin: float
    floor: Floor
    machine_differences: tuple[str, ...]
    """The differences between the machines; if there are any, figures are multiples of the copy."""
    cases: tuple[JudgedCase, ...]
    status_changes: tuple[StatusChange, ...]
    counts: dict[str, int]
    in_copies: bool
    """Whether figures are multiples of the copy instead of seconds."""

    @property
    def alternated(self) -> bool:
        """Whether both sides were measured interleaved, in one run."""
        return self.base.run is self.head.run

    @property
    def conditions(self) -> list[str]:
        """The differences beside code and machine: environment variables and cores; none within one run."""
        return [] if self.alternated else conditions.differences(self.base.run, self.head.run)

    def with_word(self, word: str) -> list[JudgedCase]:
        """Return the cases with a verdict, the largest change first."""
        cases = [case for case in self.cases if case.verdict.word == word]
        return sorted(cases, key=lambda case: -abs(math.log(case.verdict.ratio)) if case.verdict.ratio > 0 else 0.0)

    @property
    def wrong(self) -> list[StatusChange]:
        """The cases with a wrong output or an impossible time."""
        return [change for change in self.status_changes if change.is_wrong]

    @property
    def broken(self) -> list[StatusChange]:
        """The cases that had a time in base and fail in head."""
        return [change for change in self.status_changes if change.is_broken]


def compare(base: Side, head: Side, margin: float | None = None) -> Comparison:
    """Compare two sides.

    Two runs are compared in multiples of the copy where their machines differ, or where both have copies of the same
    cycles: what the machine did between the runs cancels.
    """
    machine_differences = tuple(find_machine_differences(base.run, head.run)) if base.run is not head.run else ()
    in_copies = bool(machine_differences) or (base.run is not head.run and base.is_paired and head.is_paired)
    margin = head.run.profile.margin if margin is None else margin
    measured = [{key for key, series in side.series.items() if not series.is_reference} for side in (base, head)]
    shared = measured[0] & measured[1]
    common = [key for key in head.series if key in shared]
    figures = {key: (base.figures(key, in_copies), head.figures(key, in_copies)) for key in common}
    both = {key: pair for key, pair in figures.items() if all(pair)}
    floor = floors.largest(base, head, margin, in_copies)
    verdict_by_case = verdicts_of(base, head, both, margin, floor.share)
    middles = {key: [median(list(by_replicate.values())) for by_replicate in pair] for key, pair in both.items()}
    cases = tuple(JudgedCase(head.series[key].case, verdict_by_case[key], *middles[key]) for key in both)
    changes = tuple(status_changes(base, head))
    counts = {
        "cases": len(cases),
        **{word: sum(case.verdict.word == word for case in cases) for word in WORDS},
        "without_a_time": len(common) - len(cases),
        "only_base": len(measured[0] - measured[1]),
        "only_head": len(measured[1] - measured[0]),
    }
    return Comparison(base, head, margin, floor, machine_differences, cases, changes, counts, in_copies)


def verdicts_of(base: Side, head: Side, both: Figures, margin: float, floor: float) -> dict[str, Verdict]:
    """Return the verdicts by case; replicates measured to recheck a case decide it alone."""
    if base.run is head.run:
        judged = pairing.decide(head.run.records, head.run.profile.replicates, margin)
    else:
        judged = verdicts.judge(stored_pairs(head, both), margin=margin, floor=floor)
    return {verdict.key: verdict for verdict in judged}


def stored_pairs(head: Side, both: Figures) -> list[Pair]:
    """Return the pairs of figures of two runs that were not measured together."""
    return [
        Pair(key, group(head.series[key]), tuple(base_figures.values()), tuple(head_figures.values()))
        for key, (base_figures, head_figures) in both.items()
    ]


def status_changes(base: Side, head: Side) -> list[StatusChange]:
    """Return the cases whose status differs between the sides, or is untrue on either."""
    changes = []
    for key in head.series.keys() | base.series.keys():
        before, now = base.series.get(key), head.series.get(key)
        first, last = (series.status if series else "" for series in (before, now))
        if first in UNTRUE or last in UNTRUE or (first and last and first != last):
            case = (now or base.series[key]).case
            changes.append(StatusChange(case, first, last, reason(before, now)))
    return sorted(changes, key=lambda change: change.case.id)


def reason(before: Series | None, now: Series | None) -> str:
    """Return the reason for which a case has no time, preferably the one in head."""
    return next((series.reason for series in (now, before) if series and series.reason), "")
