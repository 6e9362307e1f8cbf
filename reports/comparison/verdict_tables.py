"""The tables of a comparison: cases by their verdict, cases without a time, and counts of many cases."""

import math
from collections.abc import Callable, Iterable

import pandas as pd

from bench.core.record import CaseRecord
from reports import formats
from reports.comparison import outcome
from reports.comparison.comparison import WORDS, Comparison, JudgedCase, StatusChange
from reports.data.statistic import geometric_mean
from reports.page.section import Column, Table

CHANGE_COLUMNS = (
    Column("ratio", "change", formats.change, is_number=True, mark="mark"),
    Column("interval", "95 % interval", is_number=True),
)
STATUS_COLUMNS = (
    Column("what", "case"),
    Column("where", "on"),
    Column("setting", "setting"),
    Column("base", "base"),
    Column("head", "head", mark="mark"),
    Column("reason", "why"),
)
SUMMARY_COLUMNS = (
    Column("name", ""),
    *(Column(word, word.lower(), formats.nonzero, is_number=True) for word in WORDS),
    Column("ratio", "geometric mean", formats.change, is_number=True),
)


def judged_cases(comparison: Comparison, words: Iterable[str]) -> Table:
    """Return the cases of these verdicts, in the order of the words, the largest change first."""
    names = varying(comparison)
    cases = [judged for word in words for judged in comparison.with_word(word)]
    columns = [Column("what", "case"), Column("where", "on"), *([Column("setting", "setting")] if names else [])]
    columns += [Column(side, side, figure_format(comparison), is_number=True) for side in ("base", "head")]
    rows = [{**case_names(case.case, names), **figures(case)} for case in cases]
    return Table(pd.DataFrame(rows), [*columns, *CHANGE_COLUMNS], style="numbers")


def figure_format(comparison: Comparison) -> Callable[[float], str]:
    """Return the format of a figure in the unit of the comparison."""
    return formats.times if comparison.in_copies else formats.duration


def case_names(case: CaseRecord, names: Iterable[str]) -> dict[str, str]:
    """Return the activation and direction, the backend and mode, and these properties of the setting of a case."""
    return {
        "what": formats.short(f"{case.label} {case.direction}"),
        "where": formats.short(f"{case.backend} {case.mode}"),
        "setting": outcome.setting(case, list(names)),
    }


def figures(judged: JudgedCase) -> dict[str, object]:
    """Return the figures of a case, its verdict as a mark included."""
    low, high = judged.verdict.low, judged.verdict.high
    interval = "" if math.isnan(low) else f"{formats.change(low)} to {formats.change(high)}"
    mark = "" if judged.verdict.word == "SAME" else judged.verdict.word.lower()
    ratio = judged.verdict.ratio
    return {"base": judged.base, "head": judged.head, "ratio": ratio, "interval": interval, "mark": mark}


def status_changes(comparison: Comparison) -> Table:
    """Return the cases without a time on one side or with a wrong output; new faults first."""
    changes = sorted(comparison.status_changes, key=lambda change: not is_fault(change))
    rows = [
        {
            **case_names(change.case, outcome.SETTING),
            "base": outcome.status(change.before),
            "head": outcome.status(change.now),
            "reason": formats.short(change.reason),
            "mark": "fault" if is_fault(change) else "",
        }
        for change in changes
    ]
    return Table(pd.DataFrame(rows), STATUS_COLUMNS, style="words")


def is_fault(change: StatusChange) -> bool:
    """Return whether the change of status is a failure or a wrong output."""
    return change.is_wrong or change.is_broken


def by_backend(comparison: Comparison) -> Table:
    """Return a row per backend, mode and direction, and size if there are several."""
    several = len({judged.case.size for judged in comparison.cases}) > 1

    def name(judged: JudgedCase) -> str:
        case = judged.case
        size = f" {formats.size(case.size)}" if several else ""
        return f"{case.backend} {case.mode} {case.direction}{size}"

    return summary(comparison, name)


def by_activation(comparison: Comparison) -> Table:
    """Return a row per activation."""
    return summary(comparison, lambda judged: str(judged.case.label))


def summary(comparison: Comparison, name: Callable[[JudgedCase], str]) -> Table:
    """Return a row per name, by name: the number of each verdict, and the change in the geometric mean."""
    groups: dict[str, list[JudgedCase]] = {}
    for judged in comparison.cases:
        groups.setdefault(name(judged), []).append(judged)
    rows = [
        {"name": formats.short(key), **verdict_counts(cases), "ratio": mean_ratio(cases)}
        for key, cases in sorted(groups.items())
    ]
    return Table(pd.DataFrame(rows), SUMMARY_COLUMNS, style="numbers")


def verdict_counts(cases: Iterable[JudgedCase]) -> dict[str, int]:
    """Return the number of cases of each verdict."""
    words = [judged.verdict.word for judged in cases]
    return {word: words.count(word) for word in WORDS}  # type: ignore[arg-type]  # names of words


def mean_ratio(cases: Iterable[JudgedCase]) -> float:
    """Return the geometric mean of the changes."""
    return geometric_mean([judged.verdict.ratio for judged in cases if judged.verdict.ratio > 0])


def varying(comparison: Comparison) -> list[str]:
    """Return the properties of the setting that differ between the cases, which each row must show."""
    return [name for name in outcome.SETTING if len({getattr(judged.case, name) for judged in comparison.cases}) > 1]
