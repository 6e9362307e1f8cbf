"""Runs of a dummy backend of known cost, through the real command, runner and workers."""

import csv
import json
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from bench.core import results
from tests.core.conftest import ROOT, Bench

pytestmark = pytest.mark.quiet

RECORDS = 40
"""The records of a small run: 13 cases and 7 of a twin in each of two replicates."""


def test_times_are_those_of_the_backend(bench: Bench) -> None:
    """A call of 200 microseconds has that time, and compiling is timed separately."""
    run = bench.small(KNOWN_MICROSECONDS="200", KNOWN_COMPILE="0.3")

    assert run.status == 0, run.out + run.err
    for row in run.records:
        assert row["status"] == "ok"
        assert min(row["block_seconds"]) >= 200e-6
    assert min(min(row["block_seconds"]) for row in run.records) < 210e-6
    assert len(run.records) == 2 * (4 + 1 + 8)
    compiled = run.record("relu", "compiled")
    assert compiled["compile_seconds"] > 0.3
    assert (compiled["compile_cache"], compiled["graphs"], compiled["recompiles"]) == ("cold", 1, 0)
    assert run.record("relu")["compile_seconds"] is None


def test_asynchronous_work_is_awaited(bench: Bench) -> None:
    """The time of a call that returns at once is what the device takes for it."""
    run = bench.small("--direction", "step", "--mode", "eager", KNOWN_MICROSECONDS="200", KNOWN_ASYNC="1")

    assert all(min(row["block_seconds"]) >= 199e-6 for row in run.records)
    assert run.record("relu", direction="step")["host_seconds"] < 100e-6


def test_everything_is_kept(bench: Bench) -> None:
    """The run's folder has the plan, the machine, pytest-benchmark's own JSON and the worker's output."""
    run = bench.small("--run", "mine")

    assert run.folder.name == "mine"
    raw = json.loads((run.folder / "raw" / "dummy-t1-replicate0.json").read_text())
    assert {b["extra_info"]["case"] for b in raw["benchmarks"]} == {row["case"]["id"] for row in run.records}
    assert len(raw["benchmarks"][0]["stats"]["data"]) >= 1
    environment = json.loads((run.folder / "environment.json").read_text())
    assert environment["machine"]["cpu"]
    assert environment["backends"]["dummy"]["version"] == "1.0"
    plan = json.loads((run.folder / "plan.json").read_text())
    assert {case["id"] for case in plan["cases"]} == {row["case"]["id"] for row in run.records}


def test_pytest_benchmarks_own_tools_tell_our_figures(bench: Bench, tmp_path: Path) -> None:
    """pytest-benchmark's `compare` of raw files shows the seconds a call, rounds and calls of the records."""
    run = bench.small("--mode", "eager", "--direction", "forward", KNOWN_MICROSECONDS="50")
    files = [str(run.folder / "raw" / f"dummy-t1-replicate{number}.json") for number in range(2)]
    table, columns = tmp_path / "table.csv", "min,median,rounds,iterations"
    command = [sys.executable, "-m", "pytest_benchmark", "compare", *files, f"--columns={columns}", f"--csv={table}"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    rows = list(csv.DictReader(table.read_text().splitlines()))

    assert result.stdout.count("test_speed[dummy-relu-") == 2
    relu_rows = [row for row in rows if "dummy-relu-" in row["name"]]
    blocks = [row["block_seconds"] for row in run.records if row["case"]["label"] == "relu"]
    assert sorted(float(row["median"]) for row in relu_rows) == pytest.approx(sorted(map(median, blocks)), rel=0.2)
    for row in relu_rows:
        assert 50e-6 <= float(row["min"]) <= float(row["median"]) < 1e-3
        calls = {len(r["block_seconds"]) * r["calls_per_block"] for r in run.records if r["case"]["label"] == "relu"}
        assert int(row["rounds"]) * int(row["iterations"]) in calls


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("value", "exact"),
        ("dtype", "dtype is float64, not float32"),
        ("shape", "shape is (999,), not (1000,)"),
        ("nan", "1 entries are not finite"),
        ("first", "lies in the memory of another output"),
    ],
)
def test_a_wrong_value_never_has_a_time(bench: Bench, fault: str, words: str) -> None:
    """A wrong case has a status and a reason, the others have times, and the exit status is 12."""
    run = bench.small(DUMMY_FAULT=fault)

    assert run.status == 12
    wrong = run.record("relu")
    assert wrong["status"] == "wrong"
    assert words in wrong["reason"]
    assert wrong["block_seconds"] == []
    assert run.record("linear")["status"] == "ok"
    assert words in run.out


def test_work_that_nobody_waits_for_never_has_a_time(bench: Bench) -> None:
    """Work that goes on after `synchronize` makes the case impossible: the host's time alone is no time."""
    run = bench.small("--mode", "eager", KNOWN_MICROSECONDS="2000", KNOWN_ASYNC="1", DUMMY_FAULT="unwaited")

    assert run.status == 12
    for row in run.records:
        assert (row["status"], row["block_seconds"]) == ("impossible", [])
        assert row["reason"].startswith("computed when it is read")


def test_a_wrong_gradient_never_has_a_time(bench: Bench) -> None:
    """A backward pass that ignores its cotangent is wrong."""
    run = bench.small("--direction", "backward", DUMMY_FAULT="cotangent")

    assert run.record("relu", direction="backward")["status"] == "wrong"


@pytest.mark.parametrize(
    ("fault", "mode", "status", "reason"),
    [
        ("eager", "compiled", "error", "NotCompiled: no graph was compiled: the program ran eager"),
        ("memory", "eager", "out_of_memory", "DeviceFull: while allocating 4 TB"),
        ("error", "eager", "error", "RuntimeError: the operation is not implemented"),
    ],
)
def test_a_failure_has_a_status_and_a_reason(bench: Bench, fault: str, mode: str, status: str, reason: str) -> None:
    """A failing case has a status and a reason, and the other cases are measured."""
    run = bench.small(DUMMY_FAULT=fault)

    row = run.record("relu", mode)
    assert (row["status"], row["reason"], row["block_seconds"]) == (status, reason, [])
    assert run.record("linear", mode)["status"] == "ok"
    assert run.status == (1 if status == "error" else 0)


def test_compiling_that_cannot_work_is_said_before(bench: Bench) -> None:
    """Compiled cases are unsupported, eager ones are measured."""
    run = bench.small(DUMMY_OBSTACLE="no compiler")

    assert "dummy: compiled cases are unsupported here: no compiler" in run.out
    assert run.record("relu", "compiled")["status"] == "unsupported"
    assert run.record("relu")["status"] == "ok"


def test_a_killed_worker_loses_nothing(bench: Bench, tmp_path: Path) -> None:
    """A fresh worker measures the case in flight and the remaining ones."""
    run = bench.small(DUMMY_KILL=str(tmp_path / "killed"))

    assert (tmp_path / "killed").exists()
    assert [row["status"] for row in run.records] == ["ok"] * 26
    assert run.status == 0


def test_a_case_that_ends_its_worker_twice_has_failed(bench: Bench) -> None:
    """The case has a status and a reason, and is not tried again in the next pass."""
    run = bench.small(DUMMY_KILL="always")

    failures = [row for row in run.records if row["status"] != "ok"]
    assert {(row["case"]["label"], row["status"], row["reason"]) for row in failures} == {
        ("relu", "error", "the worker was ended by SIGKILL")
    }
    assert len(failures) == 4
    assert run.status == 1


def test_a_backend_that_cannot_live_takes_nothing_from_the_others(bench: Bench) -> None:
    """A worker that ends before its first case, twice, is given up with a reason; NumPy beside it is measured."""
    options = ("--activation", "relu", "--profile", "smoke", "--mode", "eager", "--direction", "forward")
    run = bench("--backend", "dummy,numpy", *options, DUMMY_FAULT="start")

    outcomes = {(row["case"]["backend"], row["status"], row["reason"]) for row in run.records}
    assert outcomes == {("dummy", "error", "given up: the worker was ended by SIGKILL"), ("numpy", "ok", "")}
    assert run.status == 1


def test_a_worker_that_hangs_is_ended(bench: Bench, tmp_path: Path) -> None:
    """The case in flight gets the status timeout, and the run goes on."""
    run = bench.small(DUMMY_HANG=str(tmp_path / "hung"), BENCH_CASE_TIMEOUT="3")

    late = [row for row in map(json.loads, run.lines) if row["status"] != "ok"]  # the first to call relu may be a twin
    assert [(row["case"]["label"], row["status"], row["reason"]) for row in late] == [
        ("relu", "timeout", "no result in 3 s")
    ]
    assert run.status == 1


def test_a_killed_run_is_resumed_to_the_same_table(bench: Bench) -> None:
    """After kill -9 of the runner, every case of every pass is there once, and earlier records are unchanged."""
    arguments = ("--backend", "dummy", "--activation", "relu,linear", "--run", "mine", "--profile", "smoke")
    bench.variables = {"KNOWN_MICROSECONDS": "3000"}
    with bench.start(*arguments) as process:
        records = bench.results / "mine" / "records.jsonl"
        wait_for_lines(records, 15)
        process.kill()
    with records.open("ab") as file:
        file.write(b'{"case": {"id": "cut sho')
    resumed = bench("--resume", "mine")

    assert resumed.status == 0, resumed.out + resumed.err
    assert "set aside: records.jsonl line" in resumed.out
    rows = results.records(bench.results / "mine")
    keys = [(row.case.id, row.replicate, row.twin) for row in rows]
    assert len(keys) == len(set(keys)) == RECORDS


def test_a_run_that_is_being_written_is_left_alone(bench: Bench) -> None:
    """A second command is refused with the process that is writing the run."""
    arguments = ("--backend", "dummy", "--activation", "relu,linear", "--run", "mine", "--profile", "smoke")
    bench.variables = {"KNOWN_MICROSECONDS": "3000"}
    with bench.start(*arguments) as process:
        wait_for_lines(bench.results / "mine" / "records.jsonl", 1)
        second = bench("--resume", "mine")
        process.send_signal(signal.SIGTERM)  # has the effect of SIGINT, which a background job may ignore
        process.communicate(timeout=60)

    assert second.status == 2
    assert f"is being written by process {process.pid} since " in second.err


def test_a_full_disk_is_said_and_loses_nothing(bench: Bench) -> None:
    """When file sizes are limited the run stops with an error; without the limit it goes on where it was."""
    bench.small("--run", "mine")
    content = (bench.results / "mine" / "records.jsonl").read_bytes()
    code = f"import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, ({len(content) // 2}, -1)); "
    bench.prefix = ("-c", code + "runpy.run_module('bench', run_name='__main__', alter_sys=True)")
    full = bench.small("--run", "full")

    assert full.status == 2
    assert "records.jsonl" in full.err
    assert "--resume full" in full.err
    records = results.records(bench.results / "full")
    assert records
    bench.prefix = ("-m", "bench")
    assert bench("--resume", "full").status == 0
    assert results.records(bench.results / "full")[: len(records)] == records
    keys = {(row.case.id, row.replicate, row.twin) for row in results.records(bench.results / "full")}
    assert len(keys) == RECORDS


def wait_for_lines(path: Path, count: int) -> None:
    """Wait until a file has this many lines, at most 30 s."""
    for _ in range(600):
        if path.exists() and path.read_text().count("\n") >= count:
            return
        time.sleep(0.05)


def test_an_interrupted_run_is_resumed(bench: Bench) -> None:
    """Measured records are kept, the command to go on is printed, and it measures only what is missing."""
    arguments = ("--backend", "dummy", "--activation", "relu,linear", "--run", "mine", "--profile", "smoke")
    bench.variables = {"KNOWN_MICROSECONDS": "3000"}
    with bench.start(*arguments) as process:
        records = bench.results / "mine" / "records.jsonl"
        wait_for_lines(records, 2)
        process.send_signal(signal.SIGTERM)  # has the effect of SIGINT, which a background job may ignore
        out, _ = process.communicate(timeout=60)
    before = records.read_text()

    assert process.returncode == 130
    assert out.splitlines()[-1].endswith(f"-m bench --results {bench.results} --resume mine")
    resumed = bench("--resume", "mine")
    assert resumed.status == 0, resumed.out + resumed.err
    assert records.read_text().startswith(before)
    keys = [(row["case"]["id"], row["replicate"]) for row in resumed.records]
    assert len(keys) == len(set(keys)) == 26


def test_a_run_is_never_overwritten(bench: Bench) -> None:
    """A name in use is refused, and the earlier run is unchanged."""
    run = bench.small("--run", "mine")
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    again = bench.small("--run", "mine")

    assert again.status == 2
    assert "is there already" in again.err
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


def test_nothing_measured_is_no_success(bench: Bench) -> None:
    """The exit status is 11 when every case fails."""
    run = bench("--backend", "dummy", "--activation", "relu", "--profile", "smoke", DUMMY_FAULT="error")

    assert run.status == 11


def test_a_broken_install_shows_its_own_error(bench: Bench) -> None:
    """The error is one line, printed before anything is written."""
    run = bench.small(DUMMY_FAULT="load")

    assert run.status == 2
    assert run.err == (
        "error: backend 'dummy' cannot be loaded: ImportError: libdummy.so.1: cannot open shared object file\n"
    )
    assert not run.results.exists()


def test_a_mode_takes_the_backends_that_have_it(bench: Bench) -> None:
    """A backend without the mode is skipped if no backend was named; NumPy has no compiled mode."""
    run = bench("--activation", "relu", "--profile", "smoke", "--mode", "compiled", "--direction", "forward")

    assert run.status == 0, run.out + run.err
    assert {row["case"]["backend"] for row in run.records} == {"dummy"}


def test_the_plain_table_tells_the_median_of_the_passes(bench: Bench) -> None:
    """Without a report the command prints a line for each case, with the median of the passes."""
    run = bench.small("--mode", "eager", "--direction", "forward", KNOWN_MICROSECONDS="500")

    (line,) = (line for line in run.out.splitlines() if line.startswith("relu forward float32 1000"))
    medians = [statistics.median(r["block_seconds"]) for r in run.records if r["case"]["label"] == "relu"]
    assert float(line.split()[-1]) == pytest.approx(statistics.median(medians) * 1e6, rel=0.01)


def test_two_checkouts_are_compared(bench: Bench) -> None:
    """Base and head are measured in alternation and judged by the report, which a comparison requires."""
    options = ("--base", str(ROOT), "--head", str(ROOT), "--direction", "forward", "--mode", "eager")
    refused = bench.small(*options)
    run = bench.small("--report", *options, KNOWN_MICROSECONDS="2000")

    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert "a comparison is judged by its report" in refused.err
    assert {(row["side"], row["status"]) for row in run.records} == {("base", "ok"), ("head", "ok")}
    verdict = json.loads((run.folder / "verdict.json").read_text())
    assert verdict["counts"]["cases"] == 2
    assert (run.folder / "raw" / "checkout-base" / "backends").resolve() == ROOT / "backends"


def test_a_side_that_dies_does_not_hold_up_the_other(bench: Bench, tmp_path: Path) -> None:
    """The case of the killed worker is tried again while the other side goes on."""
    options = ("--base", sys.executable, "--head", sys.executable, "--direction", "forward", "--mode", "eager")
    run = bench.small("--report", *options, DUMMY_KILL=str(tmp_path / "killed"))

    assert (tmp_path / "killed").exists()
    first = [row for row in run.records if row["replicate"] < 2]
    assert [row["status"] for row in first] == ["ok"] * 16
