"""The facts of a stored run as classes: all of them, or those that are facts."""

from pathlib import Path

from bench.core import decode, reading
from bench.core.machine import Environment, Machine
from bench.core.results import Plan
from reports.data import load
from tests.core.conftest import ROOT

STORED = ROOT / "reports" / "examples" / "nvidia-h200-2026-11-27" / "runs" / "large-torch-compiled"


def test_the_files_of_a_stored_run_are_read() -> None:
    """Machine, versions, plan and divergences of the committed run, as it was written."""
    run, plan = load.read(STORED), Plan.load(STORED)

    assert (run.machine.cpu, run.machine.cores, run.machine.memory_bytes) == (
        "Intel(R) Xeon(R) Processor",
        16,
        135148564480,
    )
    assert run.machine.cores_used is not None
    assert [core.number for core in run.machine.cores_used] == [15]
    assert run.versions() == {"torch": "2.11.0"}
    assert run.divergences is not None
    assert {divergence.backend for divergence in run.divergences} == {"torch"}
    assert {case.id for case in plan.cases} == {record.case.id for record in run.records}
    assert run.plan.choice == plan.choice


def test_a_fact_of_another_type_is_not_recorded(tmp_path: Path) -> None:
    """The others are, whatever else the file holds."""
    path = tmp_path / "environment.json"
    path.write_text('{"machine": {"cpu": 3, "cores": 4, "cores_used": [3], "new": {}}, "variables": [], "sides": 1}')
    recorded = decode.salvage(Environment, reading.json_file(path))

    assert recorded == Environment(machine=Machine(cores=4))
    assert decode.salvage(Environment, []) == Environment()
