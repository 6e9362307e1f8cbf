"""Comparison of two sides that were measured side by side: the cases that need a second look, and the verdicts."""

import math
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.core import results
from bench.core.cases import PROFILES
from bench.core.record import CaseRecord, Record
from bench.core.results import BASE, HEAD, Plan
from bench.speed import verdicts
from bench.speed.verdicts import Pair, Verdict

LEAST_FLOOR = 0.01
"""The smallest relative change that counts, however certain it is: two builds of one source differ by as much."""


def second_look(folder: Path, plan: Plan) -> tuple[frozenset[str], int]:
    """Return the ids of the suspects and the number of fresh replicates.

    The suspects are decided once and stored, so that a resumed run measures the same ones.
    """
    profile = PROFILES[plan.choice.profile]
    if (ids := results.suspects(folder)) is None:
        first = judge_look(pairs(results.records(folder), range(profile.replicates)), profile.margin)
        ids = frozenset(verdicts.suspects(first))
        results.write_json(folder / "suspects.json", sorted(ids))
    return ids, verdicts.FRESH_REPLICATES[plan.choice.profile] if ids else 0


def decide(records: Iterable[Record], replicates: int, margin: float) -> tuple[Verdict, ...]:
    """Return the verdict on every case timed on both sides; replicates after the first decide on suspects."""
    records = list(records)
    first, fresh = pairs(records, range(replicates)), pairs(records, range(replicates, sys.maxsize))
    return verdicts.settle(judge_look(first, margin), judge_look(fresh, margin, first))


def judge_look(look: Sequence[Pair], margin: float, before: Sequence[Pair] = ()) -> tuple[Verdict, ...]:
    """Return the verdicts of one look; an earlier look contributes its estimate of the spread."""
    return verdicts.judge(look, margin=margin, floor=floor(look, margin), like=before)


def floor(look: Sequence[Pair], margin: float) -> float:
    """Return the noise floor, estimated by comparing the halves of each side with each other.

    It is at least LEAST_FLOOR, and at most half of the margin: a few noisy cases must not hide a change that counts.
    """
    ratios = [[h / b for b, h in zip(pair.base, pair.head, strict=True)] for pair in look]
    measured = verdicts.noise_floor(ratios)
    return LEAST_FLOOR if math.isnan(measured) else min(max(measured, LEAST_FLOOR), max(margin / 2, LEAST_FLOOR))


def pairs(records: Iterable[Record], numbers: range) -> list[Pair]:
    """Return each case with times on both sides in these replicates, except those that failed in any of them."""
    figures: dict[str, dict[str, dict[int, Sequence[float]]]] = {}
    groups, failed = {}, set()
    for record in records:
        case, number = record.case, record.replicate
        if case.is_reference or record.twin or number not in numbers or record.side not in (BASE, HEAD):
            continue
        if record.status != "ok":
            failed.add(case.id)
            continue
        groups[case.id] = like(case)
        sides = figures.setdefault(case.id, {BASE: {}, HEAD: {}})
        sides[record.side][number] = record.block_seconds
    complete = []
    for key, sides in figures.items():
        common = sorted(sides[BASE].keys() & sides[HEAD].keys())
        if common and key not in failed:
            both = [paired_times(sides[BASE][number], sides[HEAD][number]) for number in common]
            base, head = zip(*both, strict=True)
            complete.append(Pair(key, groups[key], base, head, paired=True))
    return complete


def paired_times(base: Sequence[float], head: Sequence[float]) -> tuple[float, float]:
    """Return a replicate of both sides: base as the median of its blocks, head by the ratio of paired blocks."""
    middle = statistics.median(base)
    return middle, middle * paired_ratio(head, base)


def paired_ratio(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the ratio of two contenders in a replicate: the median over the cycles of the ratio of their blocks."""
    if len(one) != len(other):  # they were not measured side by side
        return statistics.median(one) / statistics.median(other)
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def like(case: CaseRecord) -> str:
    """Return the name of the group of cases whose spread between replicates is similar."""
    return f"{case.backend} {case.mode} {case.device} {case.size} {case.threads}"
