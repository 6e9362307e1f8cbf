"""The table of what can run: backends present, absent and broken, packages, and the folder of results."""

import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from bench import __main__ as entry
from bench.commands import doctor
from bench.core import reporting
from bench.core.cli import run_cli
from bench.core.facts import Facts
from tests.core.installed import GROUPS

PRESENT = {"version": "1.0", "devices": ["cpu", "gpu"], "modes": ["eager", "compiled"], "compile_obstacle": None}
OBSTACLE = "no C++ compiler is installed"
FACTS: Facts = {
    "numpy": {"broken": "ImportError: a \x1b[31mlibrary"},
    "torch": PRESENT | {"compile_obstacle": OBSTACLE},
    "tensorflow": {"absent": "backend 'tensorflow' needs the package 'tensorflow', which is not installed"},
    "jax": PRESENT,
    "mine": {"absent": "backend 'mine' needs the package 'mine', which is not installed"},
}
STATES = {
    "numpy": r"broken: ImportError: a \\x1b\[31mlibrary",
    "torch": rf"1\.0, cpu, gpu, eager, not compiled \({re.escape(OBSTACLE)}\)",
    "tensorflow": r"not installed: python -m pip install .*\[tensorflow\]\"",
    "jax": r"1\.0, cpu, gpu, eager, compiled",
    "mine": "backend 'mine' needs the package 'mine', which is not installed",
    "measuring": "all packages",
    "reports": "all packages",
}


def run(monkeypatch: pytest.MonkeyPatch, facts: Facts, *arguments: str) -> int:
    """Run the command where the backends have these facts, and return its exit status."""

    def probe(*_: Any) -> Facts:
        return facts

    monkeypatch.setattr("bench.core.facts.probe", probe)
    monkeypatch.setattr(sys, "argv", ["bench", "doctor", *arguments])
    return run_cli(entry.main)


def test_each_backend_has_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One that is absent or broken says why, and one that runs says on which devices and whether it compiles."""
    assert run(monkeypatch, FACTS, "--results", str(tmp_path / "a" / "b")) == 0

    lines = capsys.readouterr().out.splitlines()
    table = {name: state for name, _, state in (line.strip().partition(" ") for line in lines[2:])}
    assert table.keys() == {*STATES, "results"}
    for name, pattern in STATES.items():
        assert re.fullmatch(pattern, table[name].strip()), name
    assert table["results"].strip() == str(tmp_path / "a" / "b")
    assert len(lines) < 24  # lines of a small terminal


@pytest.mark.parametrize("name", ["numpy", "tensorflow"])
def test_nothing_that_can_run_is_a_failure(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is 1 where each backend is absent or broken."""
    assert run(monkeypatch, {name: FACTS[name]}) == 1


def test_a_missing_package_is_named_with_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without what measuring needs no backend can run."""
    monkeypatch.setattr(doctor, "PACKAGES", ("click", "no_such_package"))

    assert run(monkeypatch, FACTS) == 1
    assert "  measuring   missing no_such_package: python -m pip install " in capsys.readouterr().out


def test_a_folder_that_cannot_be_made_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A file stands where the folder would be."""
    (tmp_path / "file").touch()
    run(monkeypatch, FACTS, "--results", str(tmp_path / "file" / "results"))

    assert capsys.readouterr().out.endswith("file/results (cannot be written)\n")


def test_the_packages_are_those_of_the_dependency_groups() -> None:
    """A package that a group gains is looked for, too."""
    names = {name: canonicalize_name(dists[0]) for name, dists in packages_distributions().items()}
    worker, reports = ({re.split("[>=]", text)[0] for text in GROUPS[group]} for group in ("worker", "reports"))

    assert {names[package] for package in doctor.PACKAGES} == set(map(canonicalize_name, worker))
    assert {names[package] for package in reporting.PACKAGES} <= set(map(canonicalize_name, reports))
