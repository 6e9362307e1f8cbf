"""What the terminal shows while a run goes on: one line that is rewritten, or a plain line now and then."""

import math
import statistics
import sys
import time
from collections import deque
from typing import Any, Protocol

from bench.text import one_line

PLAIN_SECONDS = 10.0
LOOK_BACK = 60  # records, some seconds of a run
TAKEN = 0.05  # of the processor that the worker is bound to
QUIET, NOISY = 0.02, 0.05  # a few times a calm machine's 0.5 %, and what makes a change of 5 % hard to see


class Display(Protocol):
    """Told each record as it comes, or what else is going on."""

    def __enter__(self) -> "Display": ...
    def __exit__(self, *_: object) -> None: ...
    def update(self, row: dict[str, Any] | None, what: str) -> None:
        """A record, or None; and what to say of it."""

    def extend(self, count: int) -> None:
        """So many more records are to come."""


class Clock:
    """How many records are done, how much time is left by the pace so far, and how calm the machine is."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.first, self.done, self.start = total, done, done, time.monotonic()
        self.spreads: deque[float] = deque(maxlen=LOOK_BACK)
        self.taken: deque[float] = deque(maxlen=LOOK_BACK)

    def count(self, row: dict[str, Any] | None) -> None:
        """One more record."""
        if row is None:
            return
        self.done += 1
        if len(times := row["block_seconds"]) > 1:
            self.spreads.append(math.log(max(times) / min(times)))
        if row["case"]["device"] == "cpu" and "cores_busy" in row["extra"]:
            self.taken.append(1 - row["extra"]["cores_busy"])

    def left(self) -> str:
        """`about 70 s left`, or nothing before there is a pace."""
        if self.done <= self.first:
            return ""
        seconds = (time.monotonic() - self.start) / (self.done - self.first) * max(self.total - self.done, 0)
        return f", about {seconds:.0f} s left"

    def noise(self) -> str:
        """How far the blocks of a case lie apart, and what others take, by the medians of the last cases; in words."""
        if self.taken and (taken := statistics.median(self.taken)) > TAKEN:
            return f", busy (other processes take {taken:.0%} of the processor)"
        if not self.spreads:
            return ""
        spread = statistics.median(self.spreads)
        words = "quiet" if spread < QUIET else "some noise" if spread < NOISY else "noisy"
        return f", {words} ({spread:.1%})"

    def line(self, what: str) -> str:
        """All of it."""
        return f"{self.done}/{self.total}{self.left()}{self.noise()}: {one_line(what)}"


class Counting:
    """What both kinds share."""

    def __init__(self, total: int, done: int) -> None:
        self.clock = Clock(total, done)

    def extend(self, count: int) -> None:
        """So many more records are to come."""
        self.clock.total += count


class Plain(Counting):
    """For a file or a pipe."""

    def __init__(self, total: int, done: int) -> None:
        super().__init__(total, done)
        self.shown, self.said = 0.0, -1

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, row: dict[str, Any] | None, what: str) -> None:
        """Say it at most every PLAIN_SECONDS, and only if something came."""
        self.clock.count(row)
        if self.clock.done != self.said and time.monotonic() - self.shown >= PLAIN_SECONDS:
            self.shown, self.said = time.monotonic(), self.clock.done
            sys.stderr.write(self.clock.line(what) + "\n")
            sys.stderr.flush()


class Live(Counting):
    """For a terminal, by rich."""

    def __init__(self, total: int, done: int) -> None:
        from rich.console import Console
        from rich.status import Status

        super().__init__(total, done)
        self.status: Any = Status("starting", console=Console(stderr=True))

    def __enter__(self) -> "Live":
        self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.status.stop()

    def update(self, row: dict[str, Any] | None, what: str) -> None:
        """Rewrite the line."""
        self.clock.count(row)
        self.status.update(self.clock.line(what).replace("[", "\\["))


def display(total: int, done: int) -> Display:
    """The kind that fits where it is shown."""
    if sys.stderr.isatty():
        try:
            return Live(total, done)
        except ModuleNotFoundError:  # rich belongs to the reports, a worker's environment may do without
            pass
    return Plain(total, done)
