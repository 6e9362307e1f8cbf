"""Below which difference nothing counts, and why."""

import math
import statistics
import sys
from dataclasses import dataclass

from bench import alternation, verdicts
from bench.cases import COPY
from reports.ends import End

COPY_SETTING = ("device", "dtype", "size", "threads", "cache")


@dataclass(frozen=True)
class Floor:
    """A relative difference, and where it comes from."""

    share: float
    reason: str


def of(base: End, head: End, margin: float, in_copies: bool) -> Floor:
    """The largest of what limits a comparison of these two.

    Sides that alternate share the machine's state pass by pass, so the halves of the comparison tell its noise. Two
    stored runs do not: they are held to the noise of each and to how far the plain copies, that no change of an
    activation touches, moved between them.
    """
    found = [Floor(alternation.LEAST_FLOOR, "that is the least that is looked for")]
    if base.run is head.run:
        found.append(
            Floor(
                alternation.floor(alternation.pairs(head.run.records, range(sys.maxsize)), margin),
                "the halves of the comparison differ by that much",
            )
        )
    else:
        for name, end in (("base", base), ("head", head)):
            said = f"by the halves of {name}, identical code differs by that much"
            found.append(Floor(noise(end, in_copies), said))
        if not in_copies:
            said = "that is how far the plain copies moved between the two runs"
            found.append(Floor(shift(base, head), said))
    return max((own for own in found if not math.isnan(own.share)), key=lambda own: own.share)


def noise(end: End, in_copies: bool = False) -> float:
    """What identical code differs by between two such runs, 19 of 20 cases by less; nan for a single pass."""
    cases = [key for key, series in end.series.items() if not series.is_reference]
    return verdicts.noise_floor([list(end.figures(key, in_copies).values()) for key in cases])


def shift(base: End, head: End) -> float:
    """How far the copies moved, relative: the most of any setting, the median over its backends.

    The median, since a new version of one backend may well copy faster; the machine moves all of them.
    """
    moved: dict[tuple[object, ...], list[float]] = {}
    for key, ours in base.series.items():
        theirs = head.series.get(key)
        if theirs and ours.case["activation"] == COPY and ours.figures and theirs.figures:
            ratio = statistics.median(theirs.figures.values()) / statistics.median(ours.figures.values())
            moved.setdefault(tuple(ours.case[name] for name in COPY_SETTING), []).append(abs(math.log(ratio)))
    return math.expm1(max(map(statistics.median, moved.values()))) if moved else math.nan
