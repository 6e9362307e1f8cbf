"""What a comparison comes to: one exit status, one word, one sentence."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from reports import formats
from reports.comparison import UNTRUE, WORDS, Comparison, Judged, Turned

SAME_OR_FASTER, SLOWER, UNCERTAIN, NOTHING_MEASURED, WRONG, MACHINES_DIFFER = 0, 1, 10, 11, 12, 13
SETTING = ("dtype", "size", "device", "threads", "cache")
DIMENSIONS = ("backend", "direction", "mode", "device", "dtype", "size", "threads", "cache", "label")


@dataclass(frozen=True)
class Outcome:
    """For a caller and for a reader."""

    status: int
    word: str
    """SLOWER if any case is, else FASTER if any is, else UNCERTAIN, else SAME; empty where none was judged."""
    answer: str
    """Did it get slower? In a sentence."""


def of(found: Comparison, certain: bool = False, across: bool = False) -> Outcome:
    """The worst that there is to say comes first."""
    word = next((word for word in WORDS if found.counts[word]), "")
    if found.apart and not across:
        return Outcome(MACHINES_DIFFER, "", f"It cannot be told: the machines differ, {listed(found.apart)}.")
    if found.wrong:
        return Outcome(WRONG, word, f"Speed is beside the point: {wrong(found.wrong)}")
    if found.broken:
        slower = f" Besides, {slowed(found)}" if word == "SLOWER" else ""
        return Outcome(SLOWER, word, f"Yes: {failures(found.broken)}{slower}")
    if not found.judged:
        return Outcome(NOTHING_MEASURED, word, f"It cannot be told: {why_nothing(found)}.")
    return judged(found, word, certain)


def judged(found: Comparison, word: str, certain: bool) -> Outcome:
    """Where there are verdicts and nothing worse."""
    if word == "SLOWER":
        return Outcome(SLOWER, word, f"Yes: {slowed(found)}")
    if found.counts["UNCERTAIN"]:
        return Outcome(UNCERTAIN if certain else SAME_OR_FASTER, word, undecided(found, certain))
    if certain and found.floor.share > found.margin:
        noise, margin = formats.percent(found.floor.share), formats.percent(found.margin)
        return Outcome(
            UNCERTAIN, word, f"It cannot be told: these runs tell no less than {noise}, and {margin} is asked."
        )
    return Outcome(SAME_OR_FASTER, word, f"No: {unharmed(found)}")


def slowed(found: Comparison) -> str:
    """How many got slower, and the worst of them."""
    slower = found.with_word("SLOWER")
    faster = found.counts["FASTER"]
    rest = f"; {formats.count(faster, 'other')} got faster" if faster else ""
    worst = f"{by(slower[0])} in {case(slower[0].case)}"
    if len(slower) == 1:
        return f"1 of {formats.count(found.counts['cases'], 'case')} got slower, by {worst}{rest}."
    return f"{len(slower):,} of {found.counts['cases']:,} cases got slower, the most by {worst}{rest}."


def by(own: Judged) -> str:
    """How much a case changed, whichever way."""
    return formats.change(own.verdict.ratio).lstrip("+−")


def unharmed(found: Comparison) -> str:
    """None got slower and none is open."""
    total, faster = found.counts["cases"], found.with_word("FASTER")
    if not faster:
        margin = formats.percent(max(found.margin, found.floor.share))
        return f"{formats.count(total, 'case takes', 'cases take')} as long as before, to within {margin}."
    best = f"{by(faster[0])} in {case(faster[0].case)}"
    return f"of {formats.count(total, 'case')} none got slower and {len(faster):,} got faster, the most by {best}."


def undecided(found: Comparison, certain: bool) -> str:
    """None certainly got slower, and some are open."""
    total, open_cases, faster = (found.counts[name] for name in ("cases", "UNCERTAIN", "FASTER"))
    gained = f", {faster:,} got faster" if faster else ""
    start = "It cannot be told" if certain else "Not that it shows"
    return (
        f"{start}: of {formats.count(total, 'case')} none is certainly slower{gained}, but {open_cases:,} "
        f"{'is' if open_cases == 1 else 'are'} uncertain: too noisy to rule out {formats.percent(found.margin)}."
    )


def wrong(turned: list[Turned]) -> str:
    """Which outputs are wrong, or times impossible, and at which end."""
    first = turned[0]
    ends = [(name, status) for name, status in (("base", first.before), ("head", first.now)) if status in UNTRUE]
    more = f", and {formats.count(len(turned) - 1, 'more case')}" if len(turned) > 1 else ""
    where = " and ".join(f"{status} in {name}" for name, status in ends)
    what = "output" if ends[0][1] == "wrong" else "time"
    return f"the {what} of {case(first.case)} is {where}{more}."


def failures(turned: list[Turned]) -> str:
    """Which cases had a time and have none any more."""
    first, reason = turned[0], formats.short(turned[0].reason)
    more = f", and {formats.count(len(turned) - 1, 'more case')}" if len(turned) > 1 else ""
    said = f" ({reason})" if reason else ""
    return f"{case(first.case)} had a time and ends in {status(first.now)} now{said}{more}."


def why_nothing(found: Comparison) -> str:
    """What keeps two runs from having a case with a time in common."""
    series = [[own.case for own in end.series.values() if not own.is_reference] for end in (found.base, found.head)]
    for cases, name in zip(series, ("base", "head"), strict=True):
        if not cases:
            return f"nothing was measured in {name}"
    for name in DIMENSIONS:
        values = [{str(own[name]) for own in cases} for cases in series]
        if not values[0] & values[1]:
            ours, theirs = (formats.short(", ".join(sorted(own))) for own in values)
            return f"the runs have no case in common ({name} {ours} in base, {theirs} in head)"
    if found.counts["without_a_time"]:
        return "no case has a time in both runs"
    return "the runs have no case in common"


def listed(parts: tuple[str, ...]) -> str:
    """`a, b and c`."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def case(of: dict[str, Any]) -> str:
    """A case in words, its setting left out."""
    return formats.text(f"{formats.short(of['label'])} {of['direction']} on {of['backend']} {of['mode']}")


def setting(of: dict[str, Any], names: Collection[str] = SETTING) -> str:
    """What a case is measured on, of what is named."""
    words = {
        "dtype": of["dtype"],
        "size": f"{formats.size(of['size'])} elements",
        "device": of["device"],
        "threads": formats.count(of["threads"], "thread"),
        "cache": "hot inputs" if of["cache"] == "hot" else "",
    }
    return formats.text(" · ".join(words[name] for name in names if words[name]))


def status(of: str) -> str:
    """A status in words; empty is a case that the run does not have."""
    return formats.text(of).replace("_", " ") or "not run"


def figure(value: float, in_copies: bool) -> str:
    """A case's figure at one end, in the unit of the comparison."""
    return formats.times(value) if in_copies else formats.duration(value)
