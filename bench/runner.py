"""A run: workers one after another, and a record for every case whatever becomes of them.

A worker is a fresh process of one backend in one pass. It appends each record as it finishes; when it
dies, only the case in flight is lost: that case gets a record with the reason, and a fresh worker
takes the rest.
"""

import contextlib
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import environment, results
from bench.cases import Case, Record, Status
from bench.results import Plan

CASE_TIMEOUT = 300.0  # seconds without a record: the longest compile seen with cold caches was 20
STOP_SECONDS = 10.0  # pytest-benchmark writes its JSON meanwhile
POLL_SECONDS = 0.2
MOST_DEATHS = 3
"""Workers of one pass that may die before the rest of its cases is given up."""

Progress = Callable[[int, str], None]
"""Told how many records there are in all, and what is going on."""


@dataclass(frozen=True)
class Pass:
    """One worker's share: every case of a backend, in an order of its own."""

    number: int
    backend: str

    def __str__(self) -> str:
        return f"{self.backend}-pass{self.number}"

    def order(self, cases: Iterable[Case]) -> list[Case]:
        """Shuffled, so that a drift of the machine falls on all alike; grouped by what shares its inputs."""
        mine = [case for case in cases if case.backend == self.backend]
        random.Random(str(self)).shuffle(mine)
        return sorted(mine, key=lambda case: (case.dtype, case.size))


def passes(plan: Plan) -> list[Pass]:
    """The passes of a run, in the order in which they run."""
    return [Pass(0, backend) for backend in dict.fromkeys(case.backend for case in plan.cases)]


def run(folder: Path, plan: Plan, progress: Progress) -> None:
    """Do what is missing of a plan."""
    for share in passes(plan):
        run_pass(folder, plan, share, progress)


def run_pass(folder: Path, plan: Plan, share: Pass, progress: Progress) -> None:
    """Start workers until every case of the pass has a record."""
    cases, reason = share.order(plan.cases), ""
    for _ in range(MOST_DEATHS):
        if not results.missing(cases, folder, share.number):
            return
        status, reason = run_worker(folder, plan, share, progress)
        if left := results.missing(cases, folder, share.number):
            results.append(folder, Record(left[0], status, reason, pass_number=share.number))
    given_up = [
        Record(case, "error", f"given up: {reason}", pass_number=share.number)
        for case in results.missing(cases, folder, share.number)
    ]
    results.append(folder, *given_up)


def run_worker(folder: Path, plan: Plan, share: Pass, progress: Progress) -> tuple[Status, str]:
    """Run one worker to its end; what the case in flight is to be told if there is one left."""
    log = folder / "raw" / f"{share}.log"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, log.open("ab") as output:
        start = output.tell()
        worker = subprocess.Popen(
            command(folder, plan, share),
            cwd=environment.ROOT,
            env=environment.worker_variables(plan.choice.threads) | dict.fromkeys(environment.COMPILE_CACHES, scratch),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt comes to us alone, and we end the worker in good order
        )
        try:
            if not watch(worker, folder, share, progress):
                return "timeout", f"no result in {CASE_TIMEOUT:.0f} s"
        finally:
            stop(worker)
    return "error", why(worker.returncode, log.read_bytes()[start:].decode(errors="replace"))


def command(folder: Path, plan: Plan, share: Pass) -> list[str]:
    """The worker's command line: pytest on one file with one plugin."""
    return [
        plan.interpreters.get(share.backend, sys.executable),
        *("-m", "pytest", str(environment.ROOT / "bench" / "test_speed.py"), "-q", "-s"),
        *("-p", "pytest_benchmark.plugin", "--benchmark-disable-gc", f"--benchmark-json={unused(folder, share)}"),
        *("-p", "no:warnings"),  # a framework's warning is no failure of a measurement
        *(f"--run-folder={folder}", f"--backend={share.backend}", f"--pass-number={share.number}"),
    ]


def unused(folder: Path, share: Pass) -> Path:
    """Where pytest-benchmark writes: never over what another worker of the same pass wrote."""
    names = (f"{share}{suffix}.json" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path for name in names if not (path := folder / "raw" / name).exists())


def watch(worker: subprocess.Popen[bytes], folder: Path, share: Pass, progress: Progress) -> bool:
    """Wait for the worker; False when it has brought no record for too long."""
    size, since = results.size(folder), time.monotonic()
    progress(len(results.rows(folder)), f"{share.backend}: starting")
    while worker.poll() is None:
        if (now := results.size(folder)) != size:
            size, since = now, time.monotonic()
            found = results.rows(folder)
            progress(len(found), latest(found))
        if time.monotonic() - since > CASE_TIMEOUT:
            return False
        time.sleep(POLL_SECONDS)
    return True


def latest(found: list[dict[str, Any]]) -> str:
    """What the last record says, for whoever watches."""
    case, times = found[-1]["case"], found[-1]["block_seconds"]
    figure = f"{statistics.median(times) * 1e6:,.1f} µs" if times else found[-1]["status"]
    return f"{case['backend']} {case['label']} {case['direction']} {case['mode']}: {figure}"


def stop(worker: subprocess.Popen[bytes]) -> None:
    """End a worker and what it started, in good order if it will."""
    if worker.poll() is None:
        worker.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)  # compile workers of a framework outlive it otherwise
    worker.wait()


def why(status: int, output: str) -> str:
    """What ended a worker before its time, in one line."""
    if status < 0:
        return f"the worker was ended by {signal.Signals(-status).name}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (errors or lines or [f"the worker ended with status {status}"])[-1]
