"""The atlas as a chapter, or as files of its own: accuracy.html, accuracy.md, accuracy.csv."""

import dataclasses
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from bench.accuracy.record import CATEGORIES
from bench.accuracy.shards import LAYOUTS
from reports import bugs, csv_text, formats
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
from reports.chapter import Chapter
from reports.script import embedded

CSV = [*atlas.SUBJECT, "inputs", "binades", *(metric.column for metric in subjects.METRICS), *CATEGORIES]
MARKDOWN_ROWS = 40
"""Failures listed in accuracy.md; the page has them all."""


def write(folder: Path, rows: pd.DataFrame, notes: Sequence[str] = ()) -> Path:
    """Write the files of the records that `atlas.tidy` gives; returns the path of the page."""
    table = csv_text.as_csv(subjects.subjects(rows)[CSV])
    return chapter(rows, notes).write(folder, {"accuracy.csv": table.encode()})


def chapter(rows: pd.DataFrame, notes: Sequence[str] = ()) -> Chapter:
    """Of the records that `atlas.tidy` gives."""
    return Chapter("accuracy", "Every input", contents(rows, notes))


@cache
def committed() -> Chapter | None:
    """Of the atlas in the repository; None where there is none."""
    found = summary.records(load.ATLAS)
    return None if found is None else chapter(found.rows, found.notes)


def contents(rows: pd.DataFrame, notes: Sequence[str]) -> dict[str, Any]:
    """What the templates show."""
    found = subjects.subjects(rows)
    settings = list(atlas.settings(rows))
    layouts = {name: {**layout._asdict(), "scale": bits.scale(name)} for name, layout in LAYOUTS.items()}
    return {
        "versions": atlas.versions(rows),
        "coverage": atlas.coverage(rows),
        "strides": views.strides(rows),
        "judged": "",  # said by the report of a run on another processor
        "notes": notes,
        "findings": findings.findings(settings, found),
        "panels": [panel(setting, of(found, setting)) for setting in settings],
        "modes": said(agreement.modes(settings)),
        "directions": max(len(setting.directions) for setting in settings),
        "per_binade": f"{LAYOUTS['float32'].per_binade:,}",
        "legend": [*classes.CLASSES, classes.MISSING],
        "colours": classes.CLASSES,
        "buckets": views.BUCKET_NAMES,
        "weightings": list(rankings.WEIGHTINGS.values()),
        "kinds": [*CATEGORIES, "> 256 ulp"],
        "free": list(views.FREE.values()),
        "bugs": bugs.told(found),
        "metrics": subjects.METRICS,
        "words": embedded({own.letter: own.words for own in (*classes.CLASSES, classes.MISSING)}),
        "layouts": embedded(layouts),
        "most": MARKDOWN_ROWS,
    }


def of(found: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """The subjects of a setting."""
    return found[(found["dtype"] == setting.dtype) & (found["mode"] == setting.mode)]


def panel(setting: Setting, found: pd.DataFrame) -> dict[str, Any]:
    """One setting: strips and tables."""
    free, faults = views.free(setting, found)
    listed = failures.failures(found)
    return {
        "name": setting.name,
        "dtype": setting.dtype,
        "columns": setting.columns,
        "directions": setting.directions,
        "ticks": strips.ticks(setting.dtype),
        "rows": strips.rows(setting),
        "sampled": views.strides(setting.rows),
        "worst": views.worst(found),
        "rankings": views.ranked(setting),
        "failures": [failure(own) for own in listed],
        "tally": failures.tally(listed, setting.columns),
        "free": free,
        "faults": faults,
        "pairs": said(agreement.pairs(setting)),
        "policies": [policy(own) for own in subnormals.policies(setting)],
        "points": conventions.count(setting.rows),
        "conventions": conventions.rows(setting),
    }


def failure(own: failures.Failure) -> dict[str, Any]:
    """One, with its figures in words."""
    decimal = "" if math.isnan(own.x) and not own.hexadecimal else formats.number(own.x)
    return dataclasses.asdict(own) | {"said": formats.probability(own.share), "decimal": decimal}


def policy(own: subnormals.Policy) -> dict[str, Any]:
    """One, with its figures in words."""
    steps = {f"{name}_said": formats.ulp(getattr(own, name)) for name in ("strict", "contracted")}
    return dataclasses.asdict(own) | steps


def said(found: list[agreement.Agreement]) -> list[dict[str, Any]]:
    """Agreements, with their share in words."""
    return [dataclasses.asdict(own) | {"said": formats.probability(own.share)} for own in found]
