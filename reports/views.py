"""What the templates and the terminal show, as rows of cells."""

from collections.abc import Sequence
from typing import Any

from reports import comparison, ends, formats, outcome, tables
from reports import verdict_tables as told
from reports.comparison import Comparison
from reports.load import Run


def grid(panel: tables.Panel) -> dict[str, Any]:
    """A panel as rows of cells for the templates, the terminal too."""
    parts = [panel.wide(name) for name in ("seconds", "x_copy", "status")]
    winners = panel.winners()
    rows = []
    for label in panel.labels:
        figures = zip(panel.columns, *(list(part.loc[label]) for part in parts), strict=True)
        cells = [cell(s, x, status) | {"best": winners.get(label) == column} for column, s, x, status in figures]
        rows.append({"label": formats.text(label), "cells": cells})
    times, ratios = panel.means("seconds"), panel.means("x_copy")
    return {
        "run": formats.text(panel.run),
        "side": panel.side,
        "direction": formats.text(panel.direction),
        "title": panel.title,
        "setting": panel.setting,
        "columns": [formats.text(column) for column in panel.columns],
        "rows": rows,
        "means": [cell(times[column], ratios[column], "") | {"best": False} for column in panel.columns],
        "common": len(panel.common()),
    }


def cell(seconds: float, ratio: float, status: object) -> dict[str, Any]:
    """What a cell says; its status is empty where no such case was run."""
    words = formats.text(status).replace("_", " ") if isinstance(status, str) else ""
    return {"ms": formats.milliseconds(seconds), "x": formats.digits(ratio), "status": words}


def compared(run: Run) -> dict[str, Any]:
    """The verdicts of a run of two sides, for the templates."""
    return verdict(comparison.compare(*ends.sides(run)))


def verdict(found: Comparison, most: int | None = None) -> dict[str, Any]:
    """A comparison for the templates; `most` bounds each list of cases, and leaves out what can be asked for."""
    base, head, sides = told.ends(found)
    changed, turned = told.lines(found, ("SLOWER", "FASTER")), told.turned(found)
    return {
        "run": found.head.run.name,
        "base": base,
        "head": head,
        "versions": sides,
        "answer": outcome.of(found).answer,
        "counts": found.counts,
        "setting": told.common(found),
        "many": bool(told.varying(found)),
        "changed": changed[:most],
        "uncertain": told.lines(found, ("UNCERTAIN",)) if most is None else [],
        "turned": turned[:most],
        "left_out": sum(max(0, len(own) - (len(own) if most is None else most)) for own in (changed, turned)),
        "backends": told.by_backend(found),
        "activations": told.by_activation(found) if most is None else [],
        "notes": told.notes(found),
    }


def selfcheck(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """What the harness measured of itself, of the first run that has it."""
    found = next((run.selfcheck for run in runs if run.selfcheck), {})
    rows = found.get("rows")
    return [
        {name: formats.text(row.get(name, "")) for name in ("what", "asked", "seen")}
        | {"holds": row.get("holds") is True}
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    ]
