"""The steps of `python -m bench selfcheck`: install the backend of known cost, run the checks, and store the table."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from bench.core import environment, estimate, results
from bench.core.checks import Check
from bench.core.cli import FAILED, echo
from bench.selfcheck import checks, plugin
from bench.selfcheck.checks import NAME, SUITE_SECONDS

COST_SECONDS = 130
"""The seconds of the checks that are no suites."""


def start(folder: Path, repetitions: int) -> int:
    """Run all checks; return 1 where a figure misses its limit."""
    folder.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written is refused before minutes of checks
    power_seconds = checks.power_suites(repetitions) * (SUITE_SECONDS["quick"] + SUITE_SECONDS["standard"])
    echo(f"about {estimate.duration(COST_SECONDS + repetitions * SUITE_SECONDS['quick'] + power_seconds)}")
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        site = str(plugin.install(Path(scratch) / "site", NAME, "bench.selfcheck.known_cost"))
        sys.path.append(site)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), site)))
        for row in run_checks(Path(scratch) / "runs", repetitions):
            rows.append(row)
            echo(f"{row.what}: {row.seen}{'' if row.holds else ' (misses)'}")
    checks.table(rows)
    machine = environment.machine()
    content = {"time": machine["time"], "machine": machine, "rows": msgspec.to_builtins(rows)}
    results.write_json(folder / "selfcheck.json", content)
    return 0 if all(row.holds for row in rows) else FAILED


def run_checks(runs: Path, repetitions: int) -> Iterator[Check]:
    """Yield the row of each check as it ends."""
    yield from checks.known_costs(runs)
    yield checks.known_compile_time(runs)
    yield checks.cost_of_measuring()
    yield from checks.alarms_and_power(runs, repetitions)
