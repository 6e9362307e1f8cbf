"""The execution of a run: passes of the backends in turn, and a record for every case, whatever its outcome.

A pass is a fresh process (a worker) of one backend, thread count and side, which measures every case once, in its own
order. Passes of the backends follow each other, starting with another backend each time; those of the two sides of a
comparison run together and take turns block by block, and the side that goes first alternates. A worker appends each
record as it finishes; when it dies, a fresh one resumes at the case in flight, and a case that ends its worker twice
gets a record with the reason.
"""

import contextlib
import os
import random
import select
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core import environment, facts, results
from bench.core.cases import PROFILES, Case, Status
from bench.core.progress import Progress
from bench.core.results import Plan
from bench.speed.turns import RunnerTurns

if TYPE_CHECKING:
    from bench.core.record import Record

CASE_TIMEOUT = float(os.environ.get("BENCH_CASE_TIMEOUT", "300"))
"""The most seconds without a record; the longest compilation seen with cold caches took 20."""
STOP_SECONDS = 10.0  # pytest-benchmark writes its JSON meanwhile
POLL_SECONDS = 0.2
OUTPUT_BYTES = 2**20
"""The bytes at the end of a worker's output that are searched for the reason of its end."""
MOST_DEATHS = 10
"""The number of consecutive workers that may end without a record before a pass is given up; a timeout counts as 5."""


@dataclass(frozen=True)
class Pass:
    """The work of one worker: every case of a backend and thread count on a side, or some of them."""

    number: int
    backend: str
    threads: int = 1
    side: str = ""
    only: frozenset[str] | None = None
    """The ids of the cases of a second look."""

    def __str__(self) -> str:
        parts = (self.backend, f"t{self.threads}", self.side, f"pass{self.number}")
        return "-".join(part for part in parts if part)

    def programs(self, folder: Path, plan: Plan) -> Path:
        """Return the folder of this pass's compiled programs, one per environment and thread count."""
        place = Path(plan.programs) if plan.programs else folder / "programs"
        return place / "-".join(part for part in (self.backend, self.side, f"t{self.threads}") if part)

    def finds_programs(self, folder: Path, plan: Plan) -> bool:
        """Return whether an earlier pass or run left compiled programs; those of this pass do not count."""
        if not environment.keeps_programs(self.backend) or (self.number == 0 and not plan.programs):
            return False
        return any(self.programs(folder, plan).glob("*"))

    def order(self, cases: Iterable[Case]) -> list[Case]:
        """Return the cases of this pass, shuffled alike on both sides and grouped by dtype and size of inputs."""
        chosen = [c for c in cases if (c.backend, c.threads) == (self.backend, self.threads)]
        chosen = [c for c in chosen if c.is_reference or self.only is None or c.id in self.only]
        random.Random(f"{self.backend}-{self.number}").shuffle(chosen)
        return sorted(chosen, key=lambda case: (case.dtype, case.size))


def pass_groups(plan: Plan, numbers: Iterable[int], only: frozenset[str] | None = None) -> Iterator[tuple[Pass, ...]]:
    """Yield the passes of these numbers in the order in which they run, those of both sides together."""
    keys = {(case.backend, case.threads): None for case in plan.cases if only is None or case.id in only}
    shares, sides = list(keys), [side.name for side in plan.sides]
    for number in numbers:
        first = number % len(shares) if shares else 0
        for backend, threads in shares[first:] + shares[:first]:
            rotated_sides = sides if number % 2 == 0 else sides[::-1]
            yield tuple(Pass(number, backend, threads, side, only) for side in rotated_sides)


def run(folder: Path, plan: Plan, progress: Progress) -> None:
    """Measure the missing cases of a plan: its passes, then the second look at what may have changed."""
    first = PROFILES[plan.choice.profile].passes
    for shares in pass_groups(plan, range(first)):
        run_passes(folder, plan, shares, progress)
    if plan.second_look:
        from bench.speed import alternation

        only, more = alternation.second_look(folder, plan)
        fresh = list(pass_groups(plan, range(first, first + more), only))
        progress.extend(sum(len(cases) for shares in fresh for cases in missing(folder, plan, shares).values()))
        for shares in fresh:
            run_passes(folder, plan, shares, progress)
    if not plan.programs:
        shutil.rmtree(folder / "programs", ignore_errors=True)


def missing(folder: Path, plan: Plan, shares: Iterable[Pass]) -> dict[Pass, list[Case]]:
    """Return the cases that each pass has yet to measure."""
    return {s: results.missing(s.order(plan.cases), folder, s.number, s.side) for s in shares}


def run_passes(folder: Path, plan: Plan, shares: tuple[Pass, ...], progress: Progress) -> None:
    """Start workers until every case of the passes has a record.

    A worker that dies may have been killed from outside: its case is tried once more, and fails at a second death.
    """
    warm = {share: share.finds_programs(folder, plan) for share in shares}
    remaining, attempts, reason, deaths = missing(folder, plan, shares), set[tuple[Pass, Case]](), "", 0
    while any(remaining.values()) and deaths < MOST_DEATHS:
        failures = run_workers(folder, plan, {share: warm[share] for share in shares if remaining[share]}, progress)
        before, remaining = remaining, missing(folder, plan, shares)
        deaths = 0 if remaining != before else deaths + 1
        for share, status, reason, case in failures:
            if case in remaining[share] and (status == "timeout" or (share, case) in attempts):
                results.append(folder, failed_record(case, status, reason, share))
                remaining[share].remove(case)
            attempts.add((share, case))
            deaths += 4 if status == "timeout" else 0
    abandoned = (
        failed_record(case, "error", f"given up: {reason}", share) for share in shares for case in remaining[share]
    )
    results.append(folder, *abandoned)


def failed_record(case: Case, status: Status, reason: str, share: Pass) -> "Record":
    """Return the record of a case without a time."""
    from bench.core.record import Record

    return Record.of(case, status, reason, pass_number=share.number, side=share.side)


@dataclass
class Worker:
    """A process that measures a pass."""

    share: Pass
    process: subprocess.Popen[bytes]
    log: Path
    start: int
    """The offset in the log at which its output begins."""
    turns: RunnerTurns | None

    @property
    def output(self) -> str:
        """The last OUTPUT_BYTES of its output."""
        with self.log.open("rb") as log:
            log.seek(max(self.start, log.seek(0, os.SEEK_END) - OUTPUT_BYTES))
            return log.read(OUTPUT_BYTES).decode(errors="replace")


End = tuple[Pass, Status, str, Case]
"""A pass, the status and reason for the case in flight when its worker ended, and that case."""


def run_workers(folder: Path, plan: Plan, shares: dict[Pass, bool], progress: Progress) -> list[End]:
    """Run a worker for each pass to its end, interleaved if there are several; return the cases that ended workers.

    The values of `shares` say whether a pass finds compiled programs.
    """
    killed = environment.killed_for_memory()
    workers: list[Worker] = []
    try:
        for share, warm in shares.items():
            workers.append(start_worker(folder, plan, share, warm=warm, alone=len(shares) == 1))
        late = watch(workers, folder, progress)
        remaining = missing(folder, plan, shares)  # now: the late worker may still write its record
    finally:
        for worker in workers:
            stop(worker.process)
            if worker.turns:
                worker.turns.close()
    if late:
        reason = f"no result in {CASE_TIMEOUT:.0f} s"
        return [(late.share, "timeout", reason, case) for case in remaining[late.share][:1]]
    status: Status = "out_of_memory" if environment.killed_for_memory() > killed else "error"
    failures = [worker for worker in workers if remaining[worker.share]]
    return [(w.share, status, error_line(w.process.returncode, w.output), remaining[w.share][0]) for w in failures]


def start_worker(folder: Path, plan: Plan, share: Pass, *, warm: bool, alone: bool) -> Worker:
    """Start a worker and return it."""
    log, turns = folder / "raw" / f"{share}.log", None if alone else RunnerTurns()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command(folder, plan, share, warm=warm), *([f"--turns={turns.pipes}"] if turns else [])],
            cwd=environment.ROOT,
            env=variables(folder, plan, share),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt reaches the runner alone, which ends the worker in good order
            pass_fds=(turns.worker_read_end, turns.worker_write_end) if turns else (),
        )
        if turns:
            turns.close_worker_ends()
        return Worker(share, process, log, output.tell(), turns)


def command(folder: Path, plan: Plan, share: Pass, *, warm: bool) -> list[str]:
    """Return the command line of a worker: pytest on one file with one plugin."""
    return [
        plan.side(share.side).interpreters.get(share.backend, sys.executable),
        # -P and importlib: nothing but PYTHONPATH decides which `backends` is measured
        *("-P", "-m", "pytest", str(environment.ROOT / "bench" / "speed" / "test_speed.py"), "-q", "-s"),
        "--import-mode=importlib",
        *("-p", "pytest_benchmark.plugin", "--benchmark-disable-gc", f"--benchmark-json={unused_path(folder, share)}"),
        *("-p", "no:warnings", "-p", "no:cacheprovider"),  # a warning of a framework is not a failure
        *(f"--run-folder={folder}", f"--backend={share.backend}", f"--threads={share.threads}"),
        *(f"--side={share.side}", f"--pass-number={share.number}", f"--runner={os.getpid()}"),
        f"--programs={'warm' if warm else 'cold'}",
    ]


def variables(folder: Path, plan: Plan, share: Pass) -> dict[str, str]:
    """Return the environment variables of a worker: its threads, its compile cache, the checkout that it measures."""
    side = plan.side(share.side)
    requested = environment.backend_variables(share.backend, share.programs(folder, plan))
    values = environment.worker_variables(share.threads) | requested | side.variables
    if side.keras:
        values["KERAS_BACKEND"] = share.backend
    if side.checkout:
        values["PYTHONPATH"] = os.pathsep.join((facts.shadow(folder / "raw", side), values["PYTHONPATH"]))
    return values


def unused_path(folder: Path, share: Pass) -> Path:
    """Return an unused path for pytest-benchmark's JSON: another worker of the same pass may have written one."""
    names = (f"{share}{suffix}.json" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path for name in names if not (path := folder / "raw" / name).exists())


def watch(workers: Sequence[Worker], folder: Path, progress: Progress) -> Worker | None:
    """Wait for the workers and pass the turn on; return the worker that has it at a timeout, None without a timeout."""
    tail, last_record, holder = results.Tail(folder), time.monotonic(), workers[0]
    progress.update(None, f"{holder.share.backend}: starting")
    waiting = {worker.turns.read_end: worker for worker in workers if worker.turns}
    if holder.turns:
        holder.turns.give()
    while True:
        ended = all(worker.process.poll() is not None for worker in workers)
        for record in tail.read():
            last_record = time.monotonic()
            progress.update(record, summary(record))
        if ended:
            return None
        if time.monotonic() - last_record > CASE_TIMEOUT:
            return holder
        until = time.monotonic() + POLL_SECONDS
        while (wait := until - time.monotonic()) > 0:
            for pipe in select.select(list(waiting), [], [], wait)[0]:
                holder = next_holder(waiting, pipe, holder)


def next_holder(waiting: dict[int, Worker], pipe: int, holder: Worker) -> Worker:
    """Return the worker that has the turn after a worker gave it back or exited."""
    worker = waiting[pipe]
    if not (worker.turns and worker.turns.take_back()):
        del waiting[pipe]
        if holder is not worker:
            return holder  # it exited while it waited
    others = [other for other in waiting.values() if other is not worker] or list(waiting.values())
    if not others:
        return worker
    if others[0].turns:
        others[0].turns.give()
    return others[0]


def summary(record: "Record") -> str:
    """Return a record as one line for the progress display."""
    case, times = record.case, record.block_seconds
    figure = f"{statistics.median(times) * 1e6:,.1f} µs" if times else record.status
    return f"{case.backend} {case.label} {case.direction} {case.mode}: {figure}"


def stop(worker: subprocess.Popen[bytes]) -> None:
    """End a worker and the processes that it started, in good order if it responds."""
    try:
        if worker.poll() is None:
            worker.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(STOP_SECONDS)
    finally:  # a second interrupt does not wait
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)  # a framework's compile workers would outlive it otherwise
        worker.wait()


def error_line(status: int, output: str) -> str:
    """Return in one line why a worker ended early."""
    if status < 0:
        return f"the worker was ended by {signal.Signals(-status).name}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return (errors or lines or [f"the worker ended with status {status}"])[-1]
