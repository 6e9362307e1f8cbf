"""The steps of `python -m bench selfcheck`: install the backend of known cost, run the checks, and store the table."""

import contextlib
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
from bench.selfcheck.checks import NAME, SUITE_SECONDS, Tally

SUITES_FILE = "selfcheck-suites.jsonl"
COST_SECONDS = 240
"""The seconds of the checks that are no suites."""


def start(folder: Path, repetitions: int, *, long: bool = False) -> int:
    """Run all checks, or only gather suites of identical code; return 1 where a figure misses its limit."""
    folder.mkdir(parents=True, exist_ok=True)  # a folder that cannot be written is refused before minutes of checks
    if long:
        return gather(folder, repetitions)
    power_seconds = checks.power_suites(repetitions) * (SUITE_SECONDS["quick"] + SUITE_SECONDS["standard"])
    echo(f"about {estimate.duration(COST_SECONDS + repetitions * SUITE_SECONDS['quick'] + power_seconds)}")
    rows = []
    with runs_of_known_cost() as runs:
        for row in run_checks(runs, repetitions):
            rows.append(row)
            echo(f"{row.what}: {row.seen}{'' if row.holds else ' (misses)'}")
    checks.table(rows)
    machine = environment.machine()
    content = {"time": machine["time"], "machine": machine, "rows": msgspec.to_builtins(rows)}
    results.write_json(folder / "selfcheck.json", content)
    return 0 if all(row.holds for row in rows) else FAILED


@contextlib.contextmanager
def runs_of_known_cost() -> Iterator[Path]:
    """Yield a temporary folder for runs, with the backend of known cost installed."""
    with tempfile.TemporaryDirectory() as scratch:
        site = str(plugin.install(Path(scratch) / "site", NAME, "bench.selfcheck.known_cost"))
        sys.path.append(site)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), site)))
        yield Path(scratch) / "runs"


def gather(folder: Path, repetitions: int) -> int:
    """Measure more suites of identical code, add them to those of earlier invocations, and print what they show.

    Each suite is stored as it ends. Return 1 where any of them raised an alarm.
    """
    path = folder / SUITES_FILE
    with runs_of_known_cost() as runs:
        for _ in range(repetitions):
            tally = checks.suites(runs, "quick", 0.0, 1)
            with path.open("a") as file:
                file.write(msgspec.json.encode(tally).decode() + "\n")
    every = [msgspec.json.decode(line, type=Tally) for line in path.read_text().splitlines() if line]
    suites, alarmed = len(every), sum(tally.alarmed for tally in every)
    same, cases = sum(tally.same for tally in every), sum(tally.untouched for tally in every)
    echo(f"{alarmed} of {suites} suites of identical code alarmed: at most {upper_bound(alarmed, suites):.1%} do")
    echo(f"(95 % confidence); {same / cases:.1%} of {cases:,} cases are SAME; the suites are kept in {path}")
    return FAILED if alarmed else 0


def upper_bound(count: int, trials: int) -> float:
    """Return the one-sided 95 % bound of Clopper and Pearson (1934) on a rate: 299 clean suites bound it at 1 %."""
    from scipy import stats

    return 1.0 if count == trials else float(stats.beta.ppf(0.95, count + 1, trials - count))


def run_checks(runs: Path, repetitions: int) -> Iterator[Check]:
    """Yield the row of each check as it ends."""
    yield from checks.known_costs(runs)
    yield checks.known_compile_time(runs)
    yield checks.cost_of_measuring()
    yield checks.cold_inputs()
    yield checks.position_effect(runs)
    yield from checks.alarms_and_power(runs, repetitions)
