"""Several runs in the order of their dates, and the machine of each.

Runs without a date come first, in the given order. Two runs share a machine if `compare` does not refuse them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reports import formats
from reports.comparison import sides
from reports.comparison.sides import Side
from reports.data import gpu
from reports.data.load import Run


@dataclass(frozen=True)
class Stop:
    """A run and its place among the others."""

    run: Run
    when: datetime | None
    machine: int
    """The number of its machine, from 0 in the order of their first runs."""
    side: Side
    """The side that represents the run: all of it, or head where it has two sides."""

    @property
    def date(self) -> str:
        """The date to the minute; anything that is no date is shown as it is recorded."""
        return date(self.run)

    @property
    def day(self) -> str:
        """The date without the time."""
        return f"{self.when:%Y-%m-%d}" if self.when else "no date"

    @property
    def hardware(self) -> str:
        """The machine in words, short but distinct from others."""
        return hardware(self.run)


def stops(runs: Sequence[Run]) -> list[Stop]:
    """Return the runs with their places, oldest first."""
    stops: list[Stop] = []
    for run in ordered(runs):
        machine = next((stop.machine for stop in reversed(stops) if alike(stop.run, run)), None)
        if machine is None:
            machine = max((stop.machine for stop in stops), default=-1) + 1
        stops.append(Stop(run, when(run), machine, Side(run, "head" if run.alternated else "")))
    return stops


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


def alike(base: Run, head: Run) -> bool:
    """Return whether one machine made both runs, by the rule of `compare`."""
    return not sides.find_machine_differences(base, head)
