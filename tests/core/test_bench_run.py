"""Runs of a dummy backend of known cost, through the real command, runner and workers."""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.core.conftest import Bench


def test_times_are_those_of_the_backend(bench: Bench) -> None:
    """A call of 200 microseconds measures as one, and compiling is timed apart from it."""
    run = bench.small(DUMMY_MICROSECONDS="200", DUMMY_COMPILE="0.3")

    assert run.status == 0, run.err
    for row in run.records:
        assert row["status"] == "ok"
        assert min(row["block_seconds"]) >= 200e-6
    assert min(min(row["block_seconds"]) for row in run.records) < 210e-6
    assert len(run.records) == 9
    assert run.about("relu", "compiled")["compile_seconds"] > 0.3
    assert run.about("relu", "compiled")["graphs"] == 1
    assert run.about("relu")["compile_seconds"] is None


def test_asynchronous_work_is_awaited(bench: Bench) -> None:
    """A call that returns at once is told in what the device takes for it."""
    run = bench.small("--direction", "step", "--mode", "eager", DUMMY_MICROSECONDS="200", DUMMY_ASYNC="1")

    assert all(min(row["block_seconds"]) >= 199e-6 for row in run.records)


def test_everything_is_kept(bench: Bench) -> None:
    """The plan, the machine, pytest-benchmark's own JSON and the worker's output lie in the run's folder."""
    run = bench.small("--run", "mine")

    assert run.folder.name == "mine"
    raw = json.loads((run.folder / "raw" / "dummy-pass0.json").read_text())
    assert {b["extra_info"]["case"] for b in raw["benchmarks"]} == {row["case"]["id"] for row in run.records}
    assert len(raw["benchmarks"][0]["stats"]["data"]) >= 3
    environment = json.loads((run.folder / "environment.json").read_text())
    assert environment["machine"]["cpu"]
    assert environment["backends"]["dummy"]["version"] == "1.0"
    plan = json.loads((run.folder / "plan.json").read_text())
    assert {case["id"] for case in plan["cases"]} == {row["case"]["id"] for row in run.records}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("value", "exact"),
        ("dtype", "dtype is float64, not float32"),
        ("shape", "shape is (999,), not (1000,)"),
        ("nan", "1 entries are not finite"),
    ],
)
def test_a_wrong_value_never_has_a_time(bench: Bench, fault: str, words: str) -> None:
    """It has a status and a reason, the others their times, and the run its exit status."""
    run = bench.small(DUMMY_FAULT=fault)

    assert run.status == 12
    wrong = run.about("relu")
    assert wrong["status"] == "wrong"
    assert words in wrong["reason"]
    assert wrong["block_seconds"] == []
    assert run.about("linear")["status"] == "ok"
    assert words in run.out


def test_a_wrong_gradient_never_has_a_time(bench: Bench) -> None:
    """A backward pass that ignores its cotangent is found."""
    run = bench.small("--direction", "backward", DUMMY_FAULT="cotangent")

    assert run.about("relu", direction="backward")["status"] == "wrong"


@pytest.mark.parametrize(
    ("fault", "mode", "status", "reason"),
    [
        ("eager", "compiled", "error", "NotCompiled: no graph was compiled: the program ran eager"),
        ("memory", "eager", "out_of_memory", "DeviceFull: while allocating 4 TB"),
        ("error", "eager", "error", "RuntimeError: the operation is not implemented"),
    ],
)
def test_a_failure_has_a_status_and_a_reason(bench: Bench, fault: str, mode: str, status: str, reason: str) -> None:
    """And the cases beside it are whole."""
    run = bench.small(DUMMY_FAULT=fault)

    row = run.about("relu", mode)
    assert (row["status"], row["reason"], row["block_seconds"]) == (status, reason, [])
    assert run.about("linear", mode)["status"] == "ok"
    assert run.status == (1 if status == "error" else 0)


def test_compiling_that_cannot_work_is_said_before(bench: Bench) -> None:
    """Compiled cases are unsupported, eager ones are measured."""
    run = bench.small(DUMMY_OBSTACLE="no compiler")

    assert "no compiler" in run.out.splitlines()[0]
    assert run.about("relu", "compiled")["status"] == "unsupported"
    assert run.about("relu")["status"] == "ok"


def test_a_killed_worker_loses_the_case_in_flight_alone(bench: Bench, tmp_path: Path) -> None:
    """A fresh worker takes the rest."""
    run = bench.small(DUMMY_KILL=str(tmp_path / "killed"))

    found = [row["status"] for row in run.records]
    assert sorted(found) == ["error", *["ok"] * 8]
    (lost,) = (row for row in run.records if row["status"] == "error")
    assert lost["reason"] == "the worker was ended by SIGKILL"
    assert run.status == 1


def test_an_interrupted_run_is_resumed(bench: Bench) -> None:
    """What was measured is kept, the command to go on is printed, and it does only what is missing."""
    arguments = ("--backend", "dummy", "--activation", "relu,linear", "--run", "mine", "--profile", "standard")
    bench.variables = {"DUMMY_MICROSECONDS": "20000"}
    with bench.start(*arguments) as process:
        records = bench.results / "mine" / "records.jsonl"
        for _ in range(600):
            if records.exists() and records.read_text().count("\n") >= 2:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    before = records.read_text()

    assert process.returncode == 130
    assert out.splitlines()[-1].endswith(f"-m bench --results {bench.results} --resume mine")
    resumed = bench("--resume", "mine")
    assert resumed.status == 0, resumed.err
    assert records.read_text().startswith(before)
    ids = [row["case"]["id"] for row in resumed.records]
    assert len(ids) == len(set(ids)) == 26


def test_a_run_is_never_overwritten(bench: Bench) -> None:
    """A name that is taken is refused, and the earlier run is untouched."""
    run = bench.small("--run", "mine")
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    again = bench.small("--run", "mine")

    assert again.status == 2
    assert "is there already" in again.err
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


def test_nothing_measured_is_no_success(bench: Bench) -> None:
    """Where every case fails, the exit status says so."""
    run = bench("--backend", "dummy", "--activation", "relu", "--profile", "smoke", DUMMY_FAULT="error")

    assert run.status == 11


def test_a_broken_install_shows_its_own_error(bench: Bench) -> None:
    """One line, before anything is written."""
    run = bench.small(DUMMY_FAULT="load")

    assert run.status == 2
    assert run.err == (
        "error: backend 'dummy' cannot be loaded: ImportError: libdummy.so.1: cannot open shared object file\n"
    )
    assert not run.results.exists()
