"""What the terminal shows while a run goes on: one line that is rewritten, or a plain line now and then."""

import sys
import time
from typing import Any, Protocol

PLAIN_SECONDS = 10.0


class Display(Protocol):
    """Told how many cases are done."""

    def __enter__(self) -> "Display": ...
    def __exit__(self, *_: object) -> None: ...
    def update(self, done: int, what: str) -> None:
        """`done` cases of the whole run are done; `what` is going on."""


class Clock:
    """How much time is left, from the pace so far."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.first, self.start = total, done, time.monotonic()

    def left(self, done: int) -> str:
        """`about 70 s left`, or nothing before there is a pace."""
        if done <= self.first:
            return ""
        seconds = (time.monotonic() - self.start) / (done - self.first) * (self.total - done)
        return f", about {seconds:.0f} s left"


class Plain:
    """For a file or a pipe."""

    def __init__(self, total: int, done: int) -> None:
        self.clock, self.shown, self.said = Clock(total, done), 0.0, -1

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def update(self, done: int, what: str) -> None:
        """Say it at most every PLAIN_SECONDS, and only if something came."""
        if done != self.said and time.monotonic() - self.shown >= PLAIN_SECONDS:
            self.shown, self.said = time.monotonic(), done
            sys.stderr.write(f"{done}/{self.clock.total} cases{self.clock.left(done)}: {what}\n")
            sys.stderr.flush()


class Live:
    """For a terminal, by rich."""

    def __init__(self, total: int, done: int) -> None:
        from rich.console import Console
        from rich.status import Status

        self.clock = Clock(total, done)
        self.status: Any = Status("starting", console=Console(stderr=True))

    def __enter__(self) -> "Live":
        self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.status.stop()

    def update(self, done: int, what: str) -> None:
        """Rewrite the line."""
        self.status.update(f"{done}/{self.clock.total} cases{self.clock.left(done)}: {what}".replace("[", "\\["))


def display(total: int, done: int) -> Display:
    """The kind that fits where it is shown."""
    if sys.stderr.isatty():
        try:
            return Live(total, done)
        except ModuleNotFoundError:  # rich belongs to the reports, a worker's environment may do without
            pass
    return Plain(total, done)
