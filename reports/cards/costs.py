"""The cost of an activation, from the table of a run: multiples of a copy, by backend and mode."""

import functools
import operator
from collections.abc import Sequence
from typing import Any

import pandas as pd

from bench.core.cases import DIRECTIONS
from reports import formats
from reports.data import tables
from reports.metrics import METRICS
from reports.page.section import Column, Table

COPY = next(metric for metric in METRICS if metric.column == "x_copy")
FIRST = ("float32", "cpu", "cold")
CASE = ["backend", "mode", "direction", "x_copy", "seconds", "status", "reason"]
"""The columns that a card needs: the others cost three times as much to copy."""


def table(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the first run's cases of one setting: float32 where measured, the largest size, the fewest threads."""
    rows = tables.activations(measurements)
    rows = rows[rows["run"] == rows["run"].iloc[0]] if len(rows) else rows
    for name, preferred in zip(("dtype", "device", "cache"), FIRST, strict=True):
        if (rows[name] == preferred).any():
            rows = rows[rows[name] == preferred]
    for name, best in (("size", "max"), ("threads", "min")):
        rows = rows[rows[name] == rows[name].agg(best)]
    return rows


def setting(rows: pd.DataFrame | None) -> str:
    """Return the setting in words, such as `20261124-161808: float32, 1e6 elements, cpu, 1 thread`."""
    if rows is None or not len(rows):
        return ""
    first = rows.iloc[0]
    threads = formats.count(int(first["threads"]), "thread")
    elements = f"{formats.size(int(first['size']))} elements"
    return f"{first['run']}: {first['dtype']}, {elements}, {first['device']}, {threads}"


def directions(rows: pd.DataFrame | None) -> list[str]:
    """Return the directions that were measured."""
    return [] if rows is None else [name for name in DIRECTIONS if (rows["direction"] == name).any()]


def table_of(rows: pd.DataFrame | None, label: str) -> Table | None:
    """Return the table of an activation, with a row for each backend and mode; None where it was not measured."""
    names = directions(rows)
    lines = contenders(rows, label, names) if rows is not None else []
    if not lines:
        return None
    columns = [Column("contender", ""), *(direction_column(name) for name in names)]
    return Table(pd.DataFrame(lines, dtype=object), columns, style="numbers narrow")


def direction_column(name: str) -> Column:
    """Return the column of a direction: the multiple of a copy with its time, or why there is none."""
    return Column(name, name, ratio, is_number=True, note=f"{name} time", hint=f"{name} reason", meaning=COPY.meaning)


def contenders(rows: pd.DataFrame, label: str, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each backend and mode, eager first."""
    cases = rows.loc[rows["label"] == label, CASE].sort_values("mode", ascending=False, kind="stable")
    order = {backend: place for place, backend in enumerate(rows["backend"].drop_duplicates())}
    by_contender: dict[tuple[str, str], dict[str, dict[Any, Any]]] = {}
    for case in cases.to_dict("records"):
        by_contender.setdefault((case["backend"], case["mode"]), {})[str(case["direction"])] = case
    lines = []
    for backend, mode in sorted(by_contender, key=lambda contender: order[contender[0]]):
        cells = [cells_of(name, by_contender[backend, mode].get(name)) for name in names]
        lines.append({"contender": f"{backend} {mode}"} | functools.reduce(operator.or_, cells, {}))
    return lines


def cells_of(name: str, case: dict[Any, Any] | None) -> dict[str, Any]:
    """Return the multiple of a copy and the time of a direction, or its status and the reason."""
    if case is None:
        return {name: "not run", f"{name} time": "", f"{name} reason": ""}
    if pd.isna(case["x_copy"]):
        status = str(case["status"]).replace("_", " ")
        return {name: status, f"{name} time": "", f"{name} reason": str(case["reason"])}
    time = formats.duration(float(case["seconds"]))
    return {name: float(case["x_copy"]), f"{name} time": time, f"{name} reason": ""}


def ratio(value: float | str) -> str:
    """Format the multiple of a copy, or the status of a case without one."""
    return value if isinstance(value, str) else formats.times(value)


def span(rows: pd.DataFrame | None, label: str) -> str:
    """Return the range from the fastest to the slowest backend in the first direction."""
    names = directions(rows)
    if rows is None or not names:
        return ""
    ratios = rows.loc[(rows["label"] == label) & (rows["direction"] == names[0]), "x_copy"].dropna()
    return f"{formats.digits(ratios.min())} to {formats.digits(ratios.max())}" if len(ratios) else ""
