"""The tables of times: activation × backend, with the multiples of a copy and the geometric means."""

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from reports import formats
from reports.data.tables import Panel
from reports.page.section import Column, Table


def times(panel: Panel) -> Table:
    """Return the times of a panel in ms, with the multiple of a copy beside each, and their means in the last row."""
    seconds, ratios, statuses = (panel.wide(name) for name in ("seconds", "x_copy", "status"))
    winners = panel.winners()
    rows = []
    for label in panel.labels:
        cells = zip(seconds.loc[label], ratios.loc[label], statuses.loc[label], strict=True)
        row = [
            cell(*figures, is_best=winners.get(label) == name)
            for name, figures in zip(panel.columns, cells, strict=True)
        ]
        rows.append({"label": formats.text(label)} | numbered(row))
    return Table(pd.DataFrame([*rows, means(panel)]), columns("activation", panel), style="numbers", foot=1)


def means(panel: Panel, label: str = "") -> dict[Any, Any]:
    """Return the row of the geometric means over the activations that every column has."""
    seconds, ratios = panel.means("seconds"), panel.means("x_copy")
    label = label or f"geometric mean of {len(panel.common())}"
    return {"label": label} | numbered(mean_cell(seconds[name], ratios[name]) for name in panel.columns)


def columns(heading: str, panel: Panel) -> list[Column]:
    """Return the columns of a table of times, by the place of each backend and mode in the panel."""
    backends = [
        Column(place, formats.text(name), time, is_number=True, note=f"copies {place}", mark=f"mark {place}")
        for place, name in enumerate(panel.columns)
    ]
    return [Column("label", heading), *backends]


def numbered(cells: Iterable[tuple[Any, str, str]]) -> dict[Any, Any]:
    """Return the values, notes and marks of the cells of a row by the names of their columns."""
    row: dict[Any, Any] = {}
    for place, (value, note, mark) in enumerate(cells):
        row |= {place: value, f"copies {place}": note, f"mark {place}": mark}
    return row


def cell(seconds: float, ratio: float, status: object, *, is_best: bool) -> tuple[Any, str, str]:
    """Return the time, its multiple of a copy and its mark; the status stands in the place of a missing time."""
    if not math.isnan(seconds):
        return seconds, copies(ratio), "best" if is_best else ""
    return (formats.text(status).replace("_", " "), "", "fault") if isinstance(status, str) else ("not run", "", "soft")


def mean_cell(seconds: float, ratio: float) -> tuple[Any, str, str]:
    """Return the mean of the times and that of the multiples of a copy."""
    return seconds, copies(ratio), ""


def copies(ratio: float) -> str:
    """Return a multiple of a copy as small print; empty for NaN."""
    return f"{formats.digits(ratio)}×" if not math.isnan(ratio) else ""


def time(value: float | str) -> str:
    """Format a time in ms, or return the status that stands in its place."""
    return value if isinstance(value, str) else formats.milliseconds(value)
