"""The rows of a comparison's tables, as texts: for Markdown, the page and the terminal alike."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reports import formats, outcome
from reports.comparison import WORDS, Comparison, Judged
from reports.statistic import geometric_mean


@dataclass(frozen=True)
class Line:
    """One case."""

    word: str
    what: str
    where: str
    base: str
    head: str
    change: str
    interval: str
    setting: str


@dataclass(frozen=True)
class Summary:
    """Many cases: how many of each word, and what they come to together."""

    name: str
    cases: int
    slower: int
    faster: int
    uncertain: int
    same: int
    change: str
    """Of the geometric mean."""


def lines(found: Comparison, words: Iterable[str]) -> list[Line]:
    """The cases of these verdicts, in the order of the words, the largest change first."""
    names = varying(found)
    return [line(own, found.in_copies, names) for word in words for own in found.with_word(word)]


def line(own: Judged, in_copies: bool, names: Iterable[str]) -> Line:
    """One case."""
    verdict, case = own.verdict, own.case
    ends = "–" if math.isnan(verdict.low) else f"{formats.change(verdict.low)} to {formats.change(verdict.high)}"
    return Line(
        verdict.word,
        formats.short(f"{case['label']} {case['direction']}"),
        formats.short(f"{case['backend']} {case['mode']}"),
        outcome.figure(own.base, in_copies),
        outcome.figure(own.head, in_copies),
        formats.change(verdict.ratio),
        ends,
        outcome.setting(case, list(names)),
    )


def by_backend(found: Comparison) -> list[Summary]:
    """A line per backend, mode and direction, and size if there are several."""
    several = len({own.case["size"] for own in found.judged}) > 1

    def name(own: Judged) -> str:
        size = f" {formats.size(own.case['size'])}" if several else ""
        return f"{own.case['backend']} {own.case['mode']} {own.case['direction']}{size}"

    return sorted(summaries(found, name), key=lambda own: own.name)


def by_activation(found: Comparison) -> list[Summary]:
    """A line per activation, by name."""
    return sorted(summaries(found, lambda own: str(own.case["label"])), key=lambda own: own.name)


def summaries(found: Comparison, name: Callable[[Judged], str]) -> list[Summary]:
    """A line per name, in the order in which they appear."""
    groups: dict[str, list[Judged]] = {}
    for own in found.judged:
        groups.setdefault(name(own), []).append(own)
    return [summary(key, cases) for key, cases in groups.items()]


def summary(name: str, cases: list[Judged]) -> Summary:
    """One line."""
    words = [own.verdict.word for own in cases]
    ratios = [own.verdict.ratio for own in cases if own.verdict.ratio > 0]
    slower, faster, uncertain, same = (words.count(word) for word in WORDS)  # type: ignore[arg-type]  # names of words
    mean = geometric_mean(ratios)
    return Summary(formats.short(name), len(cases), slower, faster, uncertain, same, formats.change(mean))


def turned(found: Comparison) -> list[str]:
    """What has no time at one end, or a wrong output, each in a line; what is wrong or fails now first."""
    news = sorted(found.turned, key=lambda own: not (own.is_wrong or own.is_broken))
    return [
        formats.text(
            f"{outcome.case(own.case)} ({outcome.setting(own.case)}): {outcome.status(own.before)} in base, "
            f"{outcome.status(own.now)} in head" + (f": {formats.short(own.reason)}" if own.reason else "")
        )
        for own in news
    ]


def varying(found: Comparison) -> list[str]:
    """What the cases' settings differ in, and so what each line must tell."""
    return [name for name in outcome.SETTING if len({own.case[name] for own in found.judged}) > 1]


def common(found: Comparison) -> str:
    """What their settings have in common."""
    names = [name for name in outcome.SETTING if name not in varying(found)]
    return outcome.setting(found.judged[0].case, names) if found.judged else ""


def looked_again(found: Comparison) -> bool:
    """Whether some of the cases have fresh passes of their own."""
    planned = found.head.run.profile.passes
    return found.alternated and any(number >= planned for own in found.head.series.values() for number in own.figures)


def notes(found: Comparison) -> list[str]:
    """How it was compared, in sentences."""
    floor = f"Differences below {formats.percent(found.floor.share)} count as none: {found.floor.reason}."
    said = [f"Made to find a change of {formats.percent(found.margin)} in a single case. {floor}"]
    if found.floor.share > found.margin:
        said[0] += " That is more than the change looked for: these runs are too noisy to find it."
    if found.apart:
        said.append(
            f"The machines differ ({outcome.listed(found.apart)}), so every figure is a multiple of a plain copy on "
            "its own machine. That is fair to what memory limits, and less so to the rest."
        )
    said += [f"Not the same: {line}." for line in found.conditions]
    if found.alternated:
        again = "; what looked changed was measured again, and is judged by those passes" if looked_again(found) else ""
        said.append(f"Both were measured in alternation, block by block{again}.")
    elif found.counts["UNCERTAIN"]:
        said.append(
            "These are two stored runs. A second look at what is uncertain needs both environments again: "
            "nox -s upgrade measures them in alternation."
        )
    for name, words in (("only_base", "base"), ("only_head", "head")):
        if found.counts[name]:
            said.append(f"{formats.count(found.counts[name], 'case')} in {words} alone, not compared.")
    if found.counts["without_a_time"]:
        said.append(
            f"{formats.count(found.counts['without_a_time'], 'case')} without a time on both sides, not compared."
        )
    return [*said, *damaged(found)]


def damaged(found: Comparison) -> list[str]:
    """The lines that were set aside; of many, the first."""
    runs = {"the run": found.base.run}
    if not found.alternated:
        runs = {"base": found.base.run, "head": found.head.run}
    return [
        f"{formats.count(run.damaged_count, 'damaged line')} of {name} set aside, as {formats.short(run.damaged[0])}."
        for name, run in runs.items()
        if run.damaged
    ]


def ends(found: Comparison) -> list[str]:
    """Both ends with their versions; a backend that is the same at both is told once."""
    versions = [found.base.versions, found.head.versions]
    names = dict.fromkeys([*versions[0], *versions[1]])
    told = []
    for name in names:
        ours, theirs = (own.get(name) or "?" for own in versions)
        told.append(f"{name} {ours}" if ours == theirs else f"{name} {ours} → {theirs}")
    return [formats.short(found.base.label), formats.short(found.head.label), formats.text(", ".join(told))]
