"""The checks of the harness on this machine: known costs, false alarms, power, the cost of measuring.

Everything goes through the real runner, workers and gate, with a backend of known cost.
"""

import math
import random
import statistics
import timeit
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.core import results
from bench.core.cases import PROFILES, Case, Choice, plan
from bench.core.checks import Check
from bench.core.cli import echo
from bench.core.record import Record
from bench.core.results import BASE, HEAD, Plan, Side
from bench.speed import cache, pairing, runner

NAME = "known"
COSTS = (5, 50, 500, 5_000, 50_000)  # microseconds
COMPILE_SECONDS = 0.5
COST_TOLERANCE = 0.02
"""The largest relative error in a known cost."""
OVERHEAD_SECONDS = 100e-9
"""The most seconds that measuring may add to a call of 1e3 elements."""
COLD_TOLERANCE = 0.1
"""The largest relative difference between a cold set and the largest one; repeated probes differ by 5 to 12 %."""
POSITION_TOLERANCE = 0.005
"""The largest relative effect of a block's position in its cycle."""
SUITE = Choice(backends=(NAME,), sizes=(100_000,), directions=("forward", "backward"), modes=("eager",))
"""A suite of 62 cases of NumPy, 10 µs to 1 ms each."""
SLOWED_ACTIVATIONS = 3
"""The number of activations slowed in a suite that tests power: six cases of 62, or eight with both gelus."""
SUITE_SECONDS = {"quick": 70.0, "standard": 130.0}


class Silent:
    """A progress display that shows nothing."""

    def update(self, record: Record | None, message: str) -> None:
        """Ignore a record and its message."""

    def extend(self, count: int) -> None:
        """Ignore the number of records."""


def measure_run(folder: Path, choice: Choice, sides: tuple[Side, ...], *, second_look: bool = False) -> list[Record]:
    """Measure a run; return its records."""
    work = Plan(choice, plan(choice), sides, second_look)
    run_folder = results.new_folder(folder, None, work.save)
    runner.run(run_folder, work, Silent())
    return results.records(run_folder)


def known_costs(folder: Path) -> Iterator[Check]:
    """Yield the errors in costs from 5 µs to 50 ms, spinning and asynchronous, in every direction and mode."""
    choice = Choice(backends=(NAME,), activations=("linear",), sizes=(10,), directions=("forward", "backward", "step"))
    for kind in ("spinning", "asynchronous"):
        for cost in COSTS:
            variables = {"KNOWN_MICROSECONDS": str(cost)} | ({"KNOWN_ASYNC": "1"} if kind == "asynchronous" else {})
            records = measure_run(folder, choice, (Side({}, variables=variables),))
            times = ((record.case.id, record.block_seconds or (math.inf,)) for record in records)
            yield deviation(times, cost * 1e-6, f"a call of {cost:,} µs, {kind}")


def deviation(times: Iterable[tuple[str, Sequence[float]]], cost: float, what: str) -> Check:
    """Return the largest relative error of the cases, each represented by the median of its times."""
    blocks: dict[str, list[float]] = {}
    for key, seconds in times:
        blocks.setdefault(key, []).extend(seconds)
    errors = {key: statistics.median(values) / cost - 1 for key, values in blocks.items()}
    worst = max(errors, key=lambda key: abs(errors[key]))
    seen = f"{errors[worst]:+.2%}, the worst of {len(errors)} ({worst.split('-cpu')[0].removeprefix(NAME + '-')})"
    return Check(what, f"within {COST_TOLERANCE:.0%}", seen, abs(errors[worst]) <= COST_TOLERANCE)


def known_compile_time(folder: Path) -> Check:
    """Return the error in the time of a first call that compiles."""
    choice = Choice(backends=(NAME,), activations=("linear",), sizes=(10,), modes=("compiled",), profile="smoke")
    records = measure_run(folder, choice, (Side({}, variables={"KNOWN_COMPILE": str(COMPILE_SECONDS)}),))
    compiled = (record for record in records if record.case.mode == "compiled")
    first_calls = ((record.case.id, (record.compile_seconds or math.inf,)) for record in compiled)
    return deviation(first_calls, COMPILE_SECONDS, f"compiling for {COMPILE_SECONDS} s")


def cost_of_measuring() -> Check:
    """Return the time by which a measured call of 1e3 elements exceeds the same call under `timeit`, interleaved."""
    import backends
    from bench.speed import timing

    numpy = backends.load("numpy")
    case = Case("numpy", "relu", (), "forward", "eager", "cpu", "float32", 1000, 1)
    prepared = timing.prepare(timing.Task(numpy, case))
    program, (x,) = prepared.program, prepared.arguments[0]
    timer, calls = timeit.Timer("program(x)", globals={"program": program, "x": x}), 256
    attempts = (timing.make_round(numpy, prepared, calls, 1) for _ in range(400))
    times = [(timing.seconds_of(attempt), timer.timeit(calls)) for attempt in attempts]
    seen = statistics.median((measured - timed) / calls for measured, timed in times)
    what = "measuring, beyond timeit, a call of 1e3"
    return Check(what, "under 100 ns", f"{seen * 1e9:.0f} ns", seen < OVERHEAD_SECONDS)


def cold_inputs() -> Check:
    """Return whether a set of inputs that is called cold is copied as slowly as the largest set of a probe."""
    probed = cache.probe()
    what = "inputs called cold, against larger sets"
    if probed.cold_bytes not in probed.sizes:
        return Check(what, f"within {COLD_TOLERANCE:.0%}", "the times still rise at the largest set", holds=False)
    cold, largest = probed.seconds[probed.sizes.index(probed.cold_bytes)], probed.seconds[-1]
    hot = min(probed.seconds)
    seen = f"{cold / largest - 1:+.1%} ({probed.cold_bytes // 2**20} MiB; the hottest set {hot / largest - 1:+.0%})"
    return Check(what, f"within {COLD_TOLERANCE:.0%}", seen, abs(cold / largest - 1) <= COLD_TOLERANCE)


def position_effect(folder: Path) -> Check:
    """Return by how much blocks in the last half of their cycles differ from those in the first half."""
    records = [r for r in measure_run(folder, SUITE, (Side({}),)) if len(r.block_seconds) == len(r.extra.positions)]
    halves: tuple[list[float], list[float]] = ([], [])
    for record in records:
        middle, last = statistics.median(record.block_seconds), max(record.extra.positions, default=0)
        for seconds, position in zip(record.block_seconds, record.extra.positions, strict=True):
            halves[position > last / 2].append(math.log(seconds / middle))
    first, second = (statistics.median(half) if half else math.nan for half in halves)
    seen = math.expm1(second - first)
    what = f"late against early in a cycle, {len(halves[0]) + len(halves[1]):,} blocks"
    return Check(what, f"below {POSITION_TOLERANCE:.1%}", f"{seen:+.2%}", abs(seen) < POSITION_TOLERANCE)


@dataclass
class Tally:
    """The counts of suites and cases: alarms among unchanged cases, and slowed cases detected."""

    suites: int = 0
    alarmed: int = 0
    untouched: int = 0
    same: int = 0
    slowed: int = 0
    detected: int = 0

    def add(self, planned: Sequence[Case], chosen: Sequence[str], words: Mapping[str, str]) -> None:
        """Count one suite by the verdicts of its cases; a case without a verdict was neither detected nor SAME."""
        slowed_words = [words.get(case.id) for case in planned if case.activation in chosen]
        unchanged_words = [words.get(case.id) for case in planned if case.activation not in chosen]
        self.suites += 1
        self.alarmed += "SLOWER" in unchanged_words or "FASTER" in unchanged_words
        self.untouched += len(unchanged_words)
        self.same += unchanged_words.count("SAME")
        self.slowed += len(slowed_words)
        self.detected += slowed_words.count("SLOWER")

    def __str__(self) -> str:
        power = f", {self.detected} of {self.slowed} slowed cases found" if self.slowed else ""
        return f"{self.alarmed} of {self.suites} suites alarmed, {self.same / self.untouched:.1%} SAME{power}"


def suites(folder: Path, profile: str, share: float, count: int) -> Tally:
    """Measure suites with the same code on both sides, some of its activations slowed on one side."""
    tally, choice = Tally(), replace(SUITE, profile=profile)
    planned = [case for case in plan(choice) if not case.is_reference]
    names = sorted({case.activation for case in planned})
    for seed in range(count):
        chosen = random.Random(f"{profile}-{seed}").sample(names, SLOWED_ACTIVATIONS) if share else []
        variables = {"KNOWN_SLOWED": ",".join(chosen), "KNOWN_SHARE": str(share)}
        records = measure_run(folder, choice, (Side({}, BASE), Side({}, HEAD, variables=variables)), second_look=True)
        tally.add(
            planned,
            chosen,
            {
                verdict.key: verdict.word
                for verdict in pairing.decide(records, PROFILES[profile].replicates, PROFILES[profile].margin)
            },
        )
        echo(f"  {profile}, {share:.0%} slower: {tally}")
    return tally


def power_suites(repetitions: int) -> int:
    """Return the number of suites that test power: each has six or more cases to detect."""
    return (repetitions + 3) // 4


def alarms_and_power(folder: Path, repetitions: int) -> Iterator[Check]:
    """Yield the results of identical code, then of 10 % at the quick profile and 5 % at the standard one."""
    if not repetitions:
        return
    tally = suites(folder, "quick", 0.0, repetitions)
    what = f"false alarms in {repetitions} suites of {tally.untouched // repetitions} cases, quick"
    yield Check(what, "0", f"{tally.alarmed}; {tally.same / tally.untouched:.1%} of the cases SAME", not tally.alarmed)
    for profile, share in (("quick", 0.10), ("standard", 0.05)):
        tally = suites(folder, profile, share, power_suites(repetitions))
        seen = f"{tally.detected} of {tally.slowed}; {tally.alarmed} of {tally.suites} suites alarmed beside them"
        what = f"a case {share:.0%} slower is found, {profile}"
        yield Check(what, "95 %", seen, tally.detected >= 0.95 * tally.slowed)


def table(rows: Sequence[Check]) -> None:
    """Print the rows as a table."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(title="The harness measured", box=None, pad_edge=False)
    for name in ("what", "asked", "seen", ""):
        grid.add_column(name)
    for row in rows:
        grid.add_row(row.what, row.limit, row.seen, "holds" if row.holds else "[bold red]misses")
    Console(width=120).print(grid)
