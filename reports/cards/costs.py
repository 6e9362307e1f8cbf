"""What an activation costs, from the table of a run: multiples of a copy, by backend and mode."""

import math
from typing import Any

import pandas as pd

from bench.cases import DIRECTIONS
from reports import formats, tables

SETTING = ["dtype", "size", "device", "threads", "cache"]
FIRST = ("float32", "cpu", "cold")


def table(found: pd.DataFrame) -> pd.DataFrame:
    """Of the first run in a tidy table, the cases of one setting: float32 if there, the largest size, least threads."""
    rows = tables.activations(found)
    rows = rows[rows["run"] == rows["run"].iloc[0]] if len(rows) else rows
    for name, want in zip(("dtype", "device", "cache"), FIRST, strict=True):
        if (rows[name] == want).any():
            rows = rows[rows[name] == want]
    for name, best in (("size", "max"), ("threads", "min")):
        rows = rows[rows[name] == rows[name].agg(best)]
    return rows


def setting(rows: pd.DataFrame | None) -> str:
    """`20261124-161808: float32, 1e6 elements, cpu, 1 thread`."""
    if rows is None or not len(rows):
        return ""
    own = rows.iloc[0]
    threads = formats.count(int(own["threads"]), "thread")
    return formats.text(
        f"{own['run']}: {own['dtype']}, {formats.size(int(own['size']))} elements, {own['device']}, {threads}"
    )


def directions(rows: pd.DataFrame | None) -> list[str]:
    """Those that were measured."""
    return [] if rows is None else [name for name in DIRECTIONS if (rows["direction"] == name).any()]


def rows(table: pd.DataFrame | None, label: str) -> list[dict[str, Any]]:
    """A row per backend and mode; a cell without a time says why."""
    if table is None:
        return []
    mine = table[table["label"] == label].sort_values("mode", ascending=False, kind="stable")  # eager first
    found = []
    for backend in table["backend"].drop_duplicates():
        for mode in mine.loc[mine["backend"] == backend, "mode"].drop_duplicates():
            own = mine[(mine["backend"] == backend) & (mine["mode"] == mode)]
            cases = {str(case["direction"]): case for case in own.to_dict("records")}
            cells = [cell(cases.get(name)) for name in directions(table)]
            found.append({"who": formats.text(f"{backend} {mode}"), "cells": cells})
    return found


def cell(case: dict[Any, Any] | None) -> dict[str, Any]:
    """The multiple, the time, or why there is none."""
    if case is None:
        return {"x": "not run", "time": "", "why": "", "ratio": math.nan}
    if pd.isna(case["x_copy"]):
        status = formats.text(str(case["status"]).replace("_", " "))
        return {"x": status, "time": "", "why": formats.text(case["reason"]), "ratio": math.nan}
    ratio, seconds = float(case["x_copy"]), float(case["seconds"])
    return {"x": formats.times(ratio), "time": formats.duration(seconds), "why": "", "ratio": ratio}


def span(rows: list[dict[str, Any]]) -> str:
    """From the fastest to the slowest of the first direction."""
    ratios = [own["cells"][0]["ratio"] for own in rows if own["cells"] and not math.isnan(own["cells"][0]["ratio"])]
    return f"{formats.digits(min(ratios))} to {formats.digits(max(ratios))}" if ratios else ""
