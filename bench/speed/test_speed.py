"""The test by which a worker times a case; its record is on disk before the next case starts."""

from typing import Any

import pytest
from msgspec.structs import replace

from bench.core import results
from bench.core.cases import Case
from bench.speed import timing


def test_speed(case: Case, worker: Any, backend: Any, benchmark: Any) -> None:
    """The case is timed, its output is verified, and its record is appended."""
    worker.leave_if_orphan()
    worker.turns.begin()
    share, sides = worker.share, worker.plan.sides
    look = share.number == 0 and len(sides) == 1  # a comparison needs times alone
    keras = worker.plan.side(share.side).keras
    task = timing.Task(backend, case, keras, worker.verified.get(case.id, ""), look, worker.turns)
    record = timing.measure(task, worker.profile, benchmark)
    worker.leave_if_orphan()  # another runner may have taken over
    cache = worker.programs if record.compile_seconds is not None else ""
    try:
        results.append(worker.folder, replace(record, pass_number=share.number, side=share.side, compile_cache=cache))
    except results.Full as error:
        pytest.exit(str(error), returncode=1)  # the runner meets the same fault and reports it
    if record.status != "ok":
        pytest.fail(f"{record.status}: {record.reason}", pytrace=False)
