"""Runs of `python -m bench accuracy` on the dummy backend with a fake judge, in processes that tests can kill."""

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

PATIENCE = 60.0
"""The longest wait for an expected event, in seconds."""
SMALL = ("--backend", "dummy", "--activation", "relu,tanh", "--direction", "forward", "--mode", "eager")
"""The options of a sweep of 32 shards of float32."""
COMMAND = ("-m", "bench", "accuracy", "--judge", "tests.core.fake_judge", "--no-dashboard")


@dataclass
class Sweep:
    """The sweep command with a temporary store."""

    site: Path
    store: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """The command's environment variables."""
        return {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{self.site}"}

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start the command in its own process group."""
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
        """End all processes that a test started."""
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def __call__(self, *arguments: str, **variables: str) -> "CommandResult":
        """Run the command and return its result."""
        return wait_for_end(self.start(*arguments, **variables))

    @property
    def files(self) -> list[Path]:
        """The files of the finished shards."""
        return shard_files(self.store) if self.store.exists() else []

    @property
    def table(self) -> Any:
        """The table of all records."""
        loaded = store.load([self.store])
        assert not loaded.damaged
        assert not loaded.nondeterministic
        return loaded.table

    def wait_for_shards(self, count: int) -> None:
        """Wait until the store holds this many shards."""
        wait(lambda: len(self.files) >= count)


def shard_files(folder: Path) -> list[Path]:
    """Return the shard files of a store."""
    return sorted(path for path in folder.glob("*.parquet") if store.SHARD_FILE.fullmatch(path.name))


@dataclass
class CommandResult:
    """The exit status and output of a finished command."""

    status: int
    out: str
    err: str


def wait_for_end(process: subprocess.Popen[str]) -> CommandResult:
    """Wait for a process to end and return its result."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return CommandResult(process.returncode, out, err)


def wait(condition: Callable[[], Any]) -> None:
    """Wait until a condition holds; raise AssertionError after PATIENCE seconds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def workers_of(client: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes that the command started."""
    return psutil.Process(client.pid).children(recursive=True)


def have_ended(processes: list[psutil.Process]) -> bool:
    """Return whether all processes have ended."""
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


@dataclass
class Cluster:
    """A scheduler and workers that a user has started."""

    variables: dict[str, str]
    address: str
    folder: Path
    processes: list[subprocess.Popen[bytes]]
    options: tuple[str, ...] = ()
    """The options of the scheduler and of its workers."""

    def add(self, **variables: str) -> subprocess.Popen[bytes]:
        """Start another worker for the dummy backend with the README's command, and wait until it has registered."""
        command = ("worker", self.address, "--nthreads", "1", "--resources", "dummy=1", "--no-dashboard")
        process = self.launch(*command, *self.options, **variables)
        wait(lambda: b"Registered to:" in self.log.read_bytes())
        return process

    @property
    def log(self) -> Path:
        """The log of the newest process."""
        return self.folder / f"{len(self.processes)}.log"

    def launch(self, *command: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a Dask process."""
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
    """Yield a scheduler without workers; end it and all its workers afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    address = f"{'tls' if options else 'tcp'}://127.0.0.1:{port}"
    cluster = Cluster({**sweep.variables, "FAKE_SECONDS": "0.1"}, address, folder, [], options)
    # workers keep their scratch folders out of the checkout
    cluster.variables["DASK_TEMPORARY_DIRECTORY"] = str(folder)
    try:
        address_options = ("--host", "127.0.0.1", "--port", str(port), *(("--protocol", "tls") if options else ()))
        cluster.launch("scheduler", *address_options, "--no-dashboard", *options)
        yield cluster
    finally:
        for process in cluster.processes:
            switch_off(process)


def switch_off(process: subprocess.Popen[bytes]) -> None:
    """Kill a process group at once, as switching off its machine would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
