"""The messages between the runner and its workers, one JSON line each over two pipes.

The runner says who works: at any moment, one worker is measured, or several prepare on cores of their own. A pipe whose
other end is gone ends the conversation, so that a worker survives no runner and a runner waits for no dead worker.
"""

import contextlib
import os
from typing import Any

import msgspec

from bench.core.record import Record


class Groups(msgspec.Struct, tag=True):
    """The groups that the worker is to measure, in order: their names, and the ids of its cases in each."""

    names: list[str]
    cases: list[list[str]]


class Prepare(msgspec.Struct, tag=True):
    """Prepare the next group on these cores, then go to those of measurement."""

    cores: list[int]
    measurement_cores: list[int]


class Measure(msgspec.Struct, tag=True):
    """Measure one block of a contender, by its number among those of the worker."""

    contender: int
    position: int
    """The position of the block in its cycle."""


class Finish(msgspec.Struct, tag=True):
    """Verify the outputs on these cores and send the records."""

    cores: list[int]


class Working(msgspec.Struct, tag=True):
    """The worker is about to prepare or verify this contender."""

    contender: int


class Ready(msgspec.Struct, tag=True):
    """The group is prepared: these contenders can be measured."""

    contenders: list[int]


class Done(msgspec.Struct, tag=True):
    """A block has been measured."""


class Finished(msgspec.Struct, tag=True):
    """The records of the group, in the order of its contenders."""

    records: list[Record]


Message = Groups | Prepare | Measure | Finish | Working | Ready | Done | Finished
DECODER = msgspec.json.Decoder(Message)


class Closed(Exception):
    """Raised when the other end of a channel is gone."""


class Channel:
    """One end of two pipes."""

    def __init__(self, read_end: int, write_end: int) -> None:
        self.read_end, self.write_end = read_end, write_end
        self.received = bytearray()
        for handle in (read_end, write_end):
            os.set_inheritable(handle, False)  # a compiler's process would keep the pipe open

    def send(self, message: Message) -> None:
        """Send a message; raise Closed where nobody reads it."""
        data = memoryview(msgspec.json.encode(message) + b"\n")
        try:
            while data:
                data = data[os.write(self.write_end, data) :]
        except BrokenPipeError:
            raise Closed from None

    def receive(self) -> Any:
        """Wait for the next message and return it; raise Closed where there is none."""
        while b"\n" not in self.received:
            data = os.read(self.read_end, 2**16)
            if not data:
                raise Closed
            self.received += data
        line, _, rest = self.received.partition(b"\n")
        self.received = rest
        return DECODER.decode(line)

    @property
    def is_pending(self) -> bool:
        """Whether a whole message has been read already."""
        return b"\n" in self.received

    def close(self) -> None:
        """Close this end."""
        for handle in (self.read_end, self.write_end):
            with contextlib.suppress(OSError):
                os.close(handle)


def pair() -> tuple[Channel, tuple[int, int]]:
    """Return the runner's end of a new channel, and the handles of the worker's end."""
    worker_read, runner_write = os.pipe()
    runner_read, worker_write = os.pipe()
    return Channel(runner_read, runner_write), (worker_read, worker_write)
