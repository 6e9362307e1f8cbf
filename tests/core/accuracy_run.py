"""`python -m bench.accuracy` on the dummy backend with a fake judge, as processes that can be killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from bench.accuracy import store
from tests.core.conftest import ROOT

PATIENCE = 60.0  # seconds until what must happen has happened
SMALL = ("--backend", "dummy", "--activation", "relu,tanh", "--direction", "forward", "--mode", "eager")
"""32 shards of float32."""
COMMAND = ("-m", "bench.accuracy", "--judge", "tests.core.fake_judge", "--no-dashboard")


@dataclass
class Sweep:
    """The command, its store in a folder of its own."""

    site: Path
    store: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """Of its environment."""
        return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{self.site}"}

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """The command, running, in a process group of its own."""
        process = subprocess.Popen(
            [sys.executable, *COMMAND, "--store", str(self.store), *SMALL, *arguments],
            cwd=ROOT,
            env={**self.variables, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def stop(self) -> None:
        """End what a test has left."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def __call__(self, *arguments: str, **variables: str) -> "Ended":
        """The command to its end."""
        return ended(self.start(*arguments, **variables))

    @property
    def files(self) -> list[Path]:
        """The shards that are there."""
        return store.shard_files(self.store) if self.store.exists() else []

    @property
    def table(self) -> Any:
        """All records."""
        loaded = store.load([self.store])
        assert not loaded.damaged
        assert not loaded.nondeterministic
        return loaded.table

    def until(self, count: int) -> None:
        """Wait for so many shards."""
        wait(lambda: len(self.files) >= count)


@dataclass
class Ended:
    """How the command ended."""

    status: int
    out: str
    err: str


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for its end."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return Ended(process.returncode, out, err)


def wait(happened: Callable[[], Any]) -> None:
    """Until it happened; AssertionError after PATIENCE."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def workers_of(client: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that the command started."""
    return psutil.Process(client.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    """Whether none is left."""
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


@dataclass
class Cluster:
    """A scheduler and workers that a user has started."""

    variables: dict[str, str]
    address: str
    folder: Path
    processes: list[subprocess.Popen[bytes]]
    options: tuple[str, ...] = ()
    """Of its scheduler and its workers."""

    def add(self, **variables: str) -> subprocess.Popen[bytes]:
        """One more worker for the dummy backend, as the README starts it, once it is there."""
        command = ("worker", self.address, "--nthreads", "1", "--resources", "dummy=1", "--no-dashboard")
        process = self.launch(*command, *self.options, **variables)
        wait(lambda: b"Registered to:" in self.log.read_bytes())
        return process

    @property
    def log(self) -> Path:
        """Of the newest process."""
        return self.folder / f"{len(self.processes)}.log"

    def launch(self, *command: str, **variables: str) -> subprocess.Popen[bytes]:
        """A process of Dask's."""
        with (self.folder / f"{len(self.processes) + 1}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *command],
                cwd=ROOT,
                env={**self.variables, **variables},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process


@contextmanager
def cluster_for(sweep: Sweep, folder: Path, *options: str) -> Iterator[Cluster]:
    """A scheduler without workers, ended with all of them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"{'tls' if options else 'tcp'}://127.0.0.1:{port}"
    cluster = Cluster({**sweep.variables, "FAKE_SECONDS": "0.1"}, address, folder, [], options)
    # workers' scratch folders are not left in the checkout
    cluster.variables["DASK_TEMPORARY_DIRECTORY"] = str(folder)
    try:
        place = ("--host", "127.0.0.1", "--port", str(port), *(("--protocol", "tls") if options else ()))
        cluster.launch("scheduler", *place, "--no-dashboard", *options)
        yield cluster
    finally:
        for process in cluster.processes:
            leave(process)


def leave(process: subprocess.Popen[bytes]) -> None:
    """What a machine does that is switched off: all of a process group is gone at once."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
