"""Rows of cells, for the templates and the terminal."""

from collections.abc import Sequence
from typing import Any

from reports import formats
from reports.comparison import outcome, sides, verdict_tables
from reports.comparison.comparison import Comparison, compare
from reports.data import tables
from reports.data.load import Run


def grid(panel: tables.Panel) -> dict[str, Any]:
    """Return a panel as rows of cells, for the templates and the terminal."""
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
    """Return the contents of a cell; its status is empty where no such case was run."""
    words = formats.text(status).replace("_", " ") if isinstance(status, str) else ""
    return {"ms": formats.milliseconds(seconds), "x": formats.digits(ratio), "status": words}


def run_verdicts(run: Run) -> dict[str, Any]:
    """Return the verdicts of a run of two sides, for the templates."""
    return verdict(compare(*sides.of_run(run)))


def verdict(comparison: Comparison, most: int | None = None) -> dict[str, Any]:
    """Return a comparison for the templates; `most` bounds each list of cases and leaves out the folded tables."""
    base, head, versions = verdict_tables.side_labels(comparison)
    changed, turned = (
        verdict_tables.lines(comparison, ("SLOWER", "FASTER")),
        verdict_tables.status_change_lines(comparison),
    )
    return {
        "run": comparison.head.run.name,
        "base": base,
        "head": head,
        "versions": versions,
        "answer": outcome.decide(comparison).answer,
        "counts": comparison.counts,
        "setting": verdict_tables.common(comparison),
        "many": bool(verdict_tables.varying(comparison)),
        "changed": changed[:most],
        "uncertain": verdict_tables.lines(comparison, ("UNCERTAIN",)) if most is None else [],
        "turned": turned[:most],
        "left_out": sum(max(0, len(lines) - (len(lines) if most is None else most)) for lines in (changed, turned)),
        "backends": verdict_tables.by_backend(comparison),
        "activations": verdict_tables.by_activation(comparison) if most is None else [],
        "notes": verdict_tables.notes(comparison),
    }


def selfcheck(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Return the checks of the harness on itself, of the first run that has them."""
    checks = next((run.selfcheck for run in runs if run.selfcheck), ())
    return [
        {"what": formats.text(check.what), "asked": formats.text(check.limit), "seen": formats.text(check.seen)}
        | {"holds": check.holds}
        for check in checks
    ]
