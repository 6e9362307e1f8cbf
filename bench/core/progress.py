"""The progress of a run on the terminal: one line that is rewritten, or a plain line from time to time."""

import math
import statistics
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from bench.core.estimate import duration
from bench.core.text import one_line

if TYPE_CHECKING:
    from bench.core.record import Record

PLAIN_SECONDS = 10.0
WINDOW_RECORDS = 60  # some seconds of a run
BUSY_SHARE = 0.05  # of the processor that the worker is bound to, taken by other processes
QUIET_SPREAD, NOISY_SPREAD = 0.02, 0.05  # a few times a calm machine's 0.5 %; too much for a change of 5 %


class Progress(Protocol):
    """The interface of what a run reports its progress to."""

    def update(self, record: "Record | None", message: str) -> None:
        """Count a new record, if there is one, and show the message."""

    def extend(self, count: int) -> None:
        """Add `count` records to the number expected."""


class Display(Progress, Protocol):
    """The interface of displays, which show the progress as long as their context lasts."""

    def __enter__(self) -> "Display": ...
    def __exit__(self, *_: object) -> None: ...


class Clock:
    """The number of finished records, the time left at the pace so far, and the noise of the machine."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.first, self.done, self.start = total, done, done, time.monotonic()
        self.spreads: deque[float] = deque(maxlen=WINDOW_RECORDS)
        self.busy: deque[float] = deque(maxlen=WINDOW_RECORDS)

    def count(self, record: "Record | None") -> None:
        """Count a new record."""
        if record is None:
            return
        self.done += 1
        if len(times := record.block_seconds) > 1:
            self.spreads.append(math.log(max(times) / min(times)))
        if record.case.device == "cpu" and record.extra.cores_busy is not None:
            self.busy.append(1 - record.extra.cores_busy)

    def time_left(self) -> str:
        """Return a text such as `about 70 s left` or `about 12 min left`, empty before the first record."""
        if self.done <= self.first:
            return ""
        seconds = (time.monotonic() - self.start) / (self.done - self.first) * max(self.total - self.done, 0)
        return f", about {duration(seconds)} left"

    def noise(self) -> str:
        """Describe the spread of blocks and the load of other processes, by medians over the last cases."""
        if self.busy and (busy := statistics.median(self.busy)) > BUSY_SHARE:
            return f", busy (other processes take {busy:.0%} of the processor)"
        if not self.spreads:
            return ""
        spread = statistics.median(self.spreads)
        words = "quiet" if spread < QUIET_SPREAD else "some noise" if spread < NOISY_SPREAD else "noisy"
        return f", {words} ({spread:.1%})"

    def line(self, message: str) -> str:
        """Return the line to show."""
        return f"{self.done}/{self.total}{self.time_left()}{self.noise()}: {one_line(message)}"


class CountingDisplay:
    """The part that both kinds of displays share."""

    def __init__(self, total: int, done: int) -> None:
        self.clock = Clock(total, done)

    def extend(self, count: int) -> None:
        """Add `count` records to the number expected."""
        self.clock.total += count


class Plain(CountingDisplay):
    """A display for a file or a pipe."""

    def __init__(self, total: int, done: int) -> None:
        super().__init__(total, done)
        self.shown_time, self.shown_count = 0.0, -1

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, record: "Record | None", message: str) -> None:
        """Write a line at most every PLAIN_SECONDS, and only after a new record."""
        self.clock.count(record)
        if self.clock.done != self.shown_count and time.monotonic() - self.shown_time >= PLAIN_SECONDS:
            self.shown_time, self.shown_count = time.monotonic(), self.clock.done
            sys.stderr.write(self.clock.line(message) + "\n")
            sys.stderr.flush()


class Live(CountingDisplay):
    """A display for a terminal, by rich."""

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

    def update(self, record: "Record | None", message: str) -> None:
        """Count the record and rewrite the line."""
        self.clock.count(record)
        self.status.update(self.clock.line(message).replace("[", "\\["))


def display(total: int, done: int) -> Display:
    """Return the display that suits stderr."""
    if sys.stderr.isatty():
        try:
            return Live(total, done)
        except ModuleNotFoundError:  # rich belongs to the reports; a worker's environment may lack it
            pass
    return Plain(total, done)
