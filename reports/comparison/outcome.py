"""The outcome of a comparison: one exit status, one word, one sentence."""

from collections.abc import Collection
from dataclasses import dataclass

from bench.core.record import CaseRecord
from reports import formats
from reports.comparison.comparison import UNTRUE, WORDS, Comparison, JudgedCase, StatusChange

SAME_OR_FASTER, SLOWER, UNCERTAIN, NOTHING_MEASURED, WRONG, MACHINES_DIFFER = 0, 1, 10, 11, 12, 13
SETTING = ("dtype", "size", "device", "threads", "cache")
DIMENSIONS = ("backend", "direction", "mode", "device", "dtype", "size", "threads", "cache", "label")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a comparison, for a program and for a reader."""

    status: int
    word: str
    """SLOWER if any case is, else FASTER if any is, else UNCERTAIN, else SAME; empty where none was judged."""
    answer: str
    """The answer to "Did it get slower?" in a sentence."""


def decide(comparison: Comparison, certain: bool = False, across: bool = False) -> Outcome:
    """Decide the outcome; the most severe one comes first."""
    word = next((word for word in WORDS if comparison.counts[word]), "")
    if comparison.machine_differences and not across:
        return Outcome(
            MACHINES_DIFFER, "", f"It cannot be told: the machines differ, {listed(comparison.machine_differences)}."
        )
    if comparison.wrong:
        return Outcome(WRONG, word, f"Speed is beside the point: {wrong(comparison.wrong)}")
    if comparison.broken:
        slower = f" Besides, {slowed(comparison)}" if word == "SLOWER" else ""
        return Outcome(SLOWER, word, f"Yes: {failures(comparison.broken)}{slower}")
    if not comparison.cases:
        return Outcome(NOTHING_MEASURED, word, f"It cannot be told: {reason_for_nothing(comparison)}.")
    return decide_by_verdicts(comparison, word, certain)


def decide_by_verdicts(comparison: Comparison, word: str, certain: bool) -> Outcome:
    """Return the outcome where there are verdicts and nothing more severe."""
    if word == "SLOWER":
        return Outcome(SLOWER, word, f"Yes: {slowed(comparison)}")
    if comparison.counts["UNCERTAIN"]:
        return Outcome(UNCERTAIN if certain else SAME_OR_FASTER, word, undecided(comparison, certain))
    if certain and comparison.floor.share > comparison.margin:
        noise, margin = formats.percent(comparison.floor.share), formats.percent(comparison.margin)
        return Outcome(
            UNCERTAIN, word, f"It cannot be told: these runs tell no less than {noise}, and {margin} is asked."
        )
    return Outcome(SAME_OR_FASTER, word, f"No: {unharmed(comparison)}")


def slowed(comparison: Comparison) -> str:
    """Return how many cases got slower, and the worst of them."""
    slower = comparison.with_word("SLOWER")
    faster = comparison.counts["FASTER"]
    rest = f"; {formats.count(faster, 'other')} got faster" if faster else ""
    worst = f"{change_size(slower[0])} in {case(slower[0].case)}"
    if len(slower) == 1:
        return f"1 of {formats.count(comparison.counts['cases'], 'case')} got slower, by {worst}{rest}."
    return f"{len(slower):,} of {comparison.counts['cases']:,} cases got slower, the most by {worst}{rest}."


def change_size(judged_case: JudgedCase) -> str:
    """Return the size of a change without its sign."""
    return formats.change(judged_case.verdict.ratio).lstrip("+−")


def unharmed(comparison: Comparison) -> str:
    """Return the answer where no case got slower and none is uncertain."""
    total, faster = comparison.counts["cases"], comparison.with_word("FASTER")
    if not faster:
        margin = formats.percent(max(comparison.margin, comparison.floor.share))
        return f"{formats.count(total, 'case takes', 'cases take')} as long as before, to within {margin}."
    best = f"{change_size(faster[0])} in {case(faster[0].case)}"
    return f"of {formats.count(total, 'case')} none got slower and {len(faster):,} got faster, the most by {best}."


def undecided(comparison: Comparison, certain: bool) -> str:
    """Return the answer where no case certainly got slower and some are uncertain."""
    total, open_cases, faster = (comparison.counts[name] for name in ("cases", "UNCERTAIN", "FASTER"))
    gained = f", {faster:,} got faster" if faster else ""
    start = "It cannot be told" if certain else "Not that it shows"
    return (
        f"{start}: of {formats.count(total, 'case')} none is certainly slower{gained}, but {open_cases:,} "
        f"{'is' if open_cases == 1 else 'are'} uncertain: too noisy to rule out {formats.percent(comparison.margin)}."
    )


def wrong(changes: list[StatusChange]) -> str:
    """Return which outputs are wrong, or times impossible, and on which side."""
    first = changes[0]
    sides = [(name, status) for name, status in (("base", first.before), ("head", first.now)) if status in UNTRUE]
    more = f", and {formats.count(len(changes) - 1, 'more case')}" if len(changes) > 1 else ""
    where = " and ".join(f"{status} in {name}" for name, status in sides)
    what = "output" if sides[0][1] == "wrong" else "time"
    return f"the {what} of {case(first.case)} is {where}{more}."


def failures(changes: list[StatusChange]) -> str:
    """Return which cases had a time and have none any more."""
    first, reason = changes[0], formats.short(changes[0].reason)
    more = f", and {formats.count(len(changes) - 1, 'more case')}" if len(changes) > 1 else ""
    cause = f" ({reason})" if reason else ""
    return f"{case(first.case)} had a time and ends in {status(first.now)} now{cause}{more}."


def reason_for_nothing(comparison: Comparison) -> str:
    """Return the reason for which two runs have no case with a time in common."""
    cases_of_sides = [
        [series.case for series in side.series.values() if not series.is_reference]
        for side in (comparison.base, comparison.head)
    ]
    for cases, name in zip(cases_of_sides, ("base", "head"), strict=True):
        if not cases:
            return f"nothing was measured in {name}"
    for name in DIMENSIONS:
        values = [{str(getattr(case, name)) for case in cases} for cases in cases_of_sides]
        if not values[0] & values[1]:
            base, head = (formats.short(", ".join(sorted(texts))) for texts in values)
            return f"the runs have no case in common ({name} {base} in base, {head} in head)"
    if comparison.counts["without_a_time"]:
        return "no case has a time in both runs"
    return "the runs have no case in common"


def listed(parts: tuple[str, ...]) -> str:
    """Join texts as in `a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def case(record: CaseRecord) -> str:
    """Return a case in words, without its setting."""
    return formats.text(f"{formats.short(record.label)} {record.direction} on {record.backend} {record.mode}")


def setting(record: CaseRecord, names: Collection[str] = SETTING) -> str:
    """Return the named properties of the setting of a case in words."""
    words = {
        "dtype": record.dtype,
        "size": f"{formats.size(record.size)} elements",
        "device": record.device,
        "threads": formats.count(record.threads, "thread"),
        "cache": "hot inputs" if record.cache == "hot" else "",
    }
    return formats.text(" · ".join(words[name] for name in names if words[name]))


def status(name: str) -> str:
    """Return a status in words; an empty one means that the run does not have the case."""
    return formats.text(name).replace("_", " ") or "not run"
