"""The noise floor of a comparison: the relative difference below which nothing counts, and its reason."""

import math
import statistics
import sys
from dataclasses import dataclass

from bench.core.cases import COPY
from bench.speed import pairing, verdicts
from reports.comparison.sides import Side

COPY_SETTING = ("device", "dtype", "size", "threads", "cache")


@dataclass(frozen=True)
class Floor:
    """A noise floor as a relative difference, and its reason."""

    share: float
    reason: str


def largest(base: Side, head: Side, margin: float, in_copies: bool) -> Floor:
    """Return the largest of the noise floors that apply to a comparison of these two sides.

    Interleaved sides share the machine's state replicate by replicate, so the halves of the comparison show its noise.
    Two stored runs do not: they are held to the noise of each, and to the shift between them of the plain copies, which
    no change of an activation affects.
    """
    floors = [Floor(pairing.LEAST_FLOOR, "that is the least that is looked for")]
    if base.run is head.run:
        floors.append(
            Floor(
                pairing.floor(pairing.pairs(head.run.records, range(sys.maxsize)), margin),
                "the halves of the comparison differ by that much",
            )
        )
    else:
        for name, side in (("base", base), ("head", head)):
            reason = f"by the halves of {name}, identical code differs by that much"
            floors.append(Floor(noise(side, in_copies), reason))
        if not in_copies:
            reason = "that is how far the plain copies moved between the two runs"
            floors.append(Floor(shift(base, head), reason))
    return max((floor for floor in floors if not math.isnan(floor.share)), key=lambda floor: floor.share)


def noise(side: Side, in_copies: bool = False) -> float:
    """Return the difference that two runs of identical code stay below in 19 of 20 cases; NaN for one replicate."""
    cases = [key for key, series in side.series.items() if not series.is_reference]
    return verdicts.noise_floor([list(side.figures(key, in_copies).values()) for key in cases])


def shift(base: Side, head: Side) -> float:
    """Return the relative shift of the copies: the largest of any setting, the median over its backends.

    It is the median since a new version of one backend may copy faster, whereas the machine affects all of them.
    """
    shifts: dict[tuple[object, ...], list[float]] = {}
    for key, base_series in base.series.items():
        head_series = head.series.get(key)
        if head_series and base_series.case.activation == COPY and base_series.figures and head_series.figures:
            ratio = statistics.median(head_series.figures.values()) / statistics.median(base_series.figures.values())
            setting = tuple(getattr(base_series.case, name) for name in COPY_SETTING)
            shifts.setdefault(setting, []).append(abs(math.log(ratio)))
    return math.expm1(max(map(statistics.median, shifts.values()))) if shifts else math.nan
