"""The test by which a worker measures its part of a group and sends the records to the runner."""

from typing import Any

import pytest
from msgspec.structs import replace

from bench.speed import channel, measurement


def test_speed(cases: list[str], worker: Any, backend: Any, benchmark: Any) -> None:
    """The cases are timed block by block as the runner says, their outputs are verified, and their records are sent."""
    role = worker.role
    try:
        records = []
        tasks = [worker.task(backend, case) for case in cases]
        for record in measurement.measure_group(tasks, worker.profile, benchmark, worker.channel):
            cache = worker.programs if record.compile_seconds is not None else ""
            identity = {"replicate": role.replicate, "side": role.side, "twin": role.twin}
            records.append(replace(record, compile_cache=cache, **identity))
        worker.channel.send(channel.Finished(records))
    except channel.Closed:
        pytest.exit("the runner is gone")
