"""Damage to any file of a run is reported in a line that names the file, by `--resume` and by reports."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main
from bench.core import facts, results
from bench.core.cases import Choice, plan
from bench.core.cli import run_cli
from bench.core.record import Record
from bench.core.results import Plan, Side
from bench.speed import command, resume
from reports import render
from reports.comparison import comparison, sides
from reports.data import load, tidy
from reports.recorded import differences
from tests.core.mutants import mutants
from tests.core.sample_run import RunFactory

FILES = ("environment.json", "plan.json", "owner.json", "divergences.json", "suspects.json", "records.jsonl")
MUTANTS = 12
"""The number of mutants drawn of each file, beside the fixed ones."""
FACTS = {"version": "1.2.3", "devices": ["cpu"], "modes": ["eager"], "divergences": [], "compile_obstacle": None}


@pytest.fixture(scope="module")
def complete_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small run of two sides with every file that a run has."""
    factory = RunFactory(tmp_path_factory.mktemp("runs") / "run")
    times = {case: time for case, time in factory.times(("numpy",)).items() if case.activation in ("copy", "relu")}
    records = [row for side in ("base", "head") for row in factory.passes(times, 3, side=side)]
    factory.write_sides(records, profile="quick")
    choice = Choice(("numpy",), ("relu", "gelu"), ("forward",))
    both = tuple(Side({}, name, f"numpy {version}") for name, version in (("base", "1.2.3"), ("head", "1.3.0")))
    Plan(choice, plan(choice.checked()), both, second_look=True).save(factory.folder)
    results.write_json(factory.folder / "owner.json", {"process": 1, "since": "2026-01-02T03:04:05+00:00"})
    divergence = {
        "backend": "numpy",
        "version": "1.2.3",
        "check": "value",
        "activation": "relu",
        "reason": "it departs",
    }
    results.write_json(factory.folder / "divergences.json", [divergence])
    results.write_json(factory.folder / "suspects.json", ["numpy-relu-forward-eager-cpu-float32-1000000-t1"])
    return factory.folder


@pytest.fixture
def run(complete_run: Path, tmp_path: Path) -> Path:
    """Return a copy of the whole run."""
    return Path(shutil.copytree(complete_run, tmp_path / "run"))


def read_plan(folder: Path, _plan: Plan, *, reported: bool) -> int:
    """Read what a resumed run reads before it measures, and nothing else."""
    assert not reported
    results.records(folder)
    results.suspects(folder)
    return 0


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], int]:
    """Return a function that runs `--resume` up to the start of a worker."""

    def probe(names: Any, side: Side) -> dict[str, Any]:
        version = {"": "1.2.3", "base": "1.2.3", "head": "1.3.0"}[side.name]
        return {name: FACTS | {"version": version} for name in names}

    monkeypatch.setattr(facts, "probe", probe)
    monkeypatch.setattr(command, "finish", read_plan)

    def call(folder: Path) -> int:
        arguments = ["bench", "--results", str(folder.parent), "--no-report", "--resume", folder.name]
        monkeypatch.setattr(sys, "argv", arguments)
        return run_cli(main)

    return call


def reported(folder: Path) -> int:
    """Read a run as reports do, and render its data."""

    def body() -> int:
        run = load.read(folder)
        table = tidy.table([run])
        differences.find_divergences([run])
        render.as_json([run], table)
        if run.alternated:
            comparison.compare(*sides.of_run(run), None)
        return 0

    return run_cli(body)


def judge(status: int, captured: Any, folder: Path, name: str) -> None:
    """Check that the output is a result or one line that names the file, without terminal control codes."""
    out, err = captured
    assert "\x1b" not in out + err
    assert status in (0, 2), err
    if status:
        assert err.count("\n") == 1
        assert name in err or "version" in err or folder.name in err, err


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_a_line_in_resume(
    name: str, run: Path, complete_run: Path, resumed: Callable[[Path], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """Flipped bits, other encodings, nesting, wrong types and missing fields give a result or one line."""
    for _, content in mutants((complete_run / name).read_bytes(), name, MUTANTS):
        (run / name).write_bytes(content)
        judge(resumed(run), capfd.readouterr(), run, name)
        shutil.copy(complete_run / "environment.json", run)


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("owner.json", "suspects.json")])
def test_a_damaged_file_is_a_line_in_reports(
    name: str, run: Path, complete_run: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same mutants give a result or one line in reports."""
    for _, content in mutants((complete_run / name).read_bytes(), name, MUTANTS):
        (run / name).write_bytes(content)
        judge(reported(run), capfd.readouterr(), run, name)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_read(
    name: str, kind: str, run: Path, resumed: Callable[[Path], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """A pipe without a writer, an endless device and a folder are refused by name, and nothing waits."""
    (run / name).unlink()
    if kind == "pipe":
        os.mkfifo(run / name)
    elif kind == "device":
        (run / name).symlink_to("/dev/zero")
    else:
        (run / name).mkdir()

    judge(resumed(run), capfd.readouterr(), run, name)
    judge(reported(run), capfd.readouterr(), run, name)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"sides": {"base": {"backends": {"numpy": {"version": 1}}}}}', None])
def test_a_run_with_damaged_facts_goes_on(
    content: bytes | None, run: Path, resumed: Callable[[Path], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """The labels of the sides show that the versions are the same, and the facts are written anew."""
    (run / "environment.json").unlink()
    if content is not None:
        (run / "environment.json").write_bytes(content)

    assert resumed(run) == 0
    assert "environment.json" in capfd.readouterr().out
    about = json.loads((run / "environment.json").read_text())
    assert about["sides"]["head"]["backends"]["numpy"]["version"] == "1.3.0"
    assert (run / "environment.json.damaged").exists() == (content is not None)


def test_a_run_with_damaged_facts_of_another_version_is_refused(
    run: Path, monkeypatch: pytest.MonkeyPatch, resumed: Callable[[Path], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """Records of two versions are never mixed, whatever is damaged."""
    (run / "environment.json").write_bytes(b"{")
    monkeypatch.setattr(facts, "probe", lambda names, _side: {name: FACTS | {"version": "9"} for name in names})

    assert resumed(run) == 2
    assert "measured numpy 1.2.3, and now it is numpy 9" in capfd.readouterr().err


def test_many_damaged_lines_are_counted(
    run: Path, resumed: Callable[[Path], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """Only the first of 200,000 damaged lines are named, in a report and when the run goes on."""
    lines = (run / "records.jsonl").read_bytes()
    (run / "records.jsonl").write_bytes(lines + b"{\n" * 2_000)

    assert resumed(run) == 0
    assert len(capfd.readouterr().out.splitlines()) == resume.MOST_NAMED + 1
    (run / "records.jsonl").write_bytes(lines + b"{\n" * 200_000)
    read_run = load.read(run)
    assert read_run.damaged_count == 200_000
    assert len(read_run.damaged) == load.MOST_NAMED + 1
    assert read_run.damaged[-1] == "records.jsonl: 199,980 more damaged lines"


def test_long_texts_are_cut_where_they_enter(run: Path) -> None:
    """A backend name of 50 MB is damage; a long message with terminal codes is escaped and cut."""
    row = json.loads((run / "records.jsonl").read_text().splitlines()[0])
    oversized = json.loads(json.dumps(row))
    oversized["case"]["backend"] = "x" * 50_000_000
    failure = json.loads(json.dumps(row)) | {
        "status": "error",
        "block_seconds": [],
        "reason": "\x1b[31m" + "y" * 900_000,
    }
    with (run / "records.jsonl").open("a") as file:
        file.write(json.dumps(oversized) + "\n" + json.dumps(failure) + "\n")
    read_run = load.read(run)

    assert read_run.damaged_count == 1
    assert "longer than" in read_run.damaged[0]
    assert read_run.records[-1].reason.startswith("\\x1b[31myyy")
    assert len(read_run.records[-1].reason) == 1000


def test_long_messages_are_cut_before_they_are_kept(run: Path) -> None:
    """A message of 20 MB with a lone surrogate and terminal codes is escaped and cut before it is stored."""
    (case, *_) = Plan.load(run).cases
    before = len(results.records(run))
    results.append(run, Record.of(case, "error", "\x1b]0;title\x07\ud800" + "z" * 20_000_000, side="head"))

    assert (run / "records.jsonl").stat().st_size < 1_000_000
    assert len(results.records(run)) == before + 1
    assert results.records(run)[-1].reason.startswith("\\x1b]0;title\\x07\\ud800zz")
