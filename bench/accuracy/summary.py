"""What a sweep says at its end: what it cost, what it found, what failed, where it lies."""

import math
import struct
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc

from bench.accuracy.record import COUNTS
from bench.accuracy.shards import LAYOUTS, Shard
from bench.accuracy.work import Failed, Found

PARTS = ("backend", "truth", "statistics")


@dataclass
class Cost:
    """Of some shards: inputs, and processor seconds by part."""

    inputs: int = 0
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, inputs: int, seconds: dict[str, float]) -> None:
        """One more shard."""
        self.inputs += inputs
        self.seconds.update(seconds)

    def row(self) -> list[str]:
        """Shares, ns per input, inputs per second and core."""
        total = sum(self.seconds.values())
        shares = [f"{self.seconds[part] / total:.0%}" if total else "" for part in PARTS]
        return [f"{self.inputs:,}", *shares, f"{total / self.inputs * 1e9:.1f}", f"{rate(self.inputs, total)}"]


@dataclass
class Tally:
    """What a run has done so far. Holds sums, no records."""

    costs: dict[tuple[str, str], Cost] = field(default_factory=dict)
    """By activation and backend."""
    failed: list[tuple[Shard, Failed]] = field(default_factory=list)

    def add(self, shard: Shard, found: Found | Failed) -> None:
        """One more shard."""
        if isinstance(found, Failed):
            self.failed.append((shard, found))
            return
        subject = shard.subject
        self.costs.setdefault((subject.activation, subject.backend), Cost()).add(shard.inputs, found.seconds)


def rate(inputs: int, seconds: float) -> str:
    """Inputs per second, in millions."""
    return f"{inputs / seconds / 1e6:,.1f} M" if seconds else ""


def show(tally: Tally, table: Any) -> None:
    """Print it; `table` holds the records that this sweep is about."""
    from rich.console import Console

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 150)
    if tally.costs:
        console.print(cost_table(tally))
    if len(table):
        console.print(worst_table(table))


def cost_table(tally: Tally) -> Any:
    """Where the time went, by activation and backend, then each backend and all."""
    shown = table_of("Processor time of this run", "activation", "backend")
    for name in ("inputs", *PARTS, "ns per input", "inputs per s and core"):
        shown.add_column(name, justify="right")
    whole = Cost()
    backends: dict[str, Cost] = {}
    for (activation, backend), cost in tally.costs.items():
        shown.add_row(activation.replace("[", "\\["), backend, *cost.row())
        for sum_of in (whole, backends.setdefault(backend, Cost())):
            sum_of.add(cost.inputs, dict(cost.seconds))
    shown.add_section()
    for backend, cost in backends.items():
        shown.add_row("all", backend, *cost.row())
    shown.add_row("all", "all", *whole.row())
    return shown


def worst_table(table: Any) -> Any:
    """The worst value and the worst slope of each backend, dtype and mode, and how many results have no distance.

    `table` has a row per subject, all in one setting per backend.
    """
    bound = pc.max(table["stride"]).as_py() > 1
    title = "Worst errors" + (", lower bounds: not every input was computed" if bound else "")
    shown = table_of(title, "backend", "dtype", "mode", "direction", "activation", "at")
    for name in ("got", "exact", "ulp", *COUNTS):
        shown.add_column(name.replace("nan_swallowed", "NaN swallowed"), justify="right")
    groups = ["backend", "dtype", "mode", "direction"]
    sums = (
        table.group_by(groups).aggregate([(name, "sum") for name in COUNTS]).sort_by([(g, "ascending") for g in groups])
    )
    for group in sums.to_pylist():
        chosen = table.filter(pc.and_kleene(match(table, group, groups), pc.is_finite(table["worst_ulp"])))
        counts = [f"{group[f'{name}_sum']:,}" for name in COUNTS]
        shown.add_row(*(group[name] for name in groups), *worst_row(chosen), *counts)
    return shown


def match(table: Any, row: dict[str, Any], names: list[str]) -> Any:
    """Which rows of a table are like this one."""
    found = pc.equal(table[names[0]], row[names[0]])
    for name in names[1:]:
        found = pc.and_(found, pc.equal(table[name], row[name]))
    return found


def worst_row(table: Any) -> list[str]:
    """Activation, input, result, exact value and distance of the largest one."""
    if not len(table):
        return [""] * 5
    row = table.take([pc.index(table["worst_ulp"], pc.max(table["worst_ulp"])).as_py()]).to_pylist()[0]
    at = value_of(row["worst_bits"], row["dtype"])
    figures = (f"{at:.9g}", f"{row['worst_got']:.9g}", f"{row['worst_truth']:.9g}", f"{row['worst_ulp']:.3f}")
    return [row["activation"].replace("[", "\\["), *figures]


def value_of(bits: int, dtype: str) -> float:
    """The number that has these bits; NaN for none."""
    if bits < 0:
        return math.nan
    if LAYOUTS[dtype].bits == 32:
        return float(struct.unpack("<f", struct.pack("<I", bits))[0])
    if dtype == "bfloat16":
        return float(struct.unpack("<f", struct.pack("<I", bits << 16))[0])
    return float(struct.unpack("<e", struct.pack("<H", bits))[0])


def table_of(title: str, *columns: str) -> Any:
    """A table with columns of text."""
    from rich.table import Table

    shown = Table(title=title, title_justify="left")
    for name in columns:
        shown.add_column(name)
    return shown
