"""The files of a comparison: verdict.json for a program, verdict.md for a pull request."""

import itertools
from pathlib import Path
from typing import Any

from reports.comparison import verdict_section
from reports.comparison.comparison import Comparison, JudgedCase, StatusChange
from reports.comparison.outcome import Outcome
from reports.page import files, markdown
from reports.page.section import Section, Table

SCHEMA = 1
"""The version of verdict.json; 1 is the first."""
NAMES = ("verdict.json", "verdict.md")
MOST = {"changed": 22_000, "uncertain": 8_000, "turned": 8_000, "same": 8_000, "backends": 3_000, "activations": 4_000}
"""The most characters of each table: together below 60,000, of the 65,536 that a comment on GitHub may have."""


def write(folder: Path, comparison: Comparison, result: Outcome) -> None:
    """Write both files, or neither."""
    texts = (files.as_json(as_data(comparison, result), indent=1) + "\n", as_markdown(comparison, result))
    files.write_all(folder, {name: text.encode() for name, text in zip(NAMES, texts, strict=True)})


def as_data(comparison: Comparison, result: Outcome) -> dict[str, Any]:
    """Return the whole comparison in built-in types; `unit` is the unit of the compared figures."""
    return {
        "schema": SCHEMA,
        "status": result.status,
        "word": result.word or None,
        "reason": result.answer,
        "counts": comparison.counts | {"wrong": len(comparison.wrong), "broken": len(comparison.broken)},
        "margin": comparison.margin,
        "floor": comparison.floor.share,
        "floor_reason": comparison.floor.reason,
        "unit": "x_copy" if comparison.in_copies else "seconds",
        "alternated": comparison.alternated,
        "machines_differ": list(comparison.machine_differences),
        "conditions_differ": comparison.conditions,
        "base": {"run": comparison.base.run.name, "label": comparison.base.label, "versions": comparison.base.versions},
        "head": {"run": comparison.head.run.name, "label": comparison.head.label, "versions": comparison.head.versions},
        "cases": [case_data(case) for case in comparison.cases],
        "turned": [status_change_data(change) for change in comparison.status_changes],
    }


def case_data(judged: JudgedCase) -> dict[str, Any]:
    """Return one case with its verdict and figures."""
    names = ("id", "backend", "label", "direction", "mode", "device", "dtype", "size", "threads", "cache")
    figures = {
        "ratio": judged.verdict.ratio,
        "low": judged.verdict.low,
        "high": judged.verdict.high,
        "p": judged.verdict.p,
    }
    medians = {"base": judged.base, "head": judged.head}
    return {**{name: getattr(judged.case, name) for name in names}, "word": judged.verdict.word, **figures, **medians}


def status_change_data(change: StatusChange) -> dict[str, Any]:
    """Return one case whose status changed."""
    return {"id": change.case.id, "base": change.before or None, "head": change.now or None, "reason": change.reason}


def as_markdown(comparison: Comparison, result: Outcome) -> str:
    """Return a comment as Markdown: the answer, the changes, and the rest folded."""
    blocks = verdict_section.blocks(comparison, result, comment_room)
    return markdown.render([Section("Did it get slower?", blocks)], level=3)


def comment_room(name: str, table: Table) -> int:
    """Return the number of rows of a table for which a comment has room."""
    lengths = (len(line) + 1 for line in markdown.table(table).splitlines()[2:])
    return sum(length <= MOST[name] for length in itertools.accumulate(lengths))
