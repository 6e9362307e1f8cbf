"""The committed atlas, read once for the report of a run: its subjects, and its findings in a few lines."""

from functools import cache
from pathlib import Path

import pandas as pd

from reports.accuracy import atlas, findings, load, subjects


def lines() -> tuple[str, ...]:
    """Return the findings of the committed atlas; none where there is no atlas."""
    return atlas_lines(load.ATLAS)


def atlas_subjects() -> pd.DataFrame | None:
    """Return the subjects of the committed atlas, a row each; None where there is no atlas."""
    return subject_rows(load.ATLAS)


@cache
def atlas_lines(folder: Path) -> tuple[str, ...]:
    """Return the findings of the atlas in a folder, a line each."""
    stored, judged_rows = records(folder), subject_rows(folder)
    if stored is None or judged_rows is None:
        return ()
    rows = stored.rows
    settings = list(atlas.settings(rows))
    sampled = atlas.strides(rows)
    return (
        f"{settings[0].name}, {', '.join(atlas.versions(rows))}: {atlas.coverage(rows)}.",
        *findings.findings(settings, judged_rows),
        *([f"Sampled: {sampled}."] if sampled else []),
    )


@cache
def subject_rows(folder: Path) -> pd.DataFrame | None:
    """Return the subjects of the atlas in a folder."""
    stored = records(folder)
    return None if stored is None else subjects.subjects(stored.rows)


@cache
def records(folder: Path) -> load.Records | None:
    """Return the records of the atlas in a folder, one per binade."""
    if not any(load.parquet_files([folder])):
        return None
    stored = load.read([folder])
    return load.Records(atlas.tidy(stored.rows), stored.notes)
