"""Whatever happens to the files of a run, it is told in a line that names the file: in `--resume` and in reports."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import command, facts, results, resume
from bench.__main__ import main
from bench.cases import Choice, Record, plan
from bench.cli import run_cli
from bench.results import Plan, Side
from reports import comparison, differences, ends, load, render, tidy
from tests.core.mutants import mutants
from tests.core.sample_run import Maker

FILES = ("environment.json", "plan.json", "owner.json", "divergences.json", "suspects.json", "records.jsonl")
MUTANTS = 12
"""Drawn of each file, beside those that are fixed."""
FACTS = {"version": "1.2.3", "devices": ["cpu"], "modes": ["eager"], "divergences": [], "compile_obstacle": None}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run of two sides with every file that a run has."""
    maker = Maker(tmp_path_factory.mktemp("runs") / "run")
    times = {case: time for case, time in maker.times(("numpy",)).items() if case.activation in ("copy", "relu")}
    records = [row for side in ("base", "head") for row in maker.passes(times, 3, side=side)]
    maker.write_sides(records, profile="quick")
    choice = Choice(("numpy",), ("relu", "gelu"), ("forward",))
    sides = tuple(Side({}, name, f"numpy {version}") for name, version in (("base", "1.2.3"), ("head", "1.3.0")))
    Plan(choice, plan(choice.checked()), sides, second_look=True).save(maker.folder)
    results.write_json(maker.folder / "owner.json", {"process": 1, "since": "2026-01-02T03:04:05+00:00"})
    departure = {"backend": "numpy", "version": "1.2.3", "check": "value", "activation": "relu", "reason": "it departs"}
    results.write_json(maker.folder / "divergences.json", [departure])
    results.write_json(maker.folder / "suspects.json", ["numpy-relu-forward-eager-cpu-float32-1000000-t1"])
    return maker.folder


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole, tmp_path / "run"))


def planned(folder: Path, _plan: Plan, *, reported: bool) -> int:
    """What a resumed run reads before it measures anything, and nothing else."""
    assert not reported
    results.rows(folder)
    results.suspects(folder)
    return 0


@pytest.fixture
def resumed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], int]:
    """`--resume` up to where a worker would start."""

    def probe(names: Any, side: Side) -> dict[str, Any]:
        version = {"": "1.2.3", "base": "1.2.3", "head": "1.3.0"}[side.name]
        return {name: FACTS | {"version": version} for name in names}

    monkeypatch.setattr(facts, "probe", probe)
    monkeypatch.setattr(command, "finish", planned)

    def call(folder: Path) -> int:
        arguments = ["bench", "--results", str(folder.parent), "--no-report", "--resume", folder.name]
        monkeypatch.setattr(sys, "argv", arguments)
        return run_cli(main)

    return call


def reported(folder: Path) -> int:
    """Read a run as reports do, and put it into words."""

    def body() -> int:
        found = load.read(folder)
        table = tidy.table([found])
        differences.departures([found])
        render.as_json([found], table)
        if found.alternated:
            comparison.compare(*ends.sides(found), None)
        return 0

    return run_cli(body)


def judge(status: int, captured: Any, folder: Path, name: str) -> None:
    """Hold what was said to a result, or to one line that names the file, and nothing that a terminal would obey."""
    out, err = captured
    assert "\x1b" not in out + err
    assert status in (0, 2), err
    if status:
        assert err.count("\n") == 1
        assert name in err or "version" in err or folder.name in err, err


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_a_line_in_resume(
    name: str, run: Path, whole: Path, resumed: Callable[[Path], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """Flipped bits, other encodings, nesting, wrong types and missing fields."""
    for _, content in mutants((whole / name).read_bytes(), name, MUTANTS):
        (run / name).write_bytes(content)
        judge(resumed(run), capfd.readouterr(), run, name)
        shutil.copy(whole / "environment.json", run)


@pytest.mark.parametrize("name", [name for name in FILES if name not in ("owner.json", "suspects.json")])
def test_a_damaged_file_is_a_line_in_reports(
    name: str, run: Path, whole: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same mutants."""
    for _, content in mutants((whole / name).read_bytes(), name, MUTANTS):
        (run / name).write_bytes(content)
        judge(reported(run), capfd.readouterr(), run, name)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_file_is_not_read(
    name: str, kind: str, run: Path, resumed: Callable[[Path], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """A pipe that nobody writes to, a device without an end: refused by name, and nothing waits."""
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
    """The labels of its sides tell that the versions are the same, and the facts are written anew."""
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
    """Records of two versions never come together, whatever is damaged."""
    (run / "environment.json").write_bytes(b"{")
    monkeypatch.setattr(facts, "probe", lambda names, _side: {name: FACTS | {"version": "9"} for name in names})

    assert resumed(run) == 2
    assert "measured numpy 1.2.3, and now it is numpy 9" in capfd.readouterr().err


def test_many_damaged_lines_are_counted(
    run: Path, resumed: Callable[[Path], int], capfd: pytest.CaptureFixture[str]
) -> None:
    """Of 200,000 the first are named, in a report as well as where the run goes on."""
    lines = (run / "records.jsonl").read_bytes()
    (run / "records.jsonl").write_bytes(lines + b"{\n" * 2_000)

    assert resumed(run) == 0
    assert len(capfd.readouterr().out.splitlines()) == resume.MOST_NAMED + 1
    (run / "records.jsonl").write_bytes(lines + b"{\n" * 200_000)
    found = load.read(run)
    assert found.damaged_count == 200_000
    assert len(found.damaged) == load.MOST_NAMED + 1
    assert found.damaged[-1] == "records.jsonl: 199,980 more damaged lines"


def test_long_texts_are_cut_where_they_enter(run: Path) -> None:
    """A backend's name of 50 MB is no name; a message of 20 MB, with codes for a terminal, is its beginning."""
    row = json.loads((run / "records.jsonl").read_text().splitlines()[0])
    long = json.loads(json.dumps(row))
    long["case"]["backend"] = "x" * 50_000_000
    told = json.loads(json.dumps(row)) | {"status": "error", "block_seconds": [], "reason": "\x1b[31m" + "y" * 900_000}
    with (run / "records.jsonl").open("a") as file:
        file.write(json.dumps(long) + "\n" + json.dumps(told) + "\n")
    found = load.read(run)

    assert found.damaged_count == 1
    assert "longer than" in found.damaged[0]
    assert found.records[-1]["reason"].startswith("\\x1b[31myyy")
    assert len(found.records[-1]["reason"]) == 1000


def test_long_messages_are_cut_before_they_are_kept(run: Path) -> None:
    """What a framework raises has 20 MB, half a surrogate pair and codes for a terminal."""
    (case, *_) = Plan.load(run).cases
    before = len(results.rows(run))
    results.append(run, Record(case, "error", "\x1b]0;title\x07\ud800" + "z" * 20_000_000, side="head"))

    assert (run / "records.jsonl").stat().st_size < 1_000_000
    assert len(results.rows(run)) == before + 1
    assert results.rows(run)[-1]["reason"].startswith("\\x1b]0;title\\x07\\ud800zz")
