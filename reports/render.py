"""The files of a report, made from the tidy table: all of them are written, or none is touched."""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from reports import agreement, formats
from reports.accuracy import origin, summary
from reports.accuracy import render as accuracy
from reports.cards import costs
from reports.cards import render as cards
from reports.cards.load import CurveCollection
from reports.comparison import views
from reports.data import cores, gpu, tables, tidy
from reports.data.load import Run
from reports.guide import render as guide
from reports.history import history, timeline
from reports.metrics import METRICS
from reports.page import csv_text, files, pictures, templating
from reports.page.chapter import Chapter, page
from reports.recorded import differences
from reports.speed import findings, heat, sentences

RUN_CHAPTERS = ("history", "speed", "agreement")
"""Chapters on the runs themselves, which make up report.md; the others have a file each."""


@dataclass(frozen=True)
class Supplement:
    """The chapters that a report shows in addition to its runs."""

    atlas: Chapter | None = None
    """The chapter on the accuracy of every result."""
    collection: CurveCollection | None = None
    """The recorded curves from which the cards and the guide are made."""


def write(folder: Path, runs: Sequence[Run], table: pd.DataFrame, supplement: Supplement) -> Path:
    """Write the page, its chapters as Markdown, a summary, the charts and the table; return the path of the page."""
    report_chapters = chapters(runs, table, supplement)
    parquet = io.BytesIO()
    table.to_parquet(parquet, index=False)
    by_name = {chapter.name: chapter for chapter in report_chapters}
    contents = {
        "table.parquet": parquet.getvalue(),
        "table.csv": csv_text.as_csv(table).encode(),
        "table.json": as_json(runs, table).encode(),
        "summary.md": templating.get("summary.md").render(by_name["speed"].content).encode(),
        **{name: drawing for chapter in report_chapters for name, drawing in chapter.drawings.items()},
        "report.md": "\n".join(
            chapter.markdown for chapter in report_chapters if chapter.name in RUN_CHAPTERS
        ).encode(),
        **{
            f"{chapter.name}.md": chapter.markdown.encode()
            for chapter in report_chapters
            if chapter.name not in RUN_CHAPTERS
        },
        "report.html": page(f"Activations, measured: {', '.join(run.name for run in runs)}", report_chapters),
    }
    files.write_all(folder, contents)
    return folder / "report.html"


def as_json(runs: Sequence[Run], table: pd.DataFrame) -> str:
    """Return the table as rows, with the meaning of each figure and the machines; null where there is no number."""
    content = {
        "schema": 1,
        "runs": [
            {"name": run.name, "machine": machine(run), "date": timeline.date(run), "versions": versions(run, table)}
            for run in runs
        ],
        "metrics": [asdict(metric) for metric in METRICS],
        "rows": table.to_dict("records"),
    }
    return files.as_json(content, indent=1) + "\n"


def chapters(runs: Sequence[Run], table: pd.DataFrame, supplement: Supplement) -> list[Chapter]:
    """Return the chapters that have content: of several runs their history, then the newest of them in detail."""
    report_chapters = [history.chapter(runs, table)] if len(runs) > 1 else []
    shown, rows = history.detailed(runs, table)
    report_chapters += [
        speed(shown, rows, older=len(runs) - len(shown)),
        agreement.chapter(shown, rows, drawn=supplement.atlas is not None),
    ]
    if supplement.atlas is not None:
        judged = origin.sentence(summary.atlas_subjects(), shown)
        report_chapters.append(accuracy.with_origin(supplement.atlas, judged))
    if supplement.collection is not None:
        costs_table = costs.table(rows)
        report_chapters += [
            cards.chapter(supplement.collection, costs_table),
            guide.chapter(supplement.collection, costs_table),
        ]
    return report_chapters


def speed(runs: Sequence[Run], table: pd.DataFrame, older: int = 0) -> Chapter:
    """Return the chapter on the speed of each activation; the number of `older` runs is left to the history."""
    floors = {run.name: tidy.noise_floor(run) for run in runs}
    fit = history.fitting(table)
    more_charts = list(pictures.pictures(fit))
    drawings = {}
    if len(tables.activations(fit)):
        drawings["heat"] = heat.heat_map(fit).properties(description=heat.words(fit))
    drawings |= {chart.name: chart.described for chart in more_charts}
    divergences, verdict = (
        differences.find_divergences(runs[:1]),
        differences.verdict(differences.keras_disagreements()),
    )
    content = {
        "runs": runs,
        "sentences": sentences.three(table, floors, len(divergences), verdict),
        "dates": [timeline.date(run) for run in runs],
        "machines": [machine(run) for run in runs],
        "gpu": gpu.notes(runs, table),
        "versions": [versions(run, table) for run in runs],
        "noises": [findings.noise(floor) for floor in floors.values()],
        "findings": list(findings.findings(table, floors)),
        "older": older,
        "left_out": len(table) - len(fit),
        "compared": [views.run_verdicts(run) for run in runs if run.alternated and len(runs) + older == 1],
        "selfcheck": views.selfcheck(runs),
        "panels": [views.grid(panel) for panel in tables.panels(fit)],
        "failures": tables.failures(table).to_dict("records"),
        "metrics": METRICS,
        "counts": counts(table),
        "heat": heat.words(fit),
        "pictures": more_charts,
        "charts": list(drawings),
        "damaged": [f"{run.name}: {line}" for run in runs for line in run.damaged],
    }
    return Chapter("speed", "Speed", content, drawings)


def machine(run: Run) -> str:
    """Return the machine in a line, as far as the run records it."""
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
    """Return the backends of a run with their versions, of each side where it has two."""
    names = table.loc[table["run"] == run.name, "backend"].drop_duplicates()
    by_side = {side: run.versions(side) for side in run.sides}
    texts = []
    for name in names:
        distinct = dict.fromkeys(by_side[side].get(name, "") for side in run.sides)
        texts.append(f"{name} {' → '.join(distinct)}".strip())
    return formats.text(", ".join(texts))


def counts(table: pd.DataFrame) -> str:
    """Return how many cases have a time, and how many have none."""
    by_status = table["status"].value_counts()
    parts = [f"{number} {str(name).replace('_', ' ')}" for name, number in by_status.items()]
    return formats.text(f"{formats.count(len(table), 'case')}: {', '.join(parts)}")
