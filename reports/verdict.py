"""A comparison's files: verdict.json for a program, verdict.md for a pull request."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from reports import files, formats, outcome, templating, verdict_tables
from reports.comparison import Comparison, Judged, Turned
from reports.formats import markdown as md
from reports.outcome import Outcome
from reports.verdict_tables import Line, Summary

SCHEMA = 1
"""Version of verdict.json. 1: first."""
NAMES = ("verdict.json", "verdict.md")
MOST = {"changed": 22_000, "uncertain": 8_000, "turned": 8_000, "same": 8_000, "backends": 3_000, "activations": 4_000}
"""Characters of each table: together below 60,000, of the 65,536 that a comment on GitHub may have."""


def write(folder: Path, found: Comparison, result: Outcome) -> None:
    """Write both files, or none."""
    texts = (files.as_json(as_data(found, result), indent=1) + "\n", as_markdown(found, result))
    files.write_all(folder, {name: text.encode() for name, text in zip(NAMES, texts, strict=True)})


def as_data(found: Comparison, result: Outcome) -> dict[str, Any]:
    """All that is known, in built-in types; what is compared stands in `unit`."""
    return {
        "schema": SCHEMA,
        "status": result.status,
        "word": result.word or None,
        "reason": result.answer,
        "counts": found.counts | {"wrong": len(found.wrong), "broken": len(found.broken)},
        "margin": found.margin,
        "floor": found.floor.share,
        "floor_reason": found.floor.reason,
        "unit": "x_copy" if found.in_copies else "seconds",
        "alternated": found.alternated,
        "machines_differ": list(found.apart),
        "conditions_differ": found.conditions,
        "base": {"run": found.base.run.name, "label": found.base.label, "versions": found.base.versions},
        "head": {"run": found.head.run.name, "label": found.head.label, "versions": found.head.versions},
        "cases": [case_data(own) for own in found.judged],
        "turned": [turned_data(own) for own in found.turned],
    }


def case_data(own: Judged) -> dict[str, Any]:
    """One case with its verdict and figures."""
    names = ("id", "backend", "label", "direction", "mode", "device", "dtype", "size", "threads", "cache")
    figures = {"ratio": own.verdict.ratio, "low": own.verdict.low, "high": own.verdict.high, "p": own.verdict.p}
    medians = {"base": own.base, "head": own.head}
    return {**{name: own.case[name] for name in names}, "word": own.verdict.word, **figures, **medians}


def turned_data(own: Turned) -> dict[str, Any]:
    """One case whose status is news."""
    return {"id": own.case["id"], "base": own.before or None, "head": own.now or None, "reason": own.reason}


def as_markdown(found: Comparison, result: Outcome) -> str:
    """A comment: the answer, what changed, and the rest folded."""
    many = bool(verdict_tables.varying(found))
    rows = {
        "changed": [row(own, many) for own in verdict_tables.lines(found, ("SLOWER", "FASTER"))],
        "uncertain": [greyed(own, many) for own in verdict_tables.lines(found, ("UNCERTAIN",))],
        "same": [row(own, many) for own in verdict_tables.lines(found, ("SAME",))],
        "turned": [turned_row(own) for own in found.turned],
        "backends": [summary_row(own) for own in verdict_tables.by_backend(found)],
        "activations": [summary_row(own) for own in verdict_tables.by_activation(found)],
    }
    base, head, versions = verdict_tables.ends(found)
    text: str = templating.get("verdict.md").render(
        answer=result.answer,
        base=base,
        head=head,
        versions=versions,
        notes=verdict_tables.notes(found) if found.judged else [],
        counts=found.counts,
        setting=verdict_tables.common(found),
        heading=table_row(["case", "on", *(["setting"] if many else []), "base", "head", "change", "95 % interval"]),
        rule="|" + " --- |" * (3 if many else 2) + " ---: |" * 4,
        tables={name: fitted(lines, MOST[name]) for name, lines in rows.items()},
    )
    return text


def table_row(cells: Iterable[str]) -> str:
    """A line of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def cells(own: Line, many: bool) -> list[str]:
    """A case, with its setting where there are several."""
    setting = [own.setting] if many else []
    return [md(cell) for cell in (own.what, own.where, *setting, own.base, own.head, own.change, own.interval)]


def row(own: Line, many: bool) -> str:
    """A case; the change in bold where it is one."""
    *start, change, interval = cells(own, many)
    mark = {"SLOWER": "🔺 ", "FASTER": "🔽 "}.get(own.word, "")
    return table_row([*start, f"{mark}**{change}**" if mark else change, interval])


def greyed(own: Line, many: bool) -> str:
    """A case that is uncertain: small, since a comment knows no grey."""
    return table_row(f"<sub>{cell}</sub>" for cell in cells(own, many))


def turned_row(own: Turned) -> str:
    """A case that has no time at one end."""
    what = f"{formats.short(own.case['label'])} {own.case['direction']}"
    where = f"{own.case['backend']} {own.case['mode']}"
    statuses = [outcome.status(own.before), outcome.status(own.now)]
    return table_row(md(formats.short(cell)) for cell in (what, where, *statuses, own.reason))


def summary_row(own: Summary) -> str:
    """Many cases."""
    counts = (own.slower, own.faster, own.uncertain, own.same)
    return table_row([md(own.name), *(f"{count:,}" if count else "–" for count in counts), md(own.change)])


def fitted(lines: Sequence[str], most: int) -> dict[str, Any]:
    """As many of the lines as fit, and how many do not."""
    kept, used = [], 0
    for own in lines:
        used += len(own) + 1
        if used > most:
            break
        kept.append(own)
    return {"lines": kept, "left_out": len(lines) - len(kept), "total": len(lines)}
