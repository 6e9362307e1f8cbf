"""The worked example of a new metric in CONTRIBUTING, made in a copy of the project."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.core.conftest import ROOT

PLACES = (
    ("bench/core", "    graphs: int | None = None\n", "    {}\n"),
    ("bench/speed", "            calls_per_block=effort.calls * effort.rounds,\n", "            {},\n"),
    ("reports", 'METRICS = (\n    Metric("replicates"', "    {},\n"),
)
"""The folder, the line before which a line of the example is inserted, and the form that the line has there."""
RUN = ("--backend", "numpy", "--activation", "relu", "--direction", "forward", "--profile", "smoke", "--no-report")


def example() -> list[str]:
    """Return the line of each block of the section, without the call around it."""
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("## Add a metric\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n\s*(.*?)\n\s*```", section)
    return [block.removeprefix("record = Record.of(..., ").replace("blocks))", "blocks)") for block in blocks]


def insert(folder: Path, anchor: str, line: str) -> None:
    """Insert a line before the anchor, or within it where it has two lines."""
    (path,) = (path for path in folder.rglob("*.py") if anchor in path.read_text())
    first, separator, second = anchor.partition("\n")
    whole = f"{first}\n{line}{second}" if second else f"{line}{first}{separator}"
    path.write_text(path.read_text().replace(anchor, whole))


def python(folder: Path, *arguments: str) -> None:
    """Run a module of the copy."""
    variables = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", *arguments]
    result = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_three_lines_add_a_metric(tmp_path: Path) -> None:
    """The column has its figure in the CSV file, its meaning in the JSON file, and both are on the page."""
    for layer in ("backends", "bench", "reports"):
        ignored = shutil.ignore_patterns("__pycache__", "examples", "atlas", "*.json.gz")
        shutil.copytree(ROOT / layer, tmp_path / layer, ignore=ignored)
    for (folder, anchor, form), line in zip(PLACES, example(), strict=True):
        insert(tmp_path / folder, anchor, form.format(line))
    python(tmp_path, "bench", *RUN, "--results", "results", "--run", "one")
    python(tmp_path, "reports", "report", "results/one", "--short")
    run = tmp_path / "results" / "one"
    with (run / "table.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["activation"] == "relu"]

    assert rows
    assert all(0 < float(row["fastest_seconds"]) <= float(row["seconds"]) for row in rows)
    meaning = "The fastest block, by the median over replicates."
    assert meaning in json.dumps(json.loads((run / "table.json").read_text()))
    assert meaning in (run / "report.html").read_text()
