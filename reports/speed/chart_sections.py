"""The charts below the heat map, each with its data table and a text in its place."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from reports import formats
from reports.page import charts
from reports.page.section import Chart, Column, Fold, Section, Table, Words

ONE_ACTIVATION = (*(name for name in charts.SWITCHES if name != "size"), "label")
"""The switches of a chart of one activation over its sizes."""

ORDERS = {"figure": "value", "time": "seconds", "interval": "seconds_low", "payback": "break_even_calls"}
ORDERS |= {"compile": "compile_seconds", "eager": "base_seconds", "forward": "base_seconds"}
"""The column by which a column of texts is sorted."""


@dataclass(frozen=True)
class Picture:
    """A chart with the words above it and the figures that it draws."""

    name: str
    title: str
    words: str
    chart: Any
    columns: list[str]
    rows: list[list[dict[str, Any]]]
    alt: str

    @property
    def described(self) -> Any:
        """The chart with a description in words."""
        return self.chart.properties(description=f"{self.title}: {self.alt}")

    @property
    def section(self) -> Section:
        """The section of the chart, with its data table folded away."""
        rows = pd.DataFrame([[cell["text"] for cell in row] + [cell["order"] for cell in row] for row in self.rows])
        columns = [
            Column(place, name, is_number=place > 2, order=len(self.columns) + place if place > 2 else "")
            for place, name in enumerate(self.columns)
        ]
        table = Table(rows, columns, is_sortable=True, style="named", longest=40)
        chart = Chart(self.name, self.chart, f"{self.title}: {self.alt}")
        blocks = (Words(self.words), chart, Fold("The figures behind it", [table]))
        return Section(self.title, blocks)


def pictures(table: pd.DataFrame) -> Iterator[Picture]:
    """Yield the charts for which there are data."""
    rows, calls = charts.shown(table), charts.calls(table)
    charts_of_rows = [make(rows) for make in (spread, compiling, backward, throughput, intervals)]
    yield from filter(None, [*charts_of_rows, dispatch(calls)])


def strip_plot(rows: pd.DataFrame, name: str, title: str, words: str, *, axis: str, **more: str) -> Picture | None:
    """Draw one ratio, `value`, as a strip plot with a tick per activation; `more` are columns of its data table."""
    rows = rows[rows["value"].gt(0) & rows["value"].lt(float("inf"))].copy()
    if rows.empty:
        return None
    rows["figure"] = rows["value"].map(formats.times)
    return Picture(
        name, title, words, charts.strip_plot(rows, "value", axis), *data_table(rows, {"figure": axis} | more)
    )


def data_table(rows: pd.DataFrame, columns: dict[str, str]) -> tuple[list[str], list[list[dict[str, Any]]], str]:
    """Return the headings and rows of the data table, identifying columns first, and the chart in words."""
    varying = charts.varying(rows, charts.SETTINGS)
    named = {"label": "activation", "column": "on", "direction": "direction"} | {name: name for name in varying}
    headings = named | columns
    columns_of = [
        [cell(*pair) for pair in zip(rows[name], rows[ORDERS.get(name, name)], strict=True)] for name in headings
    ]
    cells = [list(row) for row in zip(*columns_of, strict=True)]
    first, last = (rows.sort_values("value").iloc[place] for place in (0, -1))
    extremes = [f"{row['figure']} for {row['label']} {row['direction']} on {row['column']}" for row in (first, last)]
    if "run" in varying:
        extremes = [f"{text} in {row['run']}" for text, row in zip(extremes, (first, last), strict=True)]
    words = f"{formats.count(len(rows), 'figure')}, from {extremes[0]} to {extremes[1]}; the table below holds them all"
    return list(headings.values()), cells, words


def cell(text: object, order: object) -> dict[str, Any]:
    """Return a cell with its text, and the number by which it is sorted, if there is one."""
    return {"text": str(text) or "–", "order": float(order) if isinstance(order, int | float) else None}


def against(rows: pd.DataFrame, name: str, base: str, other: str) -> pd.DataFrame:
    """Return the rows whose `name` is `other`, with `base_seconds` of the same case where it is `base`."""
    key = [column for column in (*charts.SWITCHES, "backend", "mode", "label") if column != name]
    base_seconds = rows[rows[name] == base].drop_duplicates(key).set_index(key)["seconds"]
    return rows[rows[name] == other].join(base_seconds.rename("base_seconds"), on=key)


def spread(rows: pd.DataFrame) -> Picture | None:
    """Draw the distance of each backend from a copy."""
    words = "The same figures on one scale: each stroke is an activation, the broken line is a copy."
    rows = rows.assign(value=rows["x_copy"])
    return strip_plot(rows, "spread", "How far from a copy", words, axis="time against a copy")


def compiling(rows: pd.DataFrame) -> Picture | None:
    """Draw eager against compiled times."""
    words = "Each stroke is an activation: right of the broken line compiled is faster. Compile time is not in it; the "
    words += "table has that too, and after how many calls it is won back."
    pairs = against(rows, "mode", "eager", "compiled")
    pairs = pairs.assign(
        value=pairs["base_seconds"] / pairs["seconds"], eager=pairs["base_seconds"].map(formats.duration)
    )
    pairs["compile"] = pairs["compile_seconds"].map(formats.duration)
    pairs["payback"] = pairs["break_even_calls"].map(formats.digits)
    more = {"eager": "eager", "time": "compiled", "compile": "to compile", "payback": "calls to win it back"}
    return strip_plot(pairs, "compiling", "Does compiling pay?", words, axis="eager time ÷ compiled time", **more)


def backward(rows: pd.DataFrame) -> Picture | None:
    """Draw backward against forward times."""
    words = "The backward pass alone, divided by the forward pass. It moves half as much again: 1.5 is no surprise."
    pairs = against(rows, "direction", "forward", "backward")
    pairs = pairs.assign(
        value=pairs["seconds"] / pairs["base_seconds"], forward=pairs["base_seconds"].map(formats.duration)
    )
    more = {"forward": "forward", "time": "backward"}
    return strip_plot(
        pairs, "backward", "What does the gradient cost?", words, axis="backward time ÷ forward time", **more
    )


def throughput(rows: pd.DataFrame) -> Picture | None:
    """Draw elements per second over the size, and those of a copy."""
    rows = rows[rows["seconds"].notna()].copy()
    if rows["elements"].nunique() < 2:
        return None
    rows["value"] = rows["elements"] / rows["seconds"]
    rows["copies"] = rows["elements"] / rows["copy_seconds"]
    rows["figure"] = [f"{value:.3g}/s" for value in rows["value"]]
    x = alt.X("elements:Q", title="elements", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=5))
    y = alt.Y(
        "value:Q", title="elements per second", scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=5)
    )
    tip = [*charts.TOOLTIP, alt.Tooltip("figure:N", title="elements per second")]
    dash = alt.StrokeDash("mode:N", legend=alt.Legend(orient="bottom", title=None))
    names = list(rows["backend"].drop_duplicates())
    hue = alt.Color("backend:N", scale=alt.Scale(domain=names, range=charts.hues(names)))
    base = alt.Chart(rows).encode(x=x, y=y, tooltip=tip)
    lines = base.mark_line(point=True).encode(color=hue.legend(orient="bottom", title=None), strokeDash=dash)
    limit = base.mark_line(strokeDash=[2, 3], strokeWidth=3, color="#888", opacity=0.7)
    limit = limit.encode(y=alt.Y("max(copies):Q", title="elements per second"), tooltip=alt.value(None))
    chart = charts.chosen(alt.layer(limit, lines), rows, ONE_ACTIVATION).properties(**charts.WIDTH, height=300)
    words = "One activation over the sizes. The thick broken line is the fastest copy: what memory allows."
    return Picture(
        "throughput", "Size and throughput", words, chart, *data_table(rows, {"figure": "elements per second"})
    )


def dispatch(rows: pd.DataFrame) -> Picture | None:
    """Draw the dispatch cost: the time of a call that computes nothing."""
    words = "linear of one element: what a call costs before it computes anything. The thin line is the 95 % interval."
    return bars("dispatch", "What a call costs before it computes anything", words, rows, charts.SWITCHES)


def intervals(rows: pd.DataFrame) -> Picture | None:
    """Draw the times of one activation with their intervals."""
    words = "One activation: its time, and as a thin line the 95 % interval. Where these overlap, nobody wins."
    return bars("intervals", "How certain is a time?", words, rows, (*charts.SWITCHES, "label"))


def bars(name: str, title: str, words: str, rows: pd.DataFrame, switches: tuple[str, ...]) -> Picture | None:
    """Draw times as points with their intervals."""
    rows = rows[rows["seconds"].notna()].copy()
    if rows.empty:
        return None
    rows["value"], rows["figure"] = rows["seconds"], rows["time"]
    for column in ("seconds", "seconds_low", "seconds_high"):
        rows[column] *= 1e6
    scale = alt.Scale(zero=True, nice=True)
    base = alt.Chart(rows).encode(y=alt.Y("column:N", title=None, sort=None), color=charts.coloured(rows))
    base = base.encode(tooltip=charts.TOOLTIP)
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("seconds:Q", title="µs per call", scale=scale, axis=charts.NUMBERS)
    )
    rules = base.mark_rule(strokeWidth=2).encode(x="seconds_low:Q", x2="seconds_high:Q")
    chart = charts.chosen(alt.layer(rules, points), rows, switches).properties(**charts.WIDTH, height={"step": 26})
    return Picture(name, title, words, chart, *data_table(rows, {"time": "time", "interval": "95 % interval"}))
