"""One replicate of a window: its workers, all alive at once, of which one at a time is measured.

The workers prepare a group at the same time on cores of their own. Then each cycle runs one block of every contender,
in random order, on the cores of measurement, where everything else waits. Then the outputs are verified, again side by
side, and the records of the group are appended together, so that a killed run never holds a part of a group.
"""

import select
import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from bench.core import environment, processors, results
from bench.core.cases import PROFILES, Status
from bench.core.progress import Progress
from bench.core.record import Record
from bench.core.results import Plan
from bench.speed import channel, worker
from bench.speed.groups import Contender, Group, Role, cycle_order
from bench.speed.worker import Start, Worker

INPUT_SHARE = 0.5
"""The share of the available memory that inputs may fill; the rest is for frameworks, outputs and temporaries."""
SETS = 4
"""The sets of inputs that a worker holds: flat inputs for the copy, and inputs and cotangents in rows and half rows."""


@dataclass(frozen=True)
class Loss:
    """The end of a worker: the contender in flight, if there was one, and the status and reason that it gets."""

    role: Role
    contender: Contender | None
    status: Status
    reason: str


@dataclass(frozen=True)
class Setting:
    """What all sessions of a run have in common."""

    folder: Path
    plan: Plan
    progress: Progress
    timeout: float
    """The most seconds without a message of a worker."""
    cold_bytes: int = 0
    """The bytes from which a set of inputs is cold; 0 if it was not probed."""


class LostWorker(Exception):
    """Raised when a worker has ended or does not answer."""

    def __init__(self, lost: Worker, *, late: bool) -> None:
        super().__init__()
        self.worker, self.late = lost, late


class Session:
    """The workers of some groups, from their start to their end."""

    def __init__(self, run: Setting, groups: Sequence[Group]) -> None:
        self.folder, self.plan, self.progress, self.groups = run.folder, run.plan, run.progress, groups
        self.timeout, self.cycles = run.timeout, PROFILES[run.plan.choice.profile].cycles
        self.cold_bytes = run.cold_bytes
        self.workers: dict[Role, Worker] = {}
        self.lanes: list[list[int]] = []
        self.seconds: dict[Role, float] = {}
        """What each worker took when it last worked beside others: the slowest begins first."""

    def run(self, warm: Callable[[Role], bool]) -> Loss | None:
        """Measure the groups; return the worker that was lost, None where all groups are done."""
        killed = environment.killed_for_memory()
        roles = list(dict.fromkeys(c.role for group in self.groups for c in group.everything))
        self.lanes = processors.lanes(roles[0].threads, self.plan.choice.cores)
        try:
            for number, role in enumerate(roles):
                start = Start(
                    self.lanes[number % len(self.lanes)], warm(role), self.cold_bytes, input_bytes(len(roles))
                )
                self.workers[role] = worker.start_worker(self.folder, self.plan, role, start)
            self.progress.update(None, "starting")
            for process in self.workers.values():
                self.send(process, self.work_of(process.role))
            for group in self.groups:
                self.measure(group)
        except LostWorker as lost:
            return self.loss(lost, killed)
        finally:
            worker.stop(list(self.workers.values()))
        return None

    def loss(self, lost: LostWorker, killed: int) -> Loss:
        """Return what a lost worker means for the contender in flight."""
        role, contender = lost.worker.role, lost.worker.in_flight
        if lost.late:
            return Loss(role, contender, "timeout", f"no result in {self.timeout:.0f} s")
        reason = lost.worker.error_line
        status: Status = "out_of_memory" if environment.killed_for_memory() > killed else "error"
        return Loss(role, contender, status, reason)

    def work_of(self, role: Role) -> channel.Groups:
        """Return the groups of a worker."""
        planned = [group for group in self.groups if group.of(role)]
        return channel.Groups([g.name for g in planned], [[c.case.id for c in g.of(role)] for g in planned])

    def measure(self, group: Group) -> None:
        """Measure a group and append its records."""
        workers = {role: self.workers[role] for role in dict.fromkeys(c.role for c in group.everything)}
        home = self.lanes[0]
        answers = self.side_by_side(group, workers, lambda cores: channel.Prepare(cores, home))
        ready = {group.of(role)[number] for role, answer in answers.items() for number in answer.contenders}
        for cycle in range(self.cycles):
            order = (contender for contender in cycle_order(group, cycle) if contender in ready)
            for position, contender in enumerate(order):
                process, number = workers[contender.role], group.of(contender.role).index(contender)
                process.in_flight = contender
                self.send(process, channel.Measure(number, position))
                self.answer(process)
                process.in_flight = None
        finished = self.side_by_side(group, workers, channel.Finish)
        records = {
            contender: record
            for role, answer in finished.items()
            for contender, record in zip(group.of(role), answer.records, strict=True)
        }
        group_records = [with_copy(contender, records) for contender in group.contenders]
        results.append(self.folder, *group_records)
        for record in group_records:
            self.progress.update(record, summary(record))

    def side_by_side(
        self, group: Group, workers: dict[Role, Worker], instruction: Callable[[list[int]], channel.Message]
    ) -> dict[Role, Any]:
        """Let every worker do something at its own pace, on as many sets of cores as there are; return the answers."""
        slowest_first = sorted(workers.values(), key=lambda process: -self.seconds.get(process.role, 0.0))
        queue, running = deque(slowest_first), dict[int, Worker]()
        answers, starts = {}, {}
        while queue or running:
            for lane in range(len(self.lanes)):
                if lane not in running and queue:
                    running[lane] = queue.popleft()
                    starts[lane] = time.monotonic()
                    self.send(running[lane], instruction(self.lanes[lane]))
            for lane in self.pending(running):
                process = running[lane]
                message = self.receive(process)
                if isinstance(message, channel.Working):
                    process.in_flight = group.of(process.role)[message.contender]
                else:
                    process.in_flight = None
                    answers[process.role] = message
                    self.seconds[process.role] = time.monotonic() - starts[lane]
                    del running[lane]
        return answers

    def pending(self, running: dict[int, Worker]) -> list[int]:
        """Wait until a worker has sent something; return the lanes of those that have."""
        handles = {process.channel.read_end: lane for lane, process in running.items()}
        pending = [lane for lane, process in running.items() if process.channel.is_pending]
        pending = pending or [handles[handle] for handle in select.select(list(handles), [], [], self.timeout)[0]]
        if not pending:
            raise LostWorker(next(iter(running.values())), late=True)
        return pending

    def answer(self, process: Worker) -> Any:
        """Return the next message of a worker that is measured."""
        self.pending({0: process})
        return self.receive(process)

    @staticmethod
    def send(process: Worker, message: channel.Message) -> None:
        """Send a message to a worker; raise LostWorker where it has ended."""
        try:
            process.channel.send(message)
        except channel.Closed:
            raise LostWorker(process, late=False) from None

    @staticmethod
    def receive(process: Worker) -> Any:
        """Return the next message of a worker; raise LostWorker where it has ended."""
        try:
            return process.channel.receive()
        except channel.Closed:
            raise LostWorker(process, late=False) from None


def input_bytes(workers: int) -> int:
    """Return the most bytes of a set of inputs, of which each of so many workers holds up to SETS."""
    return int(INPUT_SHARE * environment.available_bytes() / (SETS * workers))


def with_copy(contender: Contender, records: dict[Contender, Record]) -> Record:
    """Return the record of a contender with the seconds of the copy on its worker in the same cycles."""
    record = records[contender]
    copies = (other for c, other in records.items() if c.role == contender.role and c.case.is_copy)
    copy = None if contender.case.is_reference else next(copies, None)
    if copy is None or "ok" not in (record.status, copy.status) or len(copy.block_seconds) != len(record.block_seconds):
        return record
    return replace(record, copy_seconds=copy.block_seconds)


def summary(record: Record) -> str:
    """Return a record as one line for the progress display."""
    case, times = record.case, record.block_seconds
    figure = f"{statistics.median(times) * 1e6:,.1f} µs" if times else record.status
    return f"{case.backend} {case.label} {case.direction} {case.mode}: {figure}"
