"""The conformance suite under another processor: this project's code is held, the framework's is compared."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.selfcheck import plugin

ROOT = Path(__file__).parents[2]
PRETENCE = """
from bench.core import setting

setting.vendor = lambda: {vendor!r}
setting.instruction_set = lambda: {instruction_set!r}
"""
SELECTED = "relu6-float64 or silu-float64 or test_float64[relu6] or test_float64[silu]"


@dataclass
class SuiteRun:
    """The result of a run of the suite."""

    status: int
    out: str
    outcome: dict[str, Any] = field(default_factory=dict)

    def verdicts(self) -> list[tuple[str, str]]:
        """Return the verdict and the subject of each finding."""
        return [(finding["verdict"], finding["subject"].split(" ")[0]) for finding in self.outcome["findings"]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the backend, its behaviour recorded in one setting, and two pretended processors."""
    site = plugin.install(tmp_path_factory.mktemp("site"), "differing", "tests.core.differing_backend")
    for name, vendor, instruction_set in (("recorded", "maker", "wide"), ("elsewhere", "other", "narrow")):
        text = PRETENCE.format(vendor=vendor, instruction_set=instruction_set)
        (site / f"pretence_{name}.py").write_text(text)
    assert run(site, "recorded", "", "--record").status == 0
    return site


def run(site: Path, where: str, differing: str, *arguments: str) -> SuiteRun:
    """Run a few tests of the suite in a setting, with functions that differ."""
    path = site / "outcome.json"
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", f"pretence_{where}"),
        *("tests/conformance/test_float64.py", "tests/conformance/test_values.py"),
        *("--backend", "differing", "--recorded", str(site / "recorded"), f"--outcome={path}", "-k", SELECTED),
    ]
    variables = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}", "DIFFERING": differing}
    result = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    assert path.exists(), result.stdout + result.stderr
    return SuiteRun(result.returncode, result.stdout + result.stderr, json.loads(path.read_text()))


def test_another_setting_is_compared(site: Path) -> None:
    """The same results under another vendor and instruction set are all SAME, and nothing fails."""
    suite_run = run(site, "elsewhere", "")

    assert suite_run.status == 0, suite_run.out
    assert suite_run.outcome["same"] > 0
    assert suite_run.verdicts() == []


def test_what_the_framework_computes_may_differ(site: Path) -> None:
    """A difference is NEW, with an input that shows it, and the run passes."""
    suite_run = run(site, "elsewhere", "silu")

    assert suite_run.status == 0, suite_run.out
    assert {*suite_run.verdicts()} == {("NEW", "silu"), ("NEW", "silu-value-float64-eager")}
    assert all(float(finding["input"]) for finding in suite_run.outcome["findings"])
    assert "NEW silu value float64 eager at " in suite_run.out


def test_strict_upstream(site: Path) -> None:
    """With `--strict-upstream` the same difference fails."""
    assert run(site, "elsewhere", "silu", "--strict-upstream").status == 1


def test_our_own_code_is_held_everywhere(site: Path) -> None:
    """A difference in this project's code fails under the other setting too."""
    suite_run = run(site, "elsewhere", "relu6")

    assert suite_run.status == 1
    assert "relu6 value float64 eager: scaled is" in suite_run.out


def test_where_it_was_recorded_everything_is_held(site: Path) -> None:
    """In the recorded setting any difference fails, and nothing is a finding."""
    assert run(site, "recorded", "").status == 0
    suite_run = run(site, "recorded", "silu")

    assert suite_run.status == 1
    assert suite_run.verdicts() == []


def test_another_setting_is_recorded_beside(site: Path, tmp_path: Path) -> None:
    """Recording a part in another setting leaves other records as they are, and holds there from then on."""
    before = {path: path.read_text() for path in sorted((site / "recorded").rglob("*.json"))}
    assert before
    folder = Path(shutil.copytree(site / "recorded", tmp_path / "recorded"))
    there = ("--recorded", str(folder))
    assert run(site, "elsewhere", "silu", "--record", *there).status == 0

    assert all((folder / path.relative_to(site / "recorded")).read_text() == text for path, text in before.items())
    assert run(site, "elsewhere", "silu", *there).status == 0
    assert run(site, "elsewhere", "", *there).status == 1
