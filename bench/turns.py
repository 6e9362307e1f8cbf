"""Turns: the workers of a comparison measure the same cases at the same time, and one block each in turn.

A shared machine changes its speed by half within seconds. Passes that follow each other then differ by 20 % for
identical code, and no few of them show a change of 5 %; blocks of 10 ms that alternate differ by 1 to 2 %. A worker
works, preparing included, only while it has the turn. The runner hands it on, so that it knows who has it.
"""

import contextlib
import os
from collections.abc import Callable


class Turns:
    """A worker's end: two pipes, and nothing to wait for where there is no other worker."""

    def __init__(self, pipes: str = "") -> None:
        self.gets, self.gives = map(int, pipes.split(",")) if pipes else (-1, -1)
        self.has = not pipes

    @property
    def taken(self) -> bool:
        """Whether there is another worker."""
        return self.gives >= 0

    def begin(self) -> None:
        """Wait for the first turn."""
        if not self.has:
            os.read(self.gets, 1)
            self.has = True

    def switch(self) -> None:
        """Let the other one work, and wait until it has; nobody waits for a worker that is gone."""
        if not self.taken:
            return
        with contextlib.suppress(BrokenPipeError):
            os.write(self.gives, b".")
        os.read(self.gets, 1)

    def between(self, rounds: int) -> Callable[[], None]:
        """What is to be called before each round: switches before each block of `rounds`, and so before the first."""
        count = 0

        def before() -> None:
            nonlocal count
            if count % rounds == 0:
                self.switch()
            count += 1

        return before


class Seat:
    """The runner's end of a worker's pipes."""

    def __init__(self) -> None:
        self.theirs_in, self.gives = os.pipe()
        self.takes, self.theirs_out = os.pipe()

    @property
    def pipes(self) -> str:
        """For the worker's command line."""
        return f"{self.theirs_in},{self.theirs_out}"

    def seated(self) -> None:
        """The worker has its ends: ours are closed, or its own end would never be seen."""
        os.close(self.theirs_in)
        os.close(self.theirs_out)

    def turn(self) -> None:
        """Give it the turn."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self.gives, b".")

    def done(self) -> bool:
        """Whether it gives the turn back; False when it is gone for good."""
        return bool(os.read(self.takes, 1))

    def close(self) -> None:
        """Leave."""
        os.close(self.gives)
        os.close(self.takes)
