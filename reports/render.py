"""The files of a report, made from the tidy table: all of them are written, or none is touched."""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from reports import agreement
from reports.accuracy import origin
from reports.accuracy import render as accuracy
from reports.accuracy import summary as accuracy_summary
from reports.cards import costs
from reports.cards import render as cards
from reports.cards.load import CurveCollection
from reports.data.load import Run
from reports.guide import render as guide
from reports.history import history
from reports.metrics import METRICS
from reports.page import csv_text, files
from reports.page.chapter import Chapter, page
from reports.speed import chapter as speed
from reports.speed import fitting, summary
from reports.speed import runs as run_facts

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
    shown, rows = fitting.detailed(runs, table)
    contents = {
        **table_files(runs, table),
        "summary.md": summary.as_markdown(shown, rows, len(runs) - len(shown)).encode(),
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


def table_files(runs: Sequence[Run], table: pd.DataFrame) -> dict[str, bytes]:
    """Return the files of the table by name."""
    parquet = io.BytesIO()
    table.to_parquet(parquet, index=False)
    return {
        "table.parquet": parquet.getvalue(),
        "table.csv": csv_text.as_csv(table).encode(),
        "table.json": as_json(runs, table).encode(),
    }


def as_json(runs: Sequence[Run], table: pd.DataFrame) -> str:
    """Return the table as rows, with the meaning of each figure and the machines; null where there is no number."""
    content = {
        "schema": 1,
        "runs": [
            {
                "name": run.name,
                "machine": run_facts.machine(run),
                "date": run_facts.date(run),
                "versions": run_facts.versions(run, table),
            }
            for run in runs
        ],
        "metrics": [asdict(metric) for metric in METRICS],
        "rows": table.to_dict("records"),
    }
    return files.as_json(content, indent=1) + "\n"


def chapters(runs: Sequence[Run], table: pd.DataFrame, supplement: Supplement) -> list[Chapter]:
    """Return the chapters that have content: of several runs their history, then the newest of them in detail."""
    report_chapters = [history.chapter(runs, table)] if len(runs) > 1 else []
    shown, rows = fitting.detailed(runs, table)
    report_chapters += [
        speed.chapter(shown, rows, older=len(runs) - len(shown)),
        agreement.chapter(shown, rows, drawn=supplement.atlas is not None),
    ]
    if supplement.atlas is not None:
        judged = origin.sentence(accuracy_summary.atlas_subjects(), shown)
        report_chapters.append(accuracy.with_origin(supplement.atlas, judged))
    if supplement.collection is not None:
        costs_table = costs.table(rows)
        report_chapters += [
            cards.chapter(supplement.collection, costs_table),
            guide.chapter(supplement.collection, costs_table),
        ]
    return report_chapters
