"""The progress of a sweep in the terminal: a bar per backend, or an occasional line of text."""

import sys
import time
from collections.abc import Mapping
from typing import Any, Protocol

from bench.core.estimate import duration

PLAIN_SECONDS = 10.0


class Display(Protocol):
    """A display that is updated when a shard ends."""

    def __enter__(self) -> "Display": ...
    def __exit__(self, *_: object) -> None: ...
    def advance(self, backend: str, inputs: int, outcome: str) -> None:
        """Count further inputs of a backend as done."""


class Plain:
    """A display for a file or a pipe."""

    def __init__(self, totals: Mapping[str, tuple[int, int]]) -> None:
        self.totals, self.done = {b: total for b, (total, _) in totals.items()}, {b: d for b, (_, d) in totals.items()}
        self.first, self.start, self.printed_at = dict(self.done), time.monotonic(), time.monotonic()

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def advance(self, backend: str, inputs: int, outcome: str) -> None:
        """Print the progress, at most every PLAIN_SECONDS."""
        self.done[backend] += inputs
        if (now := time.monotonic()) - self.printed_at >= PLAIN_SECONDS:
            self.printed_at = now
            share = sum(self.done.values()) / sum(self.totals.values())
            sys.stderr.write(
                f"{share:.1%}, about {duration(self.remaining_seconds(now - self.start))} left: {outcome}\n"
            )
            sys.stderr.flush()

    def remaining_seconds(self, seconds: float) -> float:
        """Return the seconds that the slowest backend still needs at its pace so far."""
        paces = {b: (self.done[b] - self.first[b]) / seconds for b in self.totals}
        return max((self.totals[b] - self.done[b]) / pace for b, pace in paces.items() if pace)


class Live:
    """A display for a terminal, drawn by rich."""

    def __init__(self, totals: Mapping[str, tuple[int, int]]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.fields[backend]}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.description}", markup=False),
        )
        # the pace is that of minutes, since a shard takes seconds
        self.progress: Any = Progress(*columns, console=Console(stderr=True), speed_estimate_period=300)
        self.tasks = {
            backend: self.progress.add_task("starting", total=total, completed=done, backend=backend)
            for backend, (total, done) in totals.items()
        }

    def __enter__(self) -> "Live":
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def advance(self, backend: str, inputs: int, outcome: str) -> None:
        """Move the backend's bar."""
        self.progress.update(self.tasks[backend], advance=inputs, description=outcome)


def display(totals: Mapping[str, tuple[int, int]]) -> Display:
    """Return the display that fits stderr; `totals` holds each backend's inputs and how many of them are done."""
    return Live(totals) if sys.stderr.isatty() else Plain(totals)
