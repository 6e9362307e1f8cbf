"""The cost of an activation, from the table of a run: multiples of a copy, by backend and mode."""

import math
from typing import Any

import pandas as pd

from bench.core.cases import DIRECTIONS
from reports import formats
from reports.data import tables

SETTING = ["dtype", "size", "device", "threads", "cache"]
FIRST = ("float32", "cpu", "cold")


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
    return formats.text(
        f"{first['run']}: {first['dtype']}, {formats.size(int(first['size']))} elements, {first['device']}, {threads}"
    )


def directions(rows: pd.DataFrame | None) -> list[str]:
    """Return the directions that were measured."""
    return [] if rows is None else [name for name in DIRECTIONS if (rows["direction"] == name).any()]


def rows(table: pd.DataFrame | None, label: str) -> list[dict[str, Any]]:
    """Return a row for each backend and mode; a cell without a time gives the reason."""
    if table is None:
        return []
    cases_of = table[table["label"] == label].sort_values("mode", ascending=False, kind="stable")  # eager first
    lines = []
    for backend in table["backend"].drop_duplicates():
        for mode in cases_of.loc[cases_of["backend"] == backend, "mode"].drop_duplicates():
            matches = cases_of[(cases_of["backend"] == backend) & (cases_of["mode"] == mode)]
            cases = {str(case["direction"]): case for case in matches.to_dict("records")}
            cells = [cell(cases.get(name)) for name in directions(table)]
            lines.append({"who": formats.text(f"{backend} {mode}"), "cells": cells})
    return lines


def cell(case: dict[Any, Any] | None) -> dict[str, Any]:
    """Return the multiple of a copy and the time, or the reason why there is none."""
    if case is None:
        return {"x": "not run", "time": "", "why": "", "ratio": math.nan}
    if pd.isna(case["x_copy"]):
        status = formats.text(str(case["status"]).replace("_", " "))
        return {"x": status, "time": "", "why": formats.text(case["reason"]), "ratio": math.nan}
    ratio, seconds = float(case["x_copy"]), float(case["seconds"])
    return {"x": formats.times(ratio), "time": formats.duration(seconds), "why": "", "ratio": ratio}


def span(rows: list[dict[str, Any]]) -> str:
    """Return the range from the fastest to the slowest of the first direction."""
    ratios = [row["cells"][0]["ratio"] for row in rows if row["cells"] and not math.isnan(row["cells"][0]["ratio"])]
    return f"{formats.digits(min(ratios))} to {formats.digits(max(ratios))}" if ratios else ""
