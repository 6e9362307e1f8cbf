"""The conformance suite under a processor that this one is not: what is ours is held, what is not is compared."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench import plugin

ROOT = Path(__file__).parents[2]
PRETENCE = """
from bench import setting

setting.vendor = lambda: {vendor!r}
setting.instruction_set = lambda: {instruction_set!r}
"""
SELECTED = "relu6-float64 or silu-float64 or test_float64[relu6] or test_float64[silu]"


@dataclass
class Ran:
    """One run of the suite."""

    status: int
    out: str
    outcome: dict[str, Any] = field(default_factory=dict)

    def verdicts(self) -> list[tuple[str, str]]:
        """Return what was found of a subject, and of which."""
        return [(finding["verdict"], finding["subject"].split(" ")[0]) for finding in self.outcome["findings"]]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the backend installed, its behaviour recorded in one setting, and pretences of two."""
    site = plugin.install(tmp_path_factory.mktemp("site"), "differing", "tests.core.differing_backend")
    for name, vendor, instruction_set in (("recorded", "maker", "wide"), ("elsewhere", "other", "narrow")):
        text = PRETENCE.format(vendor=vendor, instruction_set=instruction_set)
        (site / f"pretence_{name}.py").write_text(text)
    assert run(site, "recorded", "", "--record").status == 0
    return site


def run(site: Path, where: str, differing: str, *arguments: str) -> Ran:
    """Run a few tests of the suite in a setting, with functions that differ."""
    path = site / "outcome.json"
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", f"pretence_{where}"),
        *("tests/conformance/test_float64.py", "tests/conformance/test_values.py"),
        *("--backend", "differing", "--recorded", str(site / "recorded"), f"--outcome={path}", "-k", SELECTED),
    ]
    variables = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{site}", "DIFFERING": differing}
    done = subprocess.run([*command, *arguments], cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert path.exists(), done.stdout + done.stderr
    return Ran(done.returncode, done.stdout + done.stderr, json.loads(path.read_text()))


def test_another_setting_is_compared(site: Path) -> None:
    """The same results under another vendor and instruction set: everything is SAME, nothing fails."""
    ran = run(site, "elsewhere", "")

    assert ran.status == 0, ran.out
    assert ran.outcome["same"] > 0
    assert ran.verdicts() == []


def test_what_the_framework_computes_may_differ(site: Path) -> None:
    """It is NEW, with an input that shows it, and the run passes."""
    ran = run(site, "elsewhere", "silu")

    assert ran.status == 0, ran.out
    assert {*ran.verdicts()} == {("NEW", "silu"), ("NEW", "silu-value-float64-eager")}
    assert all(float(finding["input"]) for finding in ran.outcome["findings"])
    assert "NEW silu value float64 eager at " in ran.out


def test_strict_upstream(site: Path) -> None:
    """With --strict-upstream the same fails."""
    assert run(site, "elsewhere", "silu", "--strict-upstream").status == 1


def test_our_own_code_is_held_everywhere(site: Path) -> None:
    """What is ours and differs fails under the other setting too."""
    ran = run(site, "elsewhere", "relu6")

    assert ran.status == 1
    assert "relu6 value float64 eager: scaled is" in ran.out


def test_where_it_was_recorded_everything_is_held(site: Path) -> None:
    """In the recorded setting whatever differs fails, and nothing is a finding."""
    assert run(site, "recorded", "").status == 0
    ran = run(site, "recorded", "silu")

    assert ran.status == 1
    assert ran.verdicts() == []


def test_another_setting_is_recorded_beside(site: Path, tmp_path: Path) -> None:
    """Recording a part elsewhere leaves every other record as it is, and holds there from then on."""
    before = {path: path.read_text() for path in sorted((site / "recorded").rglob("*.json"))}
    assert before
    folder = Path(shutil.copytree(site / "recorded", tmp_path / "recorded"))
    there = ("--recorded", str(folder))
    assert run(site, "elsewhere", "silu", "--record", *there).status == 0

    assert all((folder / path.relative_to(site / "recorded")).read_text() == text for path, text in before.items())
    assert run(site, "elsewhere", "silu", *there).status == 0
    assert run(site, "elsewhere", "", *there).status == 1
