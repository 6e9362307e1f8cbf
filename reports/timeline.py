"""Several runs in the order of their dates, and which of them one machine made.

A run without a date comes first, in the order given. Two runs are of one machine where `compare` does not refuse them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from reports import ends, formats, gpu
from reports.ends import End
from reports.load import Run


@dataclass(frozen=True)
class Stop:
    """A run and its place among the others."""

    run: Run
    when: datetime | None
    machine: int
    """The number of its machine, from 0 in the order of their first runs."""
    end: End
    """What stands for the run: all of it, or head where it has two sides."""

    @property
    def date(self) -> str:
        """To the minute; what is no date is shown as what it says."""
        return date(self.run)

    @property
    def day(self) -> str:
        """The date alone."""
        return f"{self.when:%Y-%m-%d}" if self.when else "no date"

    @property
    def hardware(self) -> str:
        """The machine, as short as tells it from others."""
        return hardware(self.run)


def stops(runs: Sequence[Run]) -> list[Stop]:
    """Oldest first."""
    found: list[Stop] = []
    for run in ordered(runs):
        known = next((own.machine for own in reversed(found) if alike(own.run, run)), None)
        machine = max((own.machine for own in found), default=-1) + 1 if known is None else known
        found.append(Stop(run, when(run), machine, End(run, "head" if run.alternated else "")))
    return found


def ordered(runs: Sequence[Run]) -> list[Run]:
    """Oldest first."""
    first = datetime.min.replace(tzinfo=UTC)
    return sorted(runs, key=lambda run: when(run) or first)


def when(run: Run) -> datetime | None:
    """When it was measured; UTC where the zone is not told, None where it is no date."""
    said = run.machine.get("time")
    try:
        found = datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found


def date(run: Run) -> str:
    """When it was measured, to the minute; what is no date is shown as what it says."""
    if found := when(run):
        return f"{found:%Y-%m-%d %H:%M %Z}".strip()
    said = formats.short(run.machine.get("time") or "", 40)
    return f"no date, it says {said!r}" if said else "no date"


def hardware(run: Run) -> str:
    """GPU where it was measured, processor, cores and memory, of what the run says about them."""
    facts = run.machine
    cores, memory = facts.get("cores"), facts.get("memory_bytes")
    parts = [
        gpu.described(run),
        formats.short(facts.get("cpu") or "a machine that the run does not name", 60),
        formats.count(cores, "core") if isinstance(cores, int) else "",
        formats.gibibytes(memory) if isinstance(memory, int) else "",
    ]
    return " · ".join(filter(None, parts))


def alike(base: Run, head: Run) -> bool:
    """Whether one machine made both, as `compare` tells it."""
    return not ends.machines_apart(base, head)
