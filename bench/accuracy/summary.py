"""The summary of a sweep for the terminal: its cost, worst errors, failures and folder."""

import math
import struct
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc

from bench.accuracy.record import COUNTS
from bench.accuracy.shards import LAYOUTS, Shard
from bench.accuracy.work import Failure, ShardResult

PARTS = ("backend", "truth", "statistics")


@dataclass
class Cost:
    """The cost of some shards: inputs, and processor seconds by part."""

    inputs: int = 0
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, inputs: int, seconds: dict[str, float]) -> None:
        """Add the cost of a shard."""
        self.inputs += inputs
        self.seconds.update(seconds)

    def row(self) -> list[str]:
        """Return the cells of a row: inputs, shares of each part, ns per input, inputs per second and core."""
        total = sum(self.seconds.values())
        shares = [f"{self.seconds[part] / total:.0%}" if total else "" for part in PARTS]
        return [f"{self.inputs:,}", *shares, f"{total / self.inputs * 1e9:.1f}", f"{rate(self.inputs, total)}"]


@dataclass
class Tally:
    """The results of a run so far, as sums without records."""

    costs: dict[tuple[str, str], Cost] = field(default_factory=dict)
    """The costs by activation and backend."""
    failed: list[tuple[Shard, Failure]] = field(default_factory=list)

    def add(self, shard: Shard, result: ShardResult | Failure) -> None:
        """Add the result of a shard."""
        if isinstance(result, Failure):
            self.failed.append((shard, result))
            return
        subject = shard.subject
        self.costs.setdefault((subject.activation, subject.backend), Cost()).add(shard.inputs, result.seconds)


def rate(inputs: int, seconds: float) -> str:
    """Return inputs per second, in millions."""
    return f"{inputs / seconds / 1e6:,.1f} M" if seconds else ""


def show(tally: Tally, table: Any) -> None:
    """Print costs and worst errors."""
    from rich.console import Console

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 150)
    if tally.costs:
        console.print(cost_table(tally))
    if len(table):
        console.print(worst_table(table))


def cost_table(tally: Tally) -> Any:
    """Return a table of processor time by activation and backend, then by backend, then in total."""
    table = empty_table("Processor time of this run", "activation", "backend")
    for name in ("inputs", *PARTS, "ns per input", "inputs per s and core"):
        table.add_column(name, justify="right")
    total = Cost()
    backends: dict[str, Cost] = {}
    for (activation, backend), cost in tally.costs.items():
        table.add_row(activation.replace("[", "\\["), backend, *cost.row())
        for sum_of in (total, backends.setdefault(backend, Cost())):
            sum_of.add(cost.inputs, dict(cost.seconds))
    table.add_section()
    for backend, cost in backends.items():
        table.add_row("all", backend, *cost.row())
    table.add_row("all", "all", *total.row())
    return table


def worst_table(table: Any) -> Any:
    """Return a table of each backend's, dtype's and mode's worst ulp errors, and of how many results have none.

    `table` has a row per subject, all in one setting per backend.
    """
    is_bound = pc.max(table["stride"]).as_py() > 1
    title = "Worst errors" + (", lower bounds: not every input was computed" if is_bound else "")
    worst = empty_table(title, "backend", "dtype", "mode", "direction", "activation", "at")
    for name in ("got", "exact", "ulp", *COUNTS):
        worst.add_column(name.replace("nan_swallowed", "NaN swallowed"), justify="right")
    groups = ["backend", "dtype", "mode", "direction"]
    sums = (
        table.group_by(groups).aggregate([(name, "sum") for name in COUNTS]).sort_by([(g, "ascending") for g in groups])
    )
    for group in sums.to_pylist():
        rows = table.filter(pc.and_kleene(matching_rows(table, group, groups), pc.is_finite(table["worst_ulp"])))
        counts = [f"{group[f'{name}_sum']:,}" for name in COUNTS]
        worst.add_row(*(group[name] for name in groups), *worst_row(rows), *counts)
    return worst


def matching_rows(table: Any, row: dict[str, Any], names: list[str]) -> Any:
    """Return a mask of the rows of a table that equal this one in some columns."""
    mask = pc.equal(table[names[0]], row[names[0]])
    for name in names[1:]:
        mask = pc.and_(mask, pc.equal(table[name], row[name]))
    return mask


def worst_row(table: Any) -> list[str]:
    """Return the activation, input, result, exact value and ulp error of the row with the largest error."""
    if not len(table):
        return [""] * 5
    row = table.take([pc.index(table["worst_ulp"], pc.max(table["worst_ulp"])).as_py()]).to_pylist()[0]
    x = value_of(row["worst_bits"], row["dtype"])
    figures = (f"{x:.9g}", f"{row['worst_got']:.9g}", f"{row['worst_truth']:.9g}", f"{row['worst_ulp']:.3f}")
    return [row["activation"].replace("[", "\\["), *figures]


def value_of(bits: int, dtype: str) -> float:
    """Return the number that has these bits, or NaN for -1."""
    if bits < 0:
        return math.nan
    if LAYOUTS[dtype].bits == 32:
        return float(struct.unpack("<f", struct.pack("<I", bits))[0])
    if dtype == "bfloat16":
        return float(struct.unpack("<f", struct.pack("<I", bits << 16))[0])
    return float(struct.unpack("<e", struct.pack("<H", bits))[0])


def empty_table(title: str, *columns: str) -> Any:
    """Return an empty table with these columns of text."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name)
    return table
