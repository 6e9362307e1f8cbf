"""The committed atlas, read once for the report of a run: its subjects, and its findings in a few lines.

Both are kept on disk, since reading all records takes 2 s.
"""

import io
import json
from functools import cache
from pathlib import Path

import pandas as pd

from reports.accuracy import atlas, findings, load, subjects
from reports.page import store


def lines() -> tuple[str, ...]:
    """Return the findings of the committed atlas; none where there is no atlas."""
    return atlas_lines(load.ATLAS)


def atlas_subjects() -> pd.DataFrame | None:
    """Return the subjects of the committed atlas, a row each; None where there is no atlas."""
    return subject_rows(load.ATLAS)


@cache
def atlas_lines(folder: Path) -> tuple[str, ...]:
    """Return the findings of the atlas in a folder, a line each."""
    files = list(load.parquet_files([folder]))
    return tuple(json.loads(store.load_or_make("findings", files, lambda: findings_json(folder)))) if files else ()


def findings_json(folder: Path) -> bytes:
    """Return the findings of the atlas in a folder as a list in JSON."""
    rows = records(folder).rows
    settings = list(atlas.settings(rows))
    sampled = atlas.strides(rows)
    texts = (
        f"{settings[0].name}, {', '.join(atlas.versions(rows))}: {atlas.coverage(rows)}.",
        *findings.findings(settings, subjects.subjects(rows)),
        *([f"Sampled: {sampled}."] if sampled else []),
    )
    return json.dumps(texts).encode()


@cache
def subject_rows(folder: Path) -> pd.DataFrame | None:
    """Return the subjects of the atlas in a folder."""
    files = list(load.parquet_files([folder]))
    if not files:
        return None
    return pd.read_parquet(io.BytesIO(store.load_or_make("subjects", files, lambda: subjects_parquet(folder))))


def subjects_parquet(folder: Path) -> bytes:
    """Return the subjects of the atlas in a folder as a file of Parquet."""
    content = io.BytesIO()
    subjects.subjects(records(folder).rows).to_parquet(content, index=False)
    return content.getvalue()


@cache
def records(folder: Path) -> load.Records:
    """Return the records of the atlas in a folder, one per binade."""
    stored = load.read([folder])
    return load.Records(atlas.tidy(stored.rows), stored.notes)
