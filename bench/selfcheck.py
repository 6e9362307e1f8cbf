"""`python -m bench.selfcheck`: the harness measured by itself, on this machine, with a backend of known cost.

Everything goes through the real runner, workers and gate. The table is printed and kept in `selfcheck.json`, where
reports find it. Exit status 1 where a figure misses what is asked for.
"""

import os
import random
import statistics
import sys
import tempfile
import timeit
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from bench import alternation, environment, estimate, plugin, results, runner
from bench.cases import PROFILES, Case, Choice, plan
from bench.cli import run_cli
from bench.results import BASE, HEAD, Plan, Side

NAME = "known"
COSTS = (5, 50, 500, 5_000, 50_000)  # microseconds
COMPILE_SECONDS = 0.5
CLOSE = 0.02
"""Relative: how near a known cost must come out."""
BEYOND = 100e-9
"""Seconds that measuring may add to a call of 1e3 elements."""
SUITE = Choice(backends=(NAME,), sizes=(100_000,), directions=("forward", "backward"), modes=("eager",))
"""62 cases of NumPy, 10 µs to 1 ms each."""
SLOWED = 3
"""Activations that are slowed in a suite of power, forward and backward: six cases of 62, or eight with both gelus."""
SUITE_SECONDS = {"quick": 70.0, "standard": 130.0}


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    asked: str
    seen: str
    holds: bool


class Silent:
    """Nobody watches."""

    def update(self, row: dict[str, Any] | None, what: str) -> None:
        """Nothing is said."""

    def extend(self, count: int) -> None:
        """Nor here."""


def measured(folder: Path, choice: Choice, sides: tuple[Side, ...], *, second_look: bool = False) -> list[Any]:
    """The records of a run."""
    work = Plan(choice, plan(choice), sides, second_look)
    made = results.new_folder(folder, None, work.save)
    runner.run(made, work, Silent())
    return results.rows(made)


def known_costs(folder: Path) -> Iterator[Row]:
    """Costs from 5 µs to 50 ms, spinning and asynchronous, in every direction and mode."""
    choice = Choice(backends=(NAME,), activations=("linear",), sizes=(10,), directions=("forward", "backward", "step"))
    for kind in ("spinning", "asynchronous"):
        for cost in COSTS:
            variables = {"KNOWN_MICROSECONDS": str(cost)} | ({"KNOWN_ASYNC": "1"} if kind == "asynchronous" else {})
            rows = measured(folder, choice, (Side({}, variables=variables),))
            yield deviation(rows, cost * 1e-6, f"a call of {cost:,} µs, {kind}")


def deviation(rows: Sequence[dict[str, Any]], cost: float, what: str) -> Row:
    """The worst of the cases, each told by the median of its blocks."""
    blocks: dict[str, list[float]] = {}
    for row in rows:
        blocks.setdefault(row["case"]["id"], []).extend(row["block_seconds"] or [float("inf")])
    off = {key: statistics.median(found) / cost - 1 for key, found in blocks.items()}
    worst = max(off, key=lambda key: abs(off[key]))
    seen = f"{off[worst]:+.2%}, the worst of {len(off)} ({worst.split('-cpu')[0].removeprefix(NAME + '-')})"
    return Row(what, f"within {CLOSE:.0%}", seen, abs(off[worst]) <= CLOSE)


def known_compile_time(folder: Path) -> Row:
    """A first call that compiles."""
    choice = Choice(backends=(NAME,), activations=("linear",), sizes=(10,), modes=("compiled",), profile="smoke")
    rows = measured(folder, choice, (Side({}, variables={"KNOWN_COMPILE": str(COMPILE_SECONDS)}),))
    compiled = [row for row in rows if row["case"]["mode"] == "compiled"]
    found = [row | {"block_seconds": [row["compile_seconds"] or float("inf")]} for row in compiled]
    return deviation(found, COMPILE_SECONDS, f"compiling for {COMPILE_SECONDS} s")


def cost_of_measuring() -> Row:
    """A measured call of 1e3 elements beyond what `timeit` says of the same call, alternating."""
    import backends
    from bench import timing

    numpy = backends.load("numpy")
    case = Case("numpy", "relu", (), "forward", "eager", "cpu", "float32", 1000, 1)
    prepared = timing.prepare(timing.Task(numpy, case))
    program, (x,) = prepared.program, prepared.arguments[0]
    plain, calls = timeit.Timer("program(x)", globals={"program": program, "x": x}), 256
    attempts = (timing.a_round(numpy, prepared, calls, 1) for _ in range(400))
    both = [(timing.seconds_of(attempt), plain.timeit(calls)) for attempt in attempts]
    seen = statistics.median((ours - theirs) / calls for ours, theirs in both)
    return Row("measuring, beyond timeit, a call of 1e3", "under 100 ns", f"{seen * 1e9:.0f} ns", seen < BEYOND)


@dataclass
class Tally:
    """What suites came to: of those with no or a few slowed cases."""

    suites: int = 0
    alarmed: int = 0
    untouched: int = 0
    same: int = 0
    slowed: int = 0
    found: int = 0

    def add(self, planned: Sequence[Case], chosen: Sequence[str], words: Mapping[str, str]) -> None:
        """One suite: the verdicts by case; one that has none was neither found nor SAME."""
        hit = [words.get(case.id) for case in planned if case.activation in chosen]
        free = [words.get(case.id) for case in planned if case.activation not in chosen]
        self.suites += 1
        self.alarmed += "SLOWER" in free or "FASTER" in free
        self.untouched += len(free)
        self.same += free.count("SAME")
        self.slowed += len(hit)
        self.found += hit.count("SLOWER")

    def __str__(self) -> str:
        power = f", {self.found} of {self.slowed} slowed cases found" if self.slowed else ""
        return f"{self.alarmed} of {self.suites} suites alarmed, {self.same / self.untouched:.1%} SAME{power}"


def suites(folder: Path, profile: str, share: float, count: int) -> Tally:
    """Suites of both sides of one code, some of its activations slowed on one of them."""
    tally, choice = Tally(), replace(SUITE, profile=profile)
    planned = [case for case in plan(choice) if not case.is_reference]
    names = sorted({case.activation for case in planned})
    for seed in range(count):
        chosen = random.Random(f"{profile}-{seed}").sample(names, SLOWED) if share else []
        variables = {"KNOWN_SLOWED": ",".join(chosen), "KNOWN_SHARE": str(share)}
        rows = measured(folder, choice, (Side({}, BASE), Side({}, HEAD, variables=variables)), second_look=True)
        tally.add(
            planned,
            chosen,
            {
                verdict.key: verdict.word
                for verdict in alternation.decided(rows, PROFILES[profile].passes, PROFILES[profile].margin)
            },
        )
        say(f"  {profile}, {share:.0%} slower: {tally}")
    return tally


def some(repetitions: int) -> int:
    """Suites of power: each has six cases to be found or more."""
    return (repetitions + 3) // 4


def alarms_and_power(folder: Path, repetitions: int) -> Iterator[Row]:
    """Identical code, then 10 % at the quick profile and 5 % at the standard one."""
    if not repetitions:
        return
    tally = suites(folder, "quick", 0.0, repetitions)
    what = f"false alarms in {repetitions} suites of {tally.untouched // repetitions} cases, quick"
    yield Row(what, "0", f"{tally.alarmed}; {tally.same / tally.untouched:.1%} of the cases SAME", not tally.alarmed)
    for profile, share in (("quick", 0.10), ("standard", 0.05)):
        tally = suites(folder, profile, share, some(repetitions))
        seen = f"{tally.found} of {tally.slowed}; {tally.alarmed} of {tally.suites} suites alarmed beside them"
        yield Row(f"a case {share:.0%} slower is found, {profile}", "95 %", seen, tally.found >= 0.95 * tally.slowed)


def say(text: str) -> None:
    """A line for the reader, now."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def table(rows: Sequence[Row]) -> None:
    """The rows on the terminal."""
    from rich.console import Console
    from rich.table import Table

    found = Table(title="The harness measured", box=None, pad_edge=False)
    for name in ("what", "asked", "seen", ""):
        found.add_column(name)
    for row in rows:
        found.add_row(row.what, row.asked, row.seen, "holds" if row.holds else "[bold red]misses")
    Console(width=120).print(found)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--repetitions", default=20, show_default=True, type=click.IntRange(0), help="Suites of identical code.")
@click.option("--results", "folder", default="results", show_default=True, type=click.Path(path_type=Path))
def main(folder: Path, repetitions: int) -> int:
    """Measure the harness: known costs, false alarms on identical code, power, and what measuring itself costs."""
    powers = some(repetitions) * (SUITE_SECONDS["quick"] + SUITE_SECONDS["standard"])
    say(f"about {estimate.words(130 + repetitions * SUITE_SECONDS['quick'] + powers)}")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as scratch:
        site = str(plugin.install(Path(scratch) / "site", NAME, "bench.known_cost"))
        sys.path.append(site)
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), site)))
        runs = Path(scratch) / "runs"
        checks = [known_costs(runs), iter([known_compile_time(runs)]), iter([cost_of_measuring()])]
        for row in (row for check in (*checks, alarms_and_power(runs, repetitions)) for row in check):
            rows.append(row)
            say(f"{row.what}: {row.seen}{'' if row.holds else ' (misses)'}")
    table(rows)
    machine = environment.machine()
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"time": machine["time"], "machine": machine, "rows": [asdict(row) for row in rows]}
    results.write_json(folder / "selfcheck.json", kept)
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(run_cli(main))
