"""The report's files, from the tidy table: all of them are written, or none is touched."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import vl_convert
from markupsafe import Markup

from reports import (
    charts,
    differences,
    files,
    findings,
    formats,
    heat,
    history,
    pictures,
    sentences,
    tables,
    templating,
    tidy,
    views,
)
from reports.accuracy import summary
from reports.load import Run
from reports.metrics import METRICS
from reports.pictures import Picture
from reports.script import embedded


def write(folder: Path, runs: Sequence[Run], table: pd.DataFrame) -> Path:
    """Write report.html, report.md and its pictures, table.csv and table.parquet; returns the path of the first."""
    parquet = io.BytesIO()
    table.to_parquet(parquet, index=False)
    past = history.of(runs, table)
    shown, rows = history.detailed(runs, table)
    more = list(pictures.pictures(rows))
    drawings = drawn(rows, more, past.get("trend"))
    content = contents(shown, rows, more, drawings, past)
    texts = {f"report-{name}.svg": for_paper(chart) for name, chart in drawings.items()} | {
        "table.csv": table.to_csv(index=False),
        "report.md": templating.get("report.md").render(content),
        "report.html": templating.get("report.html").render(content),
    }
    files.write_all(
        folder, {"table.parquet": parquet.getvalue()} | {name: text.encode() for name, text in texts.items()}
    )
    return folder / "report.html"


def contents(
    runs: Sequence[Run],
    table: pd.DataFrame,
    more: Sequence[Picture],
    drawings: Mapping[str, Any],
    past: Mapping[str, Any],
) -> dict[str, Any]:
    """What the templates show."""
    panels = tables.panels(table)
    apart, departures = differences.keras_apart(), differences.departures(runs[:1])
    floors = {run.name: tidy.noise_floor(run) for run in runs}
    return {
        "runs": runs,
        "sentences": sentences.three(table, floors, len(departures), differences.verdict(apart)),
        "dates": [date(run) for run in runs],
        "machines": [machine(run) for run in runs],
        "versions": [versions(run, table) for run in runs],
        "noises": [findings.noise(floor) for floor in floors.values()],
        "findings": list(findings.findings(table, floors)),
        "history": past,
        "compared": [views.compared(run) for run in runs if run.alternated and not past],
        "dispatch": views.dispatch(table),
        "selfcheck": views.selfcheck(runs),
        "panels": [views.grid(panel) for panel in panels],
        "failures": tables.failures(table).to_dict("records"),
        "recorded": [run for run in runs[:1] if run.divergences is not None],
        "departures": departures,
        "apart": apart,
        "verdict": differences.verdict(apart),
        "metrics": METRICS,
        "atlas": summary.lines(),
        "counts": counts(table),
        "heat": heat.words(table),
        "pictures": more,
        "charts": {name: embedded(for_browser(chart)) for name, chart in drawings.items()},
        "script": Markup(vega()),
        "damaged": past["damaged"] if past else [f"{run.name}: {line}" for run in runs for line in run.damaged],
    }


def drawn(table: pd.DataFrame, more: Sequence[Picture], trend: Picture | None = None) -> dict[str, Any]:
    """The charts that there is something to draw for; what each shows in words is its description."""
    found = {}
    if len(tables.activations(table)):
        found["heat"] = heat.heat_map(table).properties(description=heat.words(table))
    found |= {
        own.name: own.chart.properties(description=f"{own.title}: {own.alt}") for own in (*more, *filter(None, [trend]))
    }
    return {name: chart.configure(**charts.CONFIG) for name, chart in found.items()}


def for_browser(chart: Any) -> Any:
    """Vega's own definition: the page need not translate it, which Vega-Lite does with warnings on its console."""
    return vl_convert.vegalite_to_vega(files.finite(chart.to_dict()))


def for_paper(chart: Any) -> str:
    """The same definition as SVG, its switches at their first values, on white, wherever it is put."""
    definition = files.finite(chart.to_dict()) | {"width": 900, "background": "white"}
    svg: str = vl_convert.vegalite_to_svg(definition)
    return svg


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
        formats.gibibytes(memory) if isinstance(memory, int) else "",
        " ".join(filter(None, (str(facts.get("system") or ""), str(facts.get("machine") or "")))),
        f"Python {facts['python']}" if facts.get("python") else "",
    ]
    return formats.text(" · ".join(str(part) for part in parts if part))


def date(run: Run) -> str:
    """When it was measured, to the minute."""
    said = str(run.machine.get("time") or "")
    try:
        return f"{datetime.fromisoformat(said):%Y-%m-%d %H:%M %Z}".strip()
    except ValueError:
        return formats.text(said) or "no date"


def versions(run: Run, table: pd.DataFrame) -> str:
    """The backends of a run with their versions, of each side where it has two."""
    names = table.loc[table["run"] == run.name, "backend"].drop_duplicates()
    known = {side: run.versions(side) for side in run.sides}
    said = []
    for name in names:
        told = dict.fromkeys(known[side].get(name, "") for side in run.sides)
        said.append(f"{name} {' → '.join(told)}".strip())
    return formats.text(", ".join(said))


def counts(table: pd.DataFrame) -> str:
    """How many cases have a time, and how many have none; of each run, where there are several."""
    said = []
    for name, rows in table.groupby("run", sort=False):
        parts = [f"{number} {str(word).replace('_', ' ')}" for word, number in rows["status"].value_counts().items()]
        of_run = f"{name}: " if len(rows) < len(table) else ""
        said.append(f"{of_run}{formats.count(len(rows), 'case')}: {', '.join(parts)}")
    return formats.text("; ".join(said))
