"""The summary of all suites: counts from their files, one table, one exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import outcomes
from tests.outcomes import Suite

ROOT = Path(__file__).parents[2]
TEST = """
import pytest

def test_right():
    pass

@pytest.mark.xfail
def test_expected():
    raise ValueError

def test_wrong():
    raise ValueError

def test_new(findings):
    from tests.findings import Finding
    findings.settle([Finding("NEW", "gelu value", "ulp 1 -> 9", "2.5"), Finding("SAME", "elu value")])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two outcomes."""
    counts = dict.fromkeys(("passed", "failed", "error", "skipped", "xfailed", "xpassed"), 0)
    new = {"verdict": "NEW", "subject": "gelu", "message": "", "input": ""}
    seconds = {"test_a.py::test_one": 0.5, "test_a.py::test_two": 2.25, "test_b.py::test_one": 2.5}
    core: dict[str, Any] = {**counts, "passed": 7, "xfailed": 2, "findings": [], "seconds": seconds}
    torch: dict[str, Any] = {**counts, "failed": 2, "error": 1, "findings": [new, new | {"verdict": "FIXED"}]}
    torch["seconds"] = {"test_a.py::test_one": 9.0}
    for name, stored in (("core", core), ("torch", torch)):
        (tmp_path / f"{name}.json").write_text(json.dumps(stored))
    return tmp_path


def test_outcomes(folder: Path) -> None:
    """Expected failures count as passed, errors as failed; a suite that died early has no counts."""
    assert outcomes.read(folder, {"core": 0, "torch": 1, "jax": 139}) == [
        Suite("core", 0, passed=9),
        Suite("torch", 1, failed=3, new=1),
        Suite("jax", 139, is_complete=False),
    ]


def test_the_table_ends_in_a_total(folder: Path) -> None:
    """The table has a line for each suite, then the sums."""
    head, *rows, total = outcomes.table(outcomes.read(folder, {"core": 0, "torch": 1, "jax": 139}))

    assert head.split() == ["suite", "passed", "failed", "new", "upstream"]
    assert [row.split()[:4] for row in rows] == [["core", "9", "0", "0"], ["torch", "0", "3", "1"], ["jax", *"---"]]
    assert "exit status 139" in rows[2]
    assert total.strip("= ") == "3 failed, 9 passed, 1 new upstream, 1 unfinished in 3 suites"


def test_durations(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The slowest files and tests of all suites stand before the table, the longest first."""
    outcomes.main(str(folder), "core=0", "torch=1", "jax=139", "--durations=2")
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    assert lines[:6] == [
        ["slowest", "files"],
        ["9.0", "s", "torch:", "test_a.py"],
        ["2.8", "s", "core:", "test_a.py"],
        ["slowest", "tests"],
        ["9.0", "s", "torch:", "test_a.py::test_one"],
        ["2.5", "s", "core:", "test_b.py::test_one"],
    ]


@pytest.mark.parametrize(
    ("statuses", "status"), [({"core": 0, "torch": 0}, 0), ({"core": 0, "torch": 1, "jax": 139}, 1), ({"core": 5}, 5)]
)
def test_the_first_failing_status_counts(
    folder: Path, capsys: pytest.CaptureFixture[str], statuses: dict[str, int], status: int
) -> None:
    """The exit status is the first failing one, whatever the later ones are."""
    assert outcomes.main(str(folder), *(f"{name}={n}" for name, n in statuses.items())) == status
    assert capsys.readouterr().out.count("\n") == len(statuses) + 2


@pytest.mark.parametrize("strict", [False, True], ids=["", "strict upstream"])
def test_a_run_writes_what_it_came_to(tmp_path: Path, strict: bool) -> None:
    """The file has counts and findings; a new divergence fails only with `--strict-upstream`."""
    (tmp_path / "test_sample.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", f"--outcome={tmp_path / 'sample.json'}"]
    arguments = [*(["--strict-upstream"] if strict else []), "test_sample.py"]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [*command, *arguments], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    stored = json.loads((tmp_path / "sample.json").read_text())
    assert [stored[name] for name in ("passed", "failed", "xfailed", "status")] == [1 + (not strict), 1 + strict, 1, 1]
    assert [f["verdict"] for f in stored["findings"]] == ["NEW"]
    tests = ("test_right", "test_expected", "test_wrong", "test_new")
    assert set(stored["seconds"]) == {f"test_sample.py::{name}" for name in tests}
    assert "NEW gelu value at 2.5: ulp 1 -> 9" in result.stdout
