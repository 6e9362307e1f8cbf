"""Sum up suites that ran one after another: `python -m tests.outcomes FOLDER core=0 browser=1`.

Each suite has left its outcome in FOLDER as NAME.json, or has died before. The exit status is that of the first suite
that failed. Standard library alone.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COLUMNS = ("suite", "passed", "failed", "new upstream", "")
FAILED = ("failed", "error")


@dataclass(frozen=True)
class Suite:
    """What one suite came to."""

    name: str
    status: int
    """Its exit status."""
    passed: int = 0
    failed: int = 0
    new: int = 0
    """New differences in what a framework computes, under a setting that is not recorded."""
    is_complete: bool = True

    @property
    def row(self) -> tuple[str, ...]:
        """Return the suite's line of the table."""
        counts = map(str, (self.passed, self.failed, self.new)) if self.is_complete else ("-", "-", "-")
        return self.name, *counts, self.remark

    @property
    def remark(self) -> str:
        """Return what the counts do not tell."""
        if not self.is_complete:
            return f"ended before its tests did, exit status {self.status}"
        return f"exit status {self.status}" if self.status and not self.failed else ""


def read(folder: Path, statuses: Mapping[str, int]) -> list[Suite]:
    """Return the outcome of each suite in turn."""
    return [suite(name, status, folder / f"{name}.json") for name, status in statuses.items()]


def suite(name: str, status: int, path: Path) -> Suite:
    """Return what a suite wrote, or that it wrote nothing."""
    if not path.exists():
        return Suite(name, status, is_complete=False)
    stored: dict[str, Any] = json.loads(path.read_text())
    # an expected failure is a test that held
    passed, failed = stored["passed"] + stored["xfailed"], sum(stored[kind] for kind in FAILED)
    return Suite(name, status, passed, failed, sum(f["verdict"] == "NEW" for f in stored["findings"]))


def table(suites: list[Suite]) -> list[str]:
    """Return the lines of the table, the last of them a total as pytest closes with."""
    rows = [COLUMNS, *(suite.row for suite in suites)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:-1], widths[1:-1], strict=True))])
        + (f"  {row[-1]}" if row[-1] else "")
        for row in rows
    ]
    return [*lines, f" {total(suites)} ".center(80, "=")]


def total(suites: list[Suite]) -> str:
    """Return the counts of all suites in words."""
    unfinished = sum(not suite.is_complete for suite in suites)
    counts = {
        "failed": sum(suite.failed for suite in suites),
        "passed": sum(suite.passed for suite in suites),
        "new upstream": sum(suite.new for suite in suites),
        "unfinished": unfinished,
    }
    return ", ".join(f"{n} {word}" for word, n in counts.items() if n or word == "passed") + f" in {len(suites)} suites"


def main(folder: str, *named: str) -> int:
    """Print the table; return the status of the first suite that failed."""
    statuses = {name: int(status) for name, _, status in (text.rpartition("=") for text in named)}
    print("\n".join(table(read(Path(folder), statuses))))  # noqa: T201  # what it is for
    return next((status for status in statuses.values() if status), 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
