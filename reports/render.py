"""The report's files, from the tidy table: all of them are written, or none is touched."""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd

from reports import (
    cores,
    cotangents,
    csv_text,
    differences,
    files,
    findings,
    formats,
    gpu,
    heat,
    history,
    long_rows,
    pareto,
    pictures,
    sentences,
    tables,
    templating,
    tidy,
    timeline,
    views,
)
from reports.accuracy import origin, summary, worst
from reports.cards import costs
from reports.cards import render as cards
from reports.cards.load import Gallery
from reports.chapter import Chapter, page
from reports.guide import render as guide
from reports.load import Run
from reports.metrics import METRICS

OWN = ("history", "speed", "agreement")
"""Chapters of the runs themselves, which make report.md; the others have a file each."""


@dataclass(frozen=True)
class Beside:
    """What a report shows beside its runs."""

    atlas: Chapter | None = None
    """How exact every result is."""
    gallery: Gallery | None = None
    """What the cards and the guide are made of."""


def write(folder: Path, runs: Sequence[Run], table: pd.DataFrame, beside: Beside) -> Path:
    """Write the page, its chapters as Markdown, a summary, the charts and the table; returns the path of the page."""
    found = chapters(runs, table, beside)
    parquet = io.BytesIO()
    table.to_parquet(parquet, index=False)
    own = {chapter.name: chapter for chapter in found}
    written = {
        "table.parquet": parquet.getvalue(),
        "table.csv": csv_text.as_csv(table).encode(),
        "table.json": as_json(runs, table).encode(),
        "summary.md": templating.get("summary.md").render(own["speed"].content).encode(),
        **{name: drawing for chapter in found for name, drawing in chapter.drawings.items()},
        "report.md": "\n".join(chapter.markdown for chapter in found if chapter.name in OWN).encode(),
        **{f"{chapter.name}.md": chapter.markdown.encode() for chapter in found if chapter.name not in OWN},
        "report.html": page(f"Activations, measured: {', '.join(run.name for run in runs)}", found),
    }
    files.write_all(folder, written)
    return folder / "report.html"


def as_json(runs: Sequence[Run], table: pd.DataFrame) -> str:
    """The table as rows, with what each figure means and where it was measured; null where there is no number."""
    told = {
        "schema": 1,
        "runs": [
            {"name": run.name, "machine": machine(run), "date": timeline.date(run), "versions": versions(run, table)}
            for run in runs
        ],
        "metrics": [asdict(metric) for metric in METRICS],
        "rows": table.to_dict("records"),
    }
    return files.as_json(told, indent=1) + "\n"


def chapters(runs: Sequence[Run], table: pd.DataFrame, beside: Beside) -> list[Chapter]:
    """Those that there is something for: of several runs their history, then the newest of them in detail."""
    found = [history.chapter(runs, table)] if len(runs) > 1 else []
    shown, rows = history.detailed(runs, table)
    found += [speed(shown, rows, older=len(runs) - len(shown)), agreement(shown, rows, drawn=beside.atlas is not None)]
    if beside.atlas is not None:
        judged = origin.sentence(summary.found(), shown)
        found.append(replace(beside.atlas, content={**beside.atlas.content, "judged": judged}))
    if beside.gallery is not None:
        costs_table = costs.table(rows)
        found += [cards.chapter(beside.gallery, costs_table), guide.chapter(beside.gallery, costs_table)]
    return found


def speed(runs: Sequence[Run], table: pd.DataFrame, older: int = 0) -> Chapter:
    """How fast each activation is; so many `older` runs are left to the history."""
    floors = {run.name: tidy.noise_floor(run) for run in runs}
    fit = history.fitting(table)
    more = list(pictures.pictures(fit))
    drawn = {}
    if len(tables.activations(fit)):
        drawn["heat"] = heat.heat_map(fit).properties(description=heat.words(fit))
    drawn |= {own.name: own.described for own in more}
    departures, verdict = differences.departures(runs[:1]), differences.verdict(differences.keras_apart())
    content = {
        "runs": runs,
        "sentences": sentences.three(table, floors, len(departures), verdict),
        "dates": [timeline.date(run) for run in runs],
        "machines": [machine(run) for run in runs],
        "gpu": gpu.notes(runs, table),
        "versions": [versions(run, table) for run in runs],
        "noises": [findings.noise(floor) for floor in floors.values()],
        "findings": list(findings.findings(table, floors)),
        "older": older,
        "left_out": len(table) - len(fit),
        "compared": [views.compared(run) for run in runs if run.alternated and len(runs) + older == 1],
        "selfcheck": views.selfcheck(runs),
        "panels": [views.grid(panel) for panel in tables.panels(fit)],
        "failures": tables.failures(table).to_dict("records"),
        "metrics": METRICS,
        "counts": counts(table),
        "heat": heat.words(fit),
        "pictures": more,
        "charts": list(drawn),
        "damaged": [f"{run.name}: {line}" for run in runs for line in run.damaged],
    }
    return Chapter("speed", "Speed", content, drawn)


def agreement(runs: Sequence[Run], table: pd.DataFrame, *, drawn: bool) -> Chapter:
    """Whether the backends compute the same; whether the page has the atlas `drawn`, too."""
    apart, found, long = differences.keras_apart(), summary.found(), long_rows.recorded()
    gradients = cotangents.recorded()
    judged = origin.sentence(found, runs)
    more = [own for own in (pareto.picture(table, found, judged), worst.picture(found, judged)) if own]
    content = {
        "pictures": more,
        "runs": runs,
        "gpu": gpu.notes(runs, table)[:1],
        "recorded": [run for run in runs[:1] if run.divergences is not None],
        "departures": differences.departures(runs[:1]),
        "apart": apart,
        "verdict": differences.verdict(apart),
        "cotangents": cotangents.columns(gradients),
        "conventions": cotangents.conventions(gradients),
        "long_rows": [row for row in long if row.differs],
        "long_rows_worst": long_rows.sentence(long),
        "atlas": summary.lines(),
        "judged": judged,
        "drawn": drawn,
    }
    return Chapter("agreement", "Agreement", content, {own.name: own.described for own in more})


def machine(run: Run) -> str:
    """The machine in a line, of what the run says about it."""
    facts = run.machine
    parts = [
        timeline.hardware(run),
        cores.described(facts),
        "AVX-512" if facts.get("avx512") is True else "",
        " ".join(filter(None, (str(facts.get("system") or ""), str(facts.get("machine") or "")))),
        f"Python {facts['python']}" if facts.get("python") else "",
    ]
    return formats.text(" · ".join(filter(None, parts)))


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
    """How many cases have a time, and how many have none."""
    found = table["status"].value_counts()
    parts = [f"{number} {str(name).replace('_', ' ')}" for name, number in found.items()]
    return formats.text(f"{formats.count(len(table), 'case')}: {', '.join(parts)}")
