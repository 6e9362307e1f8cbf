"""Two sides measured in alternation: which cases a second look must settle, and the verdict on each."""

import math
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bench import results, verdicts
from bench.cases import PROFILES, REFERENCES
from bench.results import BASE, HEAD, Plan
from bench.verdicts import Pair, Verdict

LEAST_FLOOR = 0.01
"""No smaller change counts, however sure it is: two builds of one source differ by as much."""

Row = dict[str, Any]


def second_look(folder: Path, plan: Plan) -> tuple[frozenset[str], int]:
    """The ids of the suspects and the number of fresh passes; decided once, and kept for a run that is resumed."""
    profile = PROFILES[plan.choice.profile]
    if (known := results.suspects(folder)) is None:
        first = judged(pairs(results.rows(folder), range(profile.passes)), profile.margin)
        known = frozenset(verdicts.suspects(first))
        results.write_json(folder / "suspects.json", sorted(known))
    return known, verdicts.FRESH_PASSES[plan.choice.profile] if known else 0


def decided(rows: Iterable[Row], passes: int, margin: float) -> tuple[Verdict, ...]:
    """The verdict of every case that has a time on both sides; what comes after `passes` alone decides on a suspect."""
    rows = list(rows)
    first, fresh = pairs(rows, range(passes)), pairs(rows, range(passes, sys.maxsize))
    return verdicts.settle(judged(first, margin), judged(fresh, margin, first))


def judged(look: Sequence[Pair], margin: float, before: Sequence[Pair] = ()) -> tuple[Verdict, ...]:
    """The verdicts of one look; one before it lends what is known of the spread."""
    return verdicts.judge(look, margin=margin, floor=floor(look, margin), like=before)


def floor(look: Sequence[Pair], margin: float) -> float:
    """What a comparison of identical code may show: its own halves compared with each other, LEAST_FLOOR at least.

    And half of the margin at most: a few noisy cases must not hide a change that is to be found.
    """
    ratios = [[h / b for b, h in zip(pair.base, pair.head, strict=True)] for pair in look]
    measured = verdicts.noise_floor(ratios)
    return LEAST_FLOOR if math.isnan(measured) else min(max(measured, LEAST_FLOOR), max(margin / 2, LEAST_FLOOR))


def pairs(rows: Iterable[Row], numbers: range) -> list[Pair]:
    """Each case with a time on both sides in passes of these numbers; what failed in any of them is none."""
    figures: dict[str, dict[str, dict[int, list[float]]]] = {}
    groups, failed = {}, set()
    for row in rows:
        case, number = row["case"], row["pass_number"]
        if case["activation"] in REFERENCES or number not in numbers or row["side"] not in (BASE, HEAD):
            continue
        if row["status"] != "ok":
            failed.add(case["id"])
            continue
        groups[case["id"]] = like(case)
        sides = figures.setdefault(case["id"], {BASE: {}, HEAD: {}})
        sides[row["side"]][number] = row["block_seconds"]
    found = []
    for key, sides in figures.items():
        common = sorted(sides[BASE].keys() & sides[HEAD].keys())
        if common and key not in failed:
            both = [in_turns(sides[BASE][number], sides[HEAD][number]) for number in common]
            base, head = zip(*both, strict=True)
            found.append(Pair(key, groups[key], base, head, paired=True))
    return found


def in_turns(base: Sequence[float], head: Sequence[float]) -> tuple[float, float]:
    """A pass of both sides: base by the median of its blocks, and head by the median ratio of blocks side by side."""
    middle = statistics.median(base)
    if len(base) != len(head):
        return middle, statistics.median(head)
    return middle, middle * statistics.median(h / b for b, h in zip(base, head, strict=True))


def like(case: Row) -> str:
    """The group of cases whose spread between passes is alike."""
    return " ".join(str(case[name]) for name in ("backend", "mode", "device", "size", "threads"))
