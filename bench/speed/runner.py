"""The execution of a run: replicates of its groups, and a record for every case, whatever its outcome.

A replicate is a set of fresh processes that measures every group once, in its own order. When a worker dies, the
workers are started again at the group in flight; a contender that ends its worker twice gets a record with the reason,
and the group is measured without it.
"""

import itertools
import math
import os
import shutil
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.core import environment, processors, results
from bench.core.cases import PROFILES, Status
from bench.core.faults import BadInput
from bench.core.progress import Progress
from bench.core.results import Plan
from bench.core.text import one_line
from bench.speed import cache
from bench.speed.groups import Contender, Group, Role, Window, groups, windows

if TYPE_CHECKING:
    from bench.core.record import Record
    from bench.speed.replicate import Setting

TIMEOUT_VARIABLE, CASE_TIMEOUT = "BENCH_CASE_TIMEOUT", 300.0
"""The variable that sets the most seconds without a message, and their default.

The longest compilation seen with cold caches took 20.
"""
MEMORY_SHARE = 0.9
"""The share of the available memory that the workers of a window may fill together."""
MOST_DEATHS = 10
"""The number of workers of a role that may end in a row without a new record before its cases are given up.

A timeout counts as half of it. A worker that ends twice before its first case is given up at once.
"""


def run(folder: Path, plan: Plan, progress: Progress) -> None:
    """Measure the missing groups of a plan: its replicates, then the second look at what may have changed."""
    from bench.speed.replicate import Setting

    setting = Setting(folder, plan, progress, case_timeout(), cold_bytes(folder, plan))
    first, together = PROFILES[plan.choice.profile].replicates, windows_of(plan)
    for replicate, window in itertools.product(range(first), together):
        run_replicate(setting, window, replicate)
    if plan.second_look:
        from bench.speed import pairing

        only, more = pairing.second_look(folder, plan)
        fresh = list(itertools.product(range(first, first + more), together)) if only else []
        progress.extend(sum(expected(folder, plan, window, number, only) for number, window in fresh))
        for number, window in fresh:
            run_replicate(setting, window, number, only)
    if not plan.programs:
        shutil.rmtree(folder / "programs", ignore_errors=True)


def case_timeout() -> float:
    """Return the most seconds without a message of a worker; raise BadInput where the variable holds no such number."""
    text = os.environ.get(TIMEOUT_VARIABLE, str(CASE_TIMEOUT))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise BadInput(f"{TIMEOUT_VARIABLE}={one_line(text, 40)!r} is no number of seconds")
    return seconds


def windows_of(plan: Plan) -> list[Window]:
    """Return the windows of a plan for the memory that is free."""
    return windows(plan, MEMORY_SHARE * environment.available_bytes())


def cold_bytes(folder: Path, plan: Plan) -> int:
    """Return the bytes from which a set of inputs is cold, 0 where the inputs are hot or on another device."""
    if plan.choice.device != "cpu" or plan.choice.cache == "hot":
        return 0
    python = next((p for side in plan.sides for p in side.interpreters.values()), sys.executable)
    core = processors.choose(1, plan.choice.cores or environment.cores())[0]
    return cache.of_run(folder, python, core).cold_bytes


def run_replicate(setting: "Setting", window: Window, replicate: int, only: Collection[str] | None = None) -> None:
    """Start workers until every contender of the replicate has a record.

    A worker that dies may have been killed from outside: its contender is tried once more, and fails at a second death.
    A worker that cannot live takes nothing from the others: its cases fail, and the groups are measured without them.
    """
    from bench.speed.replicate import Session

    folder, plan = setting.folder, setting.plan

    def remaining() -> list[Group]:
        return missing(folder, groups(plan.cases, window, replicate, only))

    warm: dict[Role, bool] = {}

    def finds_programs(role: Role) -> bool:
        return warm.setdefault(role, role.finds_programs(folder, plan))

    attempts, deaths = set[Contender | Role](), Counter[Role]()
    while rest := remaining():
        loss = Session(setting, rest).run(finds_programs)
        if loss is None:
            return
        role, subject = loss.role, loss.contender or loss.role
        if len(remaining()) < len(rest):
            deaths[role] = 0
        deaths[role] += MOST_DEATHS // 2 if loss.status == "timeout" else 1
        if loss.contender and (loss.status == "timeout" or subject in attempts):
            results.append(folder, failed_record(loss.contender, loss.status, loss.reason))
        if deaths[role] >= MOST_DEATHS or (subject == role and subject in attempts):
            lost = [contender for group in remaining() for contender in group.contenders if contender.role == role]
            results.append(folder, *(failed_record(c, loss.status, f"given up: {loss.reason}") for c in lost))
        attempts.add(subject)


def missing(folder: Path, planned: Sequence[Group]) -> list[Group]:
    """Return the groups that are not complete, without contenders that have failed in this replicate or before.

    A group that lacks one contender is measured again as a whole, since figures are compared cycle by cycle.
    """
    replicate = next((c.role.replicate for group in planned for c in group.contenders), 0)
    records = [record for record in results.records(folder) if record.replicate <= replicate]
    failed = {key(record) for record in records if record.status != "ok"}
    measured = {key(record) for record in records if record.replicate == replicate}
    remaining = (group.without(failed) for group in planned)
    return [group for group in remaining if any(contender.key not in measured for contender in group.contenders)]


def expected(folder: Path, plan: Plan, window: Window, replicate: int, only: Collection[str] | None = None) -> int:
    """Return the number of records that a replicate has yet to bring."""
    return sum(len(group.contenders) for group in missing(folder, groups(plan.cases, window, replicate, only)))


def key(record: "Record") -> tuple[str, str, bool]:
    """Return the case, side and twin of a record."""
    return record.case.id, record.side, record.twin


def failed_record(contender: Contender, status: Status, reason: str) -> "Record":
    """Return the record of a case without a time."""
    from bench.core.record import Record

    role = contender.role
    return Record.of(contender.case, status, reason, replicate=role.replicate, side=role.side, twin=role.twin)
