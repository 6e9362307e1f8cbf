"""Several runs in the order of their dates, and the machine of each.

Runs without a date come first, in the given order. Two runs share a machine if `compare` does not refuse them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.comparison import sides
from reports.comparison.sides import Side
from reports.data.load import Run
from reports.speed import runs as run_facts


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
        return run_facts.date(self.run)

    @property
    def day(self) -> str:
        """The date without the time."""
        return f"{self.when:%Y-%m-%d}" if self.when else "no date"

    @property
    def hardware(self) -> str:
        """The machine in words, short but distinct from others."""
        return run_facts.hardware(self.run)


def stops(runs: Sequence[Run]) -> list[Stop]:
    """Return the runs with their places, oldest first."""
    stops: list[Stop] = []
    for run in run_facts.ordered(runs):
        machine = next((stop.machine for stop in reversed(stops) if alike(stop.run, run)), None)
        if machine is None:
            machine = max((stop.machine for stop in stops), default=-1) + 1
        stops.append(Stop(run, run_facts.when(run), machine, Side(run, "head" if run.alternated else "")))
    return stops


def alike(base: Run, head: Run) -> bool:
    """Return whether one machine made both runs, by the rule of `compare`."""
    return not sides.find_machine_differences(base, head)
