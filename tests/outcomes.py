"""Sum up suites that ran one after another: `python -m tests.outcomes FOLDER core=0 browser=1`.

Each suite has written its outcome to FOLDER as NAME.json, unless it died before. The exit status is that of the first
suite that failed. `--durations=N` adds the N slowest files and tests. Only the standard library is imported.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COLUMNS = ("suite", "passed", "failed", "new upstream", "")
FAILED = ("failed", "error")
DURATIONS = "--durations="


@dataclass(frozen=True)
class Suite:
    """The outcome of one suite."""

    name: str
    status: int
    """The exit status of the suite."""
    passed: int = 0
    failed: int = 0
    new: int = 0
    """The number of new differences in the results of a framework, under a setting that is not recorded."""
    is_complete: bool = True

    @property
    def row(self) -> tuple[str, ...]:
        """The suite's line of the table."""
        counts = map(str, (self.passed, self.failed, self.new)) if self.is_complete else ("-", "-", "-")
        return self.name, *counts, self.remark

    @property
    def remark(self) -> str:
        """The remark on an outcome that the counts do not show."""
        if not self.is_complete:
            return f"ended before its tests did, exit status {self.status}"
        return f"exit status {self.status}" if self.status and not self.failed else ""


def read(folder: Path, statuses: Mapping[str, int]) -> list[Suite]:
    """Return the outcome of each suite, in order."""
    return [suite(name, status, folder / f"{name}.json") for name, status in statuses.items()]


def suite(name: str, status: int, path: Path) -> Suite:
    """Return the outcome that a suite wrote, or an incomplete one where it wrote none."""
    if not path.exists():
        return Suite(name, status, is_complete=False)
    stored: dict[str, Any] = json.loads(path.read_text())
    # an expected failure counts as passed
    passed, failed = stored["passed"] + stored["xfailed"], sum(stored[kind] for kind in FAILED)
    return Suite(name, status, passed, failed, sum(f["verdict"] == "NEW" for f in stored["findings"]))


def table(suites: list[Suite]) -> list[str]:
    """Return the lines of the table, the last of them a total like pytest's closing line."""
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


def slowest(folder: Path, names: Iterable[str], count: int) -> list[str]:
    """Return lines of the slowest files and of the slowest tests of all suites, in seconds of the clock."""
    paths = {name: folder / f"{name}.json" for name in names}
    stored = {name: json.loads(path.read_text())["seconds"] for name, path in paths.items() if path.exists()}
    tests = {f"{name}: {test}": time for name, times in stored.items() for test, time in times.items()}
    files: dict[str, float] = {}
    for test, time in tests.items():
        file = test.partition("::")[0]
        files[file] = files.get(file, 0.0) + time
    return [
        line
        for title, times in (("files", files), ("tests", tests))
        for line in (f"slowest {title}", *(f"{times[name]:8.1f} s  {name}" for name in top(times, count)))
    ]


def top(times: dict[str, float], count: int) -> list[str]:
    """Return the names of the longest times, the longest first."""
    return sorted(times, key=times.__getitem__, reverse=True)[:count]


def main(folder: str, *arguments: str) -> int:
    """Print the table; return the status of the first suite that failed."""
    counts = [int(text.removeprefix(DURATIONS)) for text in arguments if text.startswith(DURATIONS)]
    pairs = (text.rpartition("=") for text in arguments if not text.startswith(DURATIONS))
    statuses = {name: int(status) for name, _, status in pairs}
    if counts:
        print("\n".join(slowest(Path(folder), statuses, counts[-1])))  # noqa: T201
    print("\n".join(table(read(Path(folder), statuses))))  # noqa: T201  # the purpose of this command
    return next((status for status in statuses.values() if status), 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
