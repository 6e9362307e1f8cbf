"""The report's files, from the tidy table: all of them are written, or none is touched."""

import io
import json
import math
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import vl_convert
from markupsafe import Markup

from reports import charts, differences, formats, tables
from reports.load import Run
from reports.metrics import METRICS

TEMPLATES = Path(__file__).parent / "templates"


def write(folder: Path, runs: Sequence[Run], table: pd.DataFrame) -> Path:
    """Write report.html, report.md, table.csv and table.parquet; returns the path of the first."""
    parquet = io.BytesIO()
    table.to_parquet(parquet, index=False)
    content = contents(runs, table)
    files = {
        "table.csv": table.to_csv(index=False).encode(),
        "table.parquet": parquet.getvalue(),
        "report.md": template("report.md").render(content).encode(),
        "report.html": template("report.html").render(content).encode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    scratch = {folder / f".{name}.{os.getpid()}": folder / name for name in files}
    try:
        for path, data in zip(scratch, files.values(), strict=True):
            path.write_bytes(data)
        for path, target in scratch.items():
            path.replace(target)
    finally:
        for path in scratch:
            path.unlink(missing_ok=True)
    return folder / "report.html"


@cache
def template(name: str) -> jinja2.Template:
    """HTML escapes whatever is put into it; Markdown escapes by its filter `md`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=lambda file: bool(file) and not str(file).startswith("report.md"),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"text": formats.text, "md": formats.markdown, "digits": formats.digits}
    return environment.get_template(f"{name}.j2")


def contents(runs: Sequence[Run], table: pd.DataFrame) -> dict[str, Any]:
    """What the templates show."""
    panels = tables.panels(table)
    apart = differences.keras_apart()
    return {
        "runs": runs,
        "machines": [machine(run) for run in runs],
        "versions": [versions(run, table) for run in runs],
        "findings": list(tables.findings(table)),
        "panels": [grid(panel) for panel in panels],
        "failures": tables.failures(table).to_dict("records"),
        "recorded": [run for run in runs if run.divergences is not None],
        "departures": differences.departures(runs),
        "apart": apart,
        "verdict": differences.verdict(apart),
        "metrics": METRICS,
        "counts": counts(table),
        "charts": {name: embedded(chart.to_dict()) for name, chart in drawn(table).items()},
        "script": Markup(vega()),
        "damaged": [f"{run.name}: {line}" for run in runs for line in run.damaged],
    }


def drawn(table: pd.DataFrame) -> dict[str, Any]:
    """The charts that there is something to draw for."""
    rows = tables.activations(table)
    found = {}
    if len(rows):
        found["heat"] = charts.heat_map(table)
    if rows["x_copy"].notna().any():
        found["spread"] = charts.spread(table)
    if ((rows["mode"] == "compiled") & rows["seconds"].notna()).any():
        found["compiling"] = charts.compiling(table)
    return {name: chart.configure(**charts.CONFIG) for name, chart in found.items()}


def embedded(definition: dict[str, Any]) -> Any:
    """JSON that may stand in a script element whatever texts are in it."""
    said = json.dumps(finite(definition), allow_nan=False)
    for mark in "<>&\u2028\u2029":
        said = said.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(said)


def finite(value: Any) -> Any:
    """With null for what JSON has no number for."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@cache
def vega() -> str:
    """Vega, Vega-Lite and vega-embed as one script, from vl_convert: nothing is fetched."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def machine(run: Run) -> str:
    """The machine in a line, of what the run says about it."""
    facts = run.machine
    memory = facts.get("memory_bytes")
    cores = facts.get("cores")
    parts = [
        facts.get("cpu") or "a machine that the run does not name",
        formats.count(cores, "core") if isinstance(cores, int) else "",
        "AVX-512" if facts.get("avx512") is True else "",
        f"{memory / 2**30:.0f} GiB" if isinstance(memory, int) else "",
        " ".join(filter(None, (str(facts.get("system") or ""), str(facts.get("machine") or "")))),
        f"Python {facts['python']}" if facts.get("python") else "",
        str(facts.get("time") or ""),
    ]
    return formats.text(" · ".join(str(part) for part in parts if part))


def versions(run: Run, table: pd.DataFrame) -> str:
    """The backends of a run with their versions."""
    names = table.loc[table["run"] == run.name, "backend"].drop_duplicates()
    return formats.text(", ".join(f"{name} {run.version(name)}".strip() for name in names))


def counts(table: pd.DataFrame) -> str:
    """How many cases have a time, and how many have none."""
    found = table["status"].value_counts()
    parts = [f"{number} {str(name).replace('_', ' ')}" for name, number in found.items()]
    return formats.text(f"{formats.count(len(table), 'case')}: {', '.join(parts)}")


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
