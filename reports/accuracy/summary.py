"""The committed atlas in a few lines, for the report of a run."""

from functools import cache

from reports.accuracy import atlas, findings, load, subjects, views


@cache
def lines() -> tuple[str, ...]:
    """What it says; none where no atlas is there."""
    if not any(load.parquet_files([load.ATLAS])):
        return ()
    rows = atlas.tidy(load.read([]).rows)
    settings = list(atlas.settings(rows))
    sampled = views.strides(rows)
    return (
        f"{settings[0].name}, {', '.join(atlas.versions(rows))}: {atlas.coverage(rows)}.",
        *findings.findings(settings, subjects.subjects(rows)),
        *([f"Sampled: {sampled}."] if sampled else []),
    )
