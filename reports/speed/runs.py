"""Runs in words: date, machine and versions, as far as they record them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from reports import formats
from reports.data import cores, gpu
from reports.data.load import Run


def ordered(runs: Sequence[Run]) -> list[Run]:
    """Return the runs, oldest first."""
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(runs, key=lambda run: when(run) or first)


def when(run: Run) -> datetime | None:
    """Return the date of a run, in UTC where it names no zone; None where it records no date."""
    recorded = run.machine.time
    try:
        date = datetime.fromisoformat(recorded) if recorded is not None else None
    except ValueError:
        return None
    return date.replace(tzinfo=UTC) if date and date.tzinfo is None else date


def date(run: Run) -> str:
    """Return the date of a run to the minute; anything that is no date is shown as it is recorded."""
    if moment := when(run):
        return f"{moment:%Y-%m-%d %H:%M %Z}".strip()
    recorded = formats.short(run.machine.time or "", 40)
    return f"no date, it says {recorded!r}" if recorded else "no date"


def hardware(run: Run) -> str:
    """Return GPU where it was measured, processor, cores and memory, as far as the run records them."""
    facts = run.machine
    parts = [
        gpu.described(run),
        formats.short(facts.cpu or "a machine that the run does not name", 60),
        "" if facts.cores is None else formats.count(facts.cores, "core"),
        "" if facts.memory_bytes is None else formats.gibibytes(facts.memory_bytes),
    ]
    return " · ".join(filter(None, parts))


def machine(run: Run) -> str:
    """Return the machine in a line, as far as the run records it."""
    facts = run.machine
    parts = [
        hardware(run),
        cores.described(facts),
        "AVX-512" if facts.avx512 else "",
        " ".join(filter(None, (facts.system, facts.machine))),
        f"Python {facts.python}" if facts.python else "",
    ]
    return formats.text(" · ".join(filter(None, parts)))


def versions(run: Run, table: pd.DataFrame) -> str:
    """Return the backends of a run with their versions, of each side where it has two."""
    names = table.loc[table["run"] == run.name, "backend"].drop_duplicates()
    return formats.versions(names, *map(run.versions, run.sides))
