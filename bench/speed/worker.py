"""Worker processes: how they are started, stopped, and how their end is put in words."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.core import environment, facts
from bench.core.results import Plan
from bench.speed import cache, channel
from bench.speed.groups import Contender, Role

STOP_SECONDS = 10.0  # pytest-benchmark writes its JSON meanwhile
OUTPUT_BYTES = 2**20
"""The bytes at the end of a worker's output that are searched for the reason of its end."""


@dataclass
class Worker:
    """A process that measures the contenders of a role."""

    role: Role
    process: subprocess.Popen[bytes]
    channel: channel.Channel
    log: Path
    start: int
    """The offset in the log at which its output begins."""
    in_flight: Contender | None = None
    """What it prepares, measures or verifies at the moment."""

    @property
    def output(self) -> str:
        """The last OUTPUT_BYTES of its output."""
        with self.log.open("rb") as log:
            log.seek(max(self.start, log.seek(0, os.SEEK_END) - OUTPUT_BYTES))
            return log.read(OUTPUT_BYTES).decode(errors="replace")

    @property
    def error_line(self) -> str:
        """Why it ended early, in one line."""
        return error_line(self.process.wait(), self.output)


@dataclass(frozen=True)
class Start:
    """How a worker starts."""

    cores: Sequence[int]
    warm: bool
    """Whether it finds compiled programs."""
    cold_bytes: int = 0
    """The bytes from which a set of inputs is cold, 0 for twice the cache that the system reports."""
    input_bytes: int = 0
    """The most bytes of a set of inputs; 0 for no limit."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that say so."""
        values = {cache.COLD_VARIABLE: self.cold_bytes, cache.MOST_VARIABLE: self.input_bytes}
        return {name: str(value) for name, value in values.items() if value}


def start_worker(folder: Path, plan: Plan, role: Role, start: Start) -> Worker:
    """Start a worker."""
    log = folder / "raw" / f"{role}.log"
    runner, handles = channel.pair()
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*command(folder, plan, role, start), f"--channel={handles[0]},{handles[1]}"],
                cwd=environment.ROOT,
                env=variables(folder, plan, role) | start.variables,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt reaches the runner alone, which ends workers in good order
                pass_fds=handles,
            )
            return Worker(role, process, runner, log, output.tell())
    finally:
        for handle in handles:
            os.close(handle)


def command(folder: Path, plan: Plan, role: Role, start: Start) -> list[str]:
    """Return the command line of a worker: pytest on one file with one plugin."""
    return [
        plan.side(role.side).interpreters.get(role.backend, sys.executable),
        # -P and importlib: nothing but PYTHONPATH decides which `backends` is measured
        *("-P", "-m", "pytest", str(environment.ROOT / "bench" / "speed" / "test_speed.py"), "-q", "-s"),
        "--import-mode=importlib",
        *("-p", "pytest_benchmark.plugin", "--benchmark-disable-gc", f"--benchmark-json={unused_path(folder, role)}"),
        *("-p", "no:warnings", "-p", "no:cacheprovider"),  # a warning of a framework is not a failure
        *(f"--run-folder={folder}", f"--backend={role.backend}", f"--threads={role.threads}", f"--side={role.side}"),
        *(f"--replicate={role.replicate}", *(["--twin"] if role.twin else [])),
        f"--start-cores={','.join(map(str, start.cores))}",
        f"--programs={'warm' if start.warm else 'cold'}",
    ]


def variables(folder: Path, plan: Plan, role: Role) -> dict[str, str]:
    """Return the environment variables of a worker: its threads, its compile cache, the checkout that it measures."""
    side = plan.side(role.side)
    requested = environment.backend_variables(role.backend, role.programs(folder, plan))
    values = environment.worker_variables(role.threads) | requested | side.variables
    if side.keras:
        values["KERAS_BACKEND"] = role.backend
    if side.checkout:
        values["PYTHONPATH"] = os.pathsep.join((facts.shadow(folder / "raw", side), values["PYTHONPATH"]))
    return values


def unused_path(folder: Path, role: Role) -> Path:
    """Return an unused path for pytest-benchmark's JSON: another worker of the same role may have written one."""
    names = (f"{role}{suffix}.json" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path for name in names if not (path := folder / "raw" / name).exists())


def stop(workers: Sequence[Worker]) -> None:
    """End workers and the processes that they started, in good order if they respond."""
    for worker in workers:
        worker.channel.close()  # a worker that waits for an instruction ends in good order
    try:
        for worker in workers:
            if worker.in_flight is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.process.wait(STOP_SECONDS)
    finally:  # a second interrupt does not wait
        for worker in workers:
            stop_process(worker.process)


def stop_process(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started, in good order if it responds."""
    try:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
    finally:  # a second interrupt does not wait
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # a framework's compile workers would outlive it otherwise
        process.wait()


def error_line(status: int, output: str) -> str:
    """Return in one line why a worker ended early."""
    if status < 0:
        return f"the worker was ended by {signal.Signals(-status).name}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (errors or lines or [f"the worker ended with status {status}"])[-1]
