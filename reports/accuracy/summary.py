"""The committed atlas, read once for the report of a run: its subjects, and what it says in a few lines."""

from functools import cache
from pathlib import Path

import pandas as pd

from reports.accuracy import atlas, findings, load, subjects, views


def lines() -> tuple[str, ...]:
    """What it says; none where no atlas is there."""
    return told(load.ATLAS)


def found() -> pd.DataFrame | None:
    """Its subjects, a row each; None where no atlas is there."""
    return judged(load.ATLAS)


@cache
def told(folder: Path) -> tuple[str, ...]:
    """The lines of the atlas in a folder."""
    read, own = records(folder), judged(folder)
    if read is None or own is None:
        return ()
    rows = read.rows
    settings = list(atlas.settings(rows))
    sampled = views.strides(rows)
    return (
        f"{settings[0].name}, {', '.join(atlas.versions(rows))}: {atlas.coverage(rows)}.",
        *findings.findings(settings, own),
        *([f"Sampled: {sampled}."] if sampled else []),
    )


@cache
def judged(folder: Path) -> pd.DataFrame | None:
    """The subjects of the atlas in a folder."""
    read = records(folder)
    return None if read is None else subjects.subjects(read.rows)


@cache
def records(folder: Path) -> load.Records | None:
    """The records of the atlas in a folder, one per binade."""
    if not any(load.parquet_files([folder])):
        return None
    read = load.read([folder])
    return load.Records(atlas.tidy(read.rows), read.notes)
