"""Interleaving of two workers: they measure the same cases at the same time, one block each in turn.

A shared machine changes its speed by half within seconds. Consecutive passes then differ by 20 % for identical code, so
that a few of them cannot show a change of 5 %; blocks of 10 ms that alternate differ by 1 to 2 %. A worker works,
preparation included, only while it has the turn. The runner passes the turn on, so that it knows which worker has it.
"""

import contextlib
import os
from collections.abc import Callable


class Turns:
    """The worker's end of two pipes; without pipes there is no other worker, and nothing to wait for."""

    def __init__(self, pipes: str = "") -> None:
        self.read_end, self.write_end = map(int, pipes.split(",")) if pipes else (-1, -1)
        self.has = not pipes

    @property
    def taken(self) -> bool:
        """Whether there is another worker."""
        return self.write_end >= 0

    def begin(self) -> None:
        """Wait for the first turn."""
        if not self.has:
            os.read(self.read_end, 1)
            self.has = True

    def switch(self) -> None:
        """Let the other worker run a block and wait for the turn; it returns at once if the other is gone."""
        if not self.taken:
            return
        with contextlib.suppress(BrokenPipeError):
            os.write(self.write_end, b".")
        os.read(self.read_end, 1)

    def between(self, rounds: int) -> Callable[[], None]:
        """Return the function to call before each round, which switches before each block of `rounds` rounds."""
        count = 0

        def before() -> None:
            nonlocal count
            if count % rounds == 0:
                self.switch()
            count += 1

        return before


class RunnerTurns:
    """The runner's end of the pipes of a worker."""

    def __init__(self) -> None:
        self.worker_read_end, self.write_end = os.pipe()
        self.read_end, self.worker_write_end = os.pipe()

    @property
    def pipes(self) -> str:
        """The worker's ends, for its command line."""
        return f"{self.worker_read_end},{self.worker_write_end}"

    def close_worker_ends(self) -> None:
        """Close the worker's ends once the worker has them; otherwise its exit would never be seen."""
        os.close(self.worker_read_end)
        os.close(self.worker_write_end)

    def give(self) -> None:
        """Give the worker the turn."""
        with contextlib.suppress(BrokenPipeError):
            os.write(self.write_end, b".")

    def take_back(self) -> bool:
        """Wait until the worker gives the turn back; return False if it has exited instead."""
        return bool(os.read(self.read_end, 1))

    def close(self) -> None:
        """Close the runner's ends."""
        os.close(self.write_end)
        os.close(self.read_end)
