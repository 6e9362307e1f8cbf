"""The worker process as the command sees it: its messages, and the reason where they end early.

Whatever the reader's function does happens in that process and its group: it may print megabytes, hang, or end.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from bench.check.messages import Message
from bench.core import environment
from bench.core.decode import from_line
from bench.core.text import one_line

LOADING_SECONDS = 180.0
"""The time for importing a framework and the reader's module; TensorFlow took 25 s on a busy machine."""
OUTPUT_BYTES = 2**14
"""The bytes at the end of what a worker prints that are searched for the reason of its end."""
CHUNK = 2**16
POLL_SECONDS = 0.2


class WorkerProcess:
    """A worker process, whose messages are read until it ends."""

    def __init__(self, folder: Path, backend: str, python: str | None, seconds: float) -> None:
        self.seconds, self.limit = seconds, LOADING_SECONDS
        self.output: deque[bytes] = deque(maxlen=2)
        self.printed = 0
        """The bytes that the worker has printed."""
        self.messages, write_end = os.pipe()
        variables = environment.worker_variables(1) | environment.backend_variables(backend, folder / "programs")
        self.process = subprocess.Popen(
            [python or sys.executable, "-P", "-m", "bench.check.worker", str(folder), str(write_end)],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # all that it starts is ended with it
            pass_fds=(write_end,),
        )
        os.close(write_end)

    def __enter__(self) -> "WorkerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.messages)
        if self.process.stdout:
            self.process.stdout.close()

    def answers(self) -> Iterator[Message]:
        """Yield each message; the last one is `end`, `refused` or `fault`."""
        buffer, since = b"", time.monotonic()
        while True:
            ended = self.process.poll() is not None
            buffer += self.received()
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                message = from_line(Message, line)
                yield message
                if message.kind in ("end", "refused", "fault"):
                    return
                since, self.limit = time.monotonic(), self.seconds
            if ended and not lines:
                yield Message("fault", reason=f"ends its process: {self.reason()}")
                return
            if time.monotonic() - since > self.limit:
                yield Message("fault", reason=f"hangs: no result in {self.limit:.0f} s (--timeout allows more)")
                return

    def received(self) -> bytes:
        """Return what the worker has sent, after a short wait; what it prints is counted and forgotten but the end."""
        assert self.process.stdout
        printed, received = self.process.stdout.fileno(), b""
        for descriptor in select.select([self.messages, printed], [], [], POLL_SECONDS)[0]:
            chunk = os.read(descriptor, CHUNK)
            if descriptor == self.messages:
                received = chunk
            elif chunk:
                self.output.append(chunk[-OUTPUT_BYTES:])
                self.printed += len(chunk)
            else:
                time.sleep(POLL_SECONDS / 10)  # closed: select would return at once
        return received

    def reason(self) -> str:
        """Return in words how the process ended, with the last line that it printed."""
        status = self.process.returncode
        words = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        lines = [line for line in b"".join(self.output).decode(errors="replace").splitlines() if line.strip()]
        return one_line(f"{words}; its last line: {lines[-1].strip()}" if lines else words, 300)
