"""A run: passes of the backends in turn, and a record for every case whatever becomes of it.

A pass is a fresh process (a worker) of one backend, thread count and side, which measures every case once, in an order
of its own. Passes of the backends follow each other and who goes first rotates; those of the two sides of a comparison
run together and take turns block by block, and the first one is the other's second. A worker appends each record
as it finishes; when it dies, a fresh one goes on with the case that was in flight, and a case that ends its worker
twice gets a record with the reason.
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
from typing import Any, Protocol

from bench import environment, facts, results
from bench.cases import PROFILES, Case, Record, Status
from bench.results import Plan
from bench.turns import Seat

CASE_TIMEOUT = float(os.environ.get("BENCH_CASE_TIMEOUT", "300"))
"""Seconds without a record; the longest compile seen with cold caches was 20."""
STOP_SECONDS = 10.0  # pytest-benchmark writes its JSON meanwhile
POLL_SECONDS = 0.2
OUTPUT_BYTES = 2**20
"""Of a worker's output that are looked through for what ended it."""
MOST_DEATHS = 10
"""Times in a row that workers may end without a record before a pass is given up; a time-out counts for 5."""


class Progress(Protocol):
    """Whoever watches."""

    def update(self, row: dict[str, Any] | None, what: str) -> None:
        """A record as it comes, or what else is going on."""

    def extend(self, count: int) -> None:
        """So many more records are to come than was planned."""


@dataclass(frozen=True)
class Pass:
    """One worker's share: every case of a backend and thread count on a side, or some of them."""

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
        """Where the compiler of this pass keeps what it made: a folder per environment and thread count."""
        place = Path(plan.programs) if plan.programs else folder / "programs"
        return place / "-".join(part for part in (self.backend, self.side, f"t{self.threads}") if part)

    def finds_programs(self, folder: Path, plan: Plan) -> bool:
        """Whether an earlier pass, or run, left it any: what its own workers left each other does not count."""
        if not environment.keeps_programs(self.backend) or (self.number == 0 and not plan.programs):
            return False
        return any(self.programs(folder, plan).glob("*"))

    def order(self, cases: Iterable[Case]) -> list[Case]:
        """Shuffled by the number alone, so that both sides have one order; grouped by what shares its inputs."""
        mine = [c for c in cases if (c.backend, c.threads) == (self.backend, self.threads)]
        mine = [c for c in mine if c.is_reference or self.only is None or c.id in self.only]
        random.Random(f"{self.backend}-{self.number}").shuffle(mine)
        return sorted(mine, key=lambda case: (case.dtype, case.size))


def together(plan: Plan, numbers: Iterable[int], only: frozenset[str] | None = None) -> Iterator[tuple[Pass, ...]]:
    """The passes of these numbers, in the order in which they run; those of both sides at the same time."""
    able = {(case.backend, case.threads): None for case in plan.cases if only is None or case.id in only}
    shares, sides = list(able), [side.name for side in plan.sides]
    for number in numbers:
        first = number % len(shares) if shares else 0
        for backend, threads in shares[first:] + shares[:first]:
            turned = sides if number % 2 == 0 else sides[::-1]
            yield tuple(Pass(number, backend, threads, side, only) for side in turned)


def run(folder: Path, plan: Plan, progress: Progress) -> None:
    """Do what is missing of a plan: its passes, then the second look at what may have changed."""
    first = PROFILES[plan.choice.profile].passes
    for shares in together(plan, range(first)):
        run_passes(folder, plan, shares, progress)
    if plan.second_look:
        from bench import alternation

        only, more = alternation.second_look(folder, plan)
        fresh = list(together(plan, range(first, first + more), only))
        progress.extend(sum(len(left) for shares in fresh for left in missing(folder, plan, shares).values()))
        for shares in fresh:
            run_passes(folder, plan, shares, progress)
    if not plan.programs:
        shutil.rmtree(folder / "programs", ignore_errors=True)


def missing(folder: Path, plan: Plan, shares: Iterable[Pass]) -> dict[Pass, list[Case]]:
    """The cases that each pass has yet to measure."""
    return {s: results.missing(s.order(plan.cases), folder, s.number, s.side) for s in shares}


def run_passes(folder: Path, plan: Plan, shares: tuple[Pass, ...], progress: Progress) -> None:
    """Start workers until every case of the passes has a record.

    A worker that dies may have been killed from outside: its case is tried once more, and a second death is its own.
    """
    warm = {share: share.finds_programs(folder, plan) for share in shares}
    left, tried, reason, deaths = missing(folder, plan, shares), set[tuple[Pass, Case]](), "", 0
    while any(left.values()) and deaths < MOST_DEATHS:
        ends = run_workers(folder, plan, {share: warm[share] for share in shares if left[share]}, progress)
        before, left = left, missing(folder, plan, shares)
        deaths = 0 if left != before else deaths + 1
        for share, status, reason, case in ends:
            if case in left[share] and (status == "timeout" or (share, case) in tried):
                results.append(folder, failed(case, status, reason, share))
                left[share].remove(case)
            tried.add((share, case))
            deaths += 4 if status == "timeout" else 0
    given_up = (failed(case, "error", f"given up: {reason}", share) for share in shares for case in left[share])
    results.append(folder, *given_up)


def failed(case: Case, status: Status, reason: str, share: Pass) -> Record:
    """The record of a case without a time."""
    return Record(case, status, reason, pass_number=share.number, side=share.side)


@dataclass
class Worker:
    """A process that measures a pass."""

    share: Pass
    process: subprocess.Popen[bytes]
    log: Path
    start: int
    """Where its output begins in the log."""
    seat: Seat | None

    @property
    def output(self) -> str:
        """The end of its output."""
        with self.log.open("rb") as log:
            log.seek(max(self.start, log.seek(0, os.SEEK_END) - OUTPUT_BYTES))
            return log.read(OUTPUT_BYTES).decode(errors="replace")


End = tuple[Pass, Status, str, Case]
"""A pass, what is to be said of the case in flight when its worker ended, and that case."""


def run_workers(folder: Path, plan: Plan, shares: dict[Pass, bool], progress: Progress) -> list[End]:
    """Run a worker for each pass, in turns if there are several, to their end; `shares` tells who finds programs."""
    killed = environment.killed_for_memory()
    workers: list[Worker] = []
    try:
        for share, warm in shares.items():
            workers.append(started(folder, plan, share, warm=warm, alone=len(shares) == 1))
        late = watch(workers, folder, progress)
        left = missing(folder, plan, shares)  # now: the late one may yet bring its record
    finally:
        for worker in workers:
            stop(worker.process)
            if worker.seat:
                worker.seat.close()
    if late:
        reason = f"no result in {CASE_TIMEOUT:.0f} s"
        return [(late.share, "timeout", reason, case) for case in left[late.share][:1]]
    status: Status = "out_of_memory" if environment.killed_for_memory() > killed else "error"
    return [(w.share, status, why(w.process.returncode, w.output), left[w.share][0]) for w in workers if left[w.share]]


def started(folder: Path, plan: Plan, share: Pass, *, warm: bool, alone: bool) -> Worker:
    """A worker, running."""
    log, seat = folder / "raw" / f"{share}.log", None if alone else Seat()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command(folder, plan, share, warm=warm), *([f"--turns={seat.pipes}"] if seat else [])],
            cwd=environment.ROOT,
            env=variables(folder, plan, share),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # an interrupt comes to us alone, and we end the worker in good order
            pass_fds=(seat.theirs_in, seat.theirs_out) if seat else (),
        )
        if seat:
            seat.seated()
        return Worker(share, process, log, output.tell(), seat)


def command(folder: Path, plan: Plan, share: Pass, *, warm: bool) -> list[str]:
    """The worker's command line: pytest on one file with one plugin."""
    return [
        plan.side(share.side).interpreters.get(share.backend, sys.executable),
        # -P and importlib: nothing but PYTHONPATH decides which `backends` is measured
        *("-P", "-m", "pytest", str(environment.ROOT / "bench" / "test_speed.py"), "-q", "-s"),
        "--import-mode=importlib",
        *("-p", "pytest_benchmark.plugin", "--benchmark-disable-gc", f"--benchmark-json={unused(folder, share)}"),
        *("-p", "no:warnings", "-p", "no:cacheprovider"),  # a framework's warning is no failure of a measurement
        *(f"--run-folder={folder}", f"--backend={share.backend}", f"--threads={share.threads}"),
        *(f"--side={share.side}", f"--pass-number={share.number}", f"--runner={os.getpid()}"),
        f"--programs={'warm' if warm else 'cold'}",
    ]


def variables(folder: Path, plan: Plan, share: Pass) -> dict[str, str]:
    """The worker's environment: its threads, its compile cache, the checkout that it measures."""
    side = plan.side(share.side)
    kept = environment.asked_variables(share.backend, share.programs(folder, plan))
    found = environment.worker_variables(share.threads) | kept | side.variables
    if side.keras:
        found["KERAS_BACKEND"] = share.backend
    if side.checkout:
        found["PYTHONPATH"] = os.pathsep.join((facts.shadow(folder / "raw", side), found["PYTHONPATH"]))
    return found


def unused(folder: Path, share: Pass) -> Path:
    """Where pytest-benchmark writes: never over what another worker of the same pass wrote."""
    names = (f"{share}{suffix}.json" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path for name in names if not (path := folder / "raw" / name).exists())


def watch(workers: Sequence[Worker], folder: Path, progress: Progress) -> Worker | None:
    """Wait for the workers and hand the turn on; whoever has it when no record has come for too long, None if none."""
    tail, since, holder = results.Tail(folder), time.monotonic(), workers[0]
    progress.update(None, f"{holder.share.backend}: starting")
    seated = {worker.seat.takes: worker for worker in workers if worker.seat}
    if holder.seat:
        holder.seat.turn()
    while True:
        ended = all(worker.process.poll() is not None for worker in workers)
        for row in tail.read():
            since = time.monotonic()
            progress.update(row, said(row))
        if ended:
            return None
        if time.monotonic() - since > CASE_TIMEOUT:
            return holder
        until = time.monotonic() + POLL_SECONDS
        while (wait := until - time.monotonic()) > 0:
            for pipe in select.select(list(seated), [], [], wait)[0]:
                holder = handed_on(seated, pipe, holder)


def handed_on(seated: dict[int, Worker], pipe: int, holder: Worker) -> Worker:
    """Who has the turn after a worker gave it back, or left."""
    worker = seated[pipe]
    if not (worker.seat and worker.seat.done()):
        del seated[pipe]
        if holder is not worker:
            return holder  # it left while it waited
    others = [other for other in seated.values() if other is not worker] or list(seated.values())
    if not others:
        return worker
    if others[0].seat:
        others[0].seat.turn()
    return others[0]


def said(row: dict[str, Any]) -> str:
    """What a record says, for whoever watches."""
    case, times = row["case"], row["block_seconds"]
    figure = f"{statistics.median(times) * 1e6:,.1f} µs" if times else row["status"]
    return f"{case['backend']} {case['label']} {case['direction']} {case['mode']}: {figure}"


def stop(worker: subprocess.Popen[bytes]) -> None:
    """End a worker and what it started, in good order if it will."""
    try:
        if worker.poll() is None:
            worker.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(STOP_SECONDS)
    finally:  # a second interrupt does not wait
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
