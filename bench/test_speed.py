"""Time one case: pytest-benchmark's view of the worker. Its record is on disk before the next case starts."""

from dataclasses import replace
from typing import Any

import pytest

from bench import results, timing
from bench.cases import Case


def test_speed(case: Case, worker: Any, backend: Any, benchmark: Any) -> None:
    """The case's time, its output verified."""
    if worker.is_orphan():
        pytest.exit("the runner is gone")
    record = replace(timing.measure(backend, case, worker.profile, benchmark), pass_number=worker.number)
    results.append(worker.folder, record)
    if record.status != "ok":
        pytest.fail(f"{record.status}: {record.reason}", pytrace=False)
