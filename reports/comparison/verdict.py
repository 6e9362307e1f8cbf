"""The files of a comparison: verdict.json for a program, verdict.md for a pull request."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from reports import formats
from reports.comparison import outcome, verdict_tables
from reports.comparison.comparison import Comparison, JudgedCase, StatusChange
from reports.comparison.outcome import Outcome
from reports.comparison.verdict_tables import Line, Summary
from reports.formats import markdown as md
from reports.page import files, templating

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
    many = bool(verdict_tables.varying(comparison))
    rows = {
        "changed": [row(line, many) for line in verdict_tables.lines(comparison, ("SLOWER", "FASTER"))],
        "uncertain": [small_row(line, many) for line in verdict_tables.lines(comparison, ("UNCERTAIN",))],
        "same": [row(line, many) for line in verdict_tables.lines(comparison, ("SAME",))],
        "turned": [status_change_row(change) for change in comparison.status_changes],
        "backends": [summary_row(summary) for summary in verdict_tables.by_backend(comparison)],
        "activations": [summary_row(summary) for summary in verdict_tables.by_activation(comparison)],
    }
    base, head, versions = verdict_tables.side_labels(comparison)
    text: str = templating.get("verdict.md").render(
        answer=result.answer,
        base=base,
        head=head,
        versions=versions,
        notes=verdict_tables.notes(comparison) if comparison.cases else [],
        counts=comparison.counts,
        setting=verdict_tables.common(comparison),
        heading=table_row(["case", "on", *(["setting"] if many else []), "base", "head", "change", "95 % interval"]),
        rule="|" + " --- |" * (3 if many else 2) + " ---: |" * 4,
        tables={name: fitted(lines, MOST[name]) for name, lines in rows.items()},
    )
    return text


def table_row(cells: Iterable[str]) -> str:
    """Return a table row; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def cells(line: Line, many: bool) -> list[str]:
    """Return the cells of a case, with its setting where there are several."""
    setting = [line.setting] if many else []
    return [md(cell) for cell in (line.what, line.where, *setting, line.base, line.head, line.change, line.interval)]


def row(line: Line, many: bool) -> str:
    """Return the row of a case, with its change in bold if its verdict is one."""
    *start, change, interval = cells(line, many)
    mark = {"SLOWER": "🔺 ", "FASTER": "🔽 "}.get(line.word, "")
    return table_row([*start, f"{mark}**{change}**" if mark else change, interval])


def small_row(line: Line, many: bool) -> str:
    """Return the row of an uncertain case in small type, since a comment has no grey."""
    return table_row(f"<sub>{cell}</sub>" for cell in cells(line, many))


def status_change_row(change: StatusChange) -> str:
    """Return the row of a case that has no time on one side."""
    what = f"{formats.short(change.case.label)} {change.case.direction}"
    where = f"{change.case.backend} {change.case.mode}"
    statuses = [outcome.status(change.before), outcome.status(change.now)]
    return table_row(md(formats.short(cell)) for cell in (what, where, *statuses, change.reason))


def summary_row(summary: Summary) -> str:
    """Return the row of many cases."""
    counts = (summary.slower, summary.faster, summary.uncertain, summary.same)
    return table_row([md(summary.name), *(f"{count:,}" if count else "–" for count in counts), md(summary.change)])


def fitted(lines: Sequence[str], most: int) -> dict[str, Any]:
    """Return as many of the lines as fit, and how many do not."""
    fitting, length = [], 0
    for line in lines:
        length += len(line) + 1
        if length > most:
            break
        fitting.append(line)
    return {"lines": fitting, "left_out": len(lines) - len(fitting), "total": len(lines)}
