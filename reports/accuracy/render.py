"""The accuracy chapter of the report, or as files of its own: accuracy.html, accuracy.md, accuracy.csv."""

import dataclasses
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from bench.accuracy.record import CATEGORIES
from bench.accuracy.shards import LAYOUTS
from reports import formats
from reports.accuracy import (
    agreement,
    atlas,
    bits,
    classes,
    conventions,
    failures,
    findings,
    load,
    rankings,
    strips,
    subjects,
    subnormals,
    summary,
    views,
)
from reports.accuracy.atlas import Setting
from reports.page import csv_text
from reports.page.chapter import Chapter
from reports.page.script import embedded
from reports.recorded import bugs

CSV = [*atlas.SUBJECT, "inputs", "binades", *(metric.column for metric in subjects.METRICS), *CATEGORIES]
MARKDOWN_ROWS = 40
"""The number of failures listed in accuracy.md; the page has them all."""


def write(folder: Path, rows: pd.DataFrame, notes: Sequence[str] = ()) -> Path:
    """Write the files for the records that `atlas.tidy` gives and return the path of the page."""
    table = csv_text.as_csv(subjects.subjects(rows)[CSV])
    return chapter(rows, notes).write(folder, {"accuracy.csv": table.encode()})


def chapter(rows: pd.DataFrame, notes: Sequence[str] = ()) -> Chapter:
    """Return the chapter for the records that `atlas.tidy` gives."""
    return Chapter("accuracy", "Every input", contents(rows, notes))


@cache
def committed() -> Chapter | None:
    """Return the chapter for the atlas in the repository; None where there is none."""
    records = summary.records(load.ATLAS)
    return None if records is None else chapter(records.rows, records.notes)


def contents(rows: pd.DataFrame, notes: Sequence[str]) -> dict[str, Any]:
    """Return the variables of the templates."""
    table = subjects.subjects(rows)
    settings = list(atlas.settings(rows))
    layouts = {name: {**layout._asdict(), "scale": bits.scale(name)} for name, layout in LAYOUTS.items()}
    return {
        "versions": atlas.versions(rows),
        "coverage": atlas.coverage(rows),
        "strides": views.strides(rows),
        "judged": "",  # filled in by the report of a run on another processor
        "notes": notes,
        "findings": findings.findings(settings, table),
        "panels": [panel(setting, of(table, setting)) for setting in settings],
        "modes": agreement_rows(agreement.modes(settings)),
        "directions": max(len(setting.directions) for setting in settings),
        "per_binade": f"{LAYOUTS['float32'].per_binade:,}",
        "legend": [*classes.CLASSES, classes.MISSING],
        "colours": classes.CLASSES,
        "buckets": views.BUCKET_NAMES,
        "weightings": list(rankings.WEIGHTINGS.values()),
        "kinds": [*CATEGORIES, "> 256 ulp"],
        "free": list(views.FREE.values()),
        "bugs": bugs.report_rows(table),
        "metrics": subjects.METRICS,
        "words": embedded({entry.letter: entry.words for entry in (*classes.CLASSES, classes.MISSING)}),
        "layouts": embedded(layouts),
        "most": MARKDOWN_ROWS,
    }


def of(table: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """Return the subjects of a setting."""
    return table[(table["dtype"] == setting.dtype) & (table["mode"] == setting.mode)]


def panel(setting: Setting, table: pd.DataFrame) -> dict[str, Any]:
    """Return the strips and tables of one setting."""
    free, faults = views.free(setting, table)
    listed = failures.failures(table)
    return {
        "name": setting.name,
        "dtype": setting.dtype,
        "columns": setting.columns,
        "directions": setting.directions,
        "ticks": strips.ticks(setting.dtype),
        "rows": strips.rows(setting),
        "sampled": views.strides(setting.rows),
        "worst": views.worst(table),
        "rankings": views.ranked(setting),
        "failures": [failure(entry) for entry in listed],
        "tally": failures.tally(listed, setting.columns),
        "free": free,
        "faults": faults,
        "pairs": agreement_rows(agreement.pairs(setting)),
        "policies": [policy(entry) for entry in subnormals.policies(setting)],
        "points": conventions.count(setting.rows),
        "conventions": conventions.rows(setting),
    }


def failure(entry: failures.Failure) -> dict[str, Any]:
    """Return one failure with its figures in words."""
    decimal = "" if math.isnan(entry.x) and not entry.hexadecimal else formats.number(entry.x)
    share = formats.probability(entry.share)
    return dataclasses.asdict(entry) | {"who": entry.column, "said": share, "decimal": decimal}


def policy(entry: subnormals.Policy) -> dict[str, Any]:
    """Return one policy with its figures in words."""
    steps = {f"{name}_said": formats.ulp(getattr(entry, name)) for name in ("strict", "contracted")}
    return dataclasses.asdict(entry) | {"who": entry.column} | steps


def agreement_rows(agreements: list[agreement.Agreement]) -> list[dict[str, Any]]:
    """Return agreements with their share in words."""
    return [
        dataclasses.asdict(entry) | {"who": entry.column, "said": formats.probability(entry.share)}
        for entry in agreements
    ]
