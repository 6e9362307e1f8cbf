"""The rows of the tables of a comparison as texts, for Markdown, the page and the terminal alike."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reports import formats
from reports.comparison import outcome
from reports.comparison.comparison import WORDS, Comparison, JudgedCase
from reports.data.statistic import geometric_mean


@dataclass(frozen=True)
class Line:
    """The row of one case."""

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
    """The row of many cases: the number of each verdict, and the mean change."""

    name: str
    cases: int
    slower: int
    faster: int
    uncertain: int
    same: int
    change: str
    """The change of the geometric mean."""


def lines(comparison: Comparison, words: Iterable[str]) -> list[Line]:
    """Return the cases of these verdicts, in the order of the words, the largest change first."""
    names = varying(comparison)
    return [line(judged, comparison.in_copies, names) for word in words for judged in comparison.with_word(word)]


def line(judged: JudgedCase, in_copies: bool, names: Iterable[str]) -> Line:
    """Return the row of one case."""
    verdict, case = judged.verdict, judged.case
    interval = "–" if math.isnan(verdict.low) else f"{formats.change(verdict.low)} to {formats.change(verdict.high)}"
    return Line(
        verdict.word,
        formats.short(f"{case.label} {case.direction}"),
        formats.short(f"{case.backend} {case.mode}"),
        outcome.figure(judged.base, in_copies),
        outcome.figure(judged.head, in_copies),
        formats.change(verdict.ratio),
        interval,
        outcome.setting(case, list(names)),
    )


def by_backend(comparison: Comparison) -> list[Summary]:
    """Return a row per backend, mode and direction, and size if there are several."""
    several = len({judged.case.size for judged in comparison.cases}) > 1

    def name(judged: JudgedCase) -> str:
        case = judged.case
        size = f" {formats.size(case.size)}" if several else ""
        return f"{case.backend} {case.mode} {case.direction}{size}"

    return sorted(summaries(comparison, name), key=lambda summary: summary.name)


def by_activation(comparison: Comparison) -> list[Summary]:
    """Return a row per activation, by name."""
    return sorted(summaries(comparison, lambda judged: judged.case.label), key=lambda summary: summary.name)


def summaries(comparison: Comparison, name: Callable[[JudgedCase], str]) -> list[Summary]:
    """Return a row per name, in order of first appearance."""
    groups: dict[str, list[JudgedCase]] = {}
    for judged in comparison.cases:
        groups.setdefault(name(judged), []).append(judged)
    return [summary(key, cases) for key, cases in groups.items()]


def summary(name: str, cases: list[JudgedCase]) -> Summary:
    """Return the row of these cases."""
    words = [judged.verdict.word for judged in cases]
    ratios = [judged.verdict.ratio for judged in cases if judged.verdict.ratio > 0]
    slower, faster, uncertain, same = (words.count(word) for word in WORDS)  # type: ignore[arg-type]  # names of words
    mean = geometric_mean(ratios)
    return Summary(formats.short(name), len(cases), slower, faster, uncertain, same, formats.change(mean))


def status_change_lines(comparison: Comparison) -> list[str]:
    """Return a line per case without a time on one side or with a wrong output; new faults first."""
    changes = sorted(comparison.status_changes, key=lambda change: not (change.is_wrong or change.is_broken))
    return [
        formats.text(
            f"{outcome.case(change.case)} ({outcome.setting(change.case)}): {outcome.status(change.before)} in base, "
            f"{outcome.status(change.now)} in head" + (f": {formats.short(change.reason)}" if change.reason else "")
        )
        for change in changes
    ]


def varying(comparison: Comparison) -> list[str]:
    """Return the properties of the setting that differ between the cases, which each row must show."""
    return [name for name in outcome.SETTING if len({getattr(judged.case, name) for judged in comparison.cases}) > 1]


def common(comparison: Comparison) -> str:
    """Return the properties of the setting that the cases share, in words."""
    names = [name for name in outcome.SETTING if name not in varying(comparison)]
    return outcome.setting(comparison.cases[0].case, names) if comparison.cases else ""


def has_rechecks(comparison: Comparison) -> bool:
    """Return whether some of the cases were rechecked in additional replicates."""
    planned = comparison.head.run.profile.passes
    return comparison.alternated and any(
        number >= planned for series in comparison.head.series.values() for number in series.figures
    )


def notes(comparison: Comparison) -> list[str]:
    """Return the conditions of the comparison, in sentences."""
    floor = f"Differences below {formats.percent(comparison.floor.share)} count as none: {comparison.floor.reason}."
    sentences = [f"Made to find a change of {formats.percent(comparison.margin)} in a single case. {floor}"]
    if comparison.floor.share > comparison.margin:
        sentences[0] += " That is more than the change looked for: these runs are too noisy to find it."
    if comparison.machine_differences:
        sentences.append(
            f"The machines differ ({outcome.listed(comparison.machine_differences)}), so every figure is a multiple of "
            "a plain copy on its own machine. That is fair to what memory limits, and less so to the rest."
        )
    sentences += [f"Not the same: {line}." for line in comparison.conditions]
    if comparison.alternated:
        again = (
            "; what looked changed was measured again, and is judged by those passes"
            if has_rechecks(comparison)
            else ""
        )
        sentences.append(f"Both were measured in alternation, block by block{again}.")
    elif comparison.counts["UNCERTAIN"]:
        sentences.append(
            "These are two stored runs. A second look at what is uncertain needs both environments again: "
            "nox -s upgrade measures them in alternation."
        )
    for name, words in (("only_base", "base"), ("only_head", "head")):
        if comparison.counts[name]:
            sentences.append(f"{formats.count(comparison.counts[name], 'case')} in {words} alone, not compared.")
    if comparison.counts["without_a_time"]:
        sentences.append(
            f"{formats.count(comparison.counts['without_a_time'], 'case')} without a time on both sides, not compared."
        )
    return [*sentences, *damaged(comparison)]


def damaged(comparison: Comparison) -> list[str]:
    """Return a note on the damaged lines that were set aside; of many lines, the first is quoted."""
    runs = {"the run": comparison.base.run}
    if not comparison.alternated:
        runs = {"base": comparison.base.run, "head": comparison.head.run}
    return [
        f"{formats.count(run.damaged_count, 'damaged line')} of {name} set aside, as {formats.short(run.damaged[0])}."
        for name, run in runs.items()
        if run.damaged
    ]


def side_labels(comparison: Comparison) -> list[str]:
    """Return the labels of both sides and their versions; a version that is the same on both appears once."""
    versions = [comparison.base.versions, comparison.head.versions]
    names = dict.fromkeys([*versions[0], *versions[1]])
    texts = []
    for name in names:
        base, head = (side_versions.get(name) or "?" for side_versions in versions)
        texts.append(f"{name} {base}" if base == head else f"{name} {base} → {head}")
    return [formats.short(comparison.base.label), formats.short(comparison.head.label), formats.text(", ".join(texts))]
