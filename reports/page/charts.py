"""Charts as Altair definitions, drawn in the browser or as SVG from the same source."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from bench.core.cases import DIRECTIONS, NOOP
from reports import formats
from reports.data import tables

CONFIG = {
    # currentColor is the page's text: readable on light and dark
    "background": "transparent",
    "aria": False,  # a chart as a whole has its text; one per mark would double the page
    "padding": {"left": 4, "right": 24, "top": 4, "bottom": 4},  # slanted headings extend to the right
    "view": {"stroke": None},
    "axis": {"labelColor": "currentColor", "titleColor": "currentColor", "domain": False, "tickColor": "#8885"}
    | {"gridColor": "#8884", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 12},
    "header": {"labelColor": "currentColor", "titleColor": "currentColor"},
    "font": "system-ui, sans-serif",
}
WIDTH: dict[str, Any] = {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
NAMES = alt.Axis(labelLimit=alt.ExprRef("containerSize()[0] < 500 ? 84 : 150"))
TILE_FONT_SIZE = "bandwidth('x') < 46 ? 9 : 11"
"""The expression of the size of a tile's text, by the width of the tile."""
NUMBERS = alt.Axis(labelOverlap="greedy", labelSeparation=6, format=",.3~r")
# four hues that differ in lightness too and hold 3:1 on white and on near-black
HUES = {"numpy": "#3b7dd8", "torch": "#e4572e", "tensorflow": "#c99700", "jax": "#2a9d6f"}
OTHER_HUES = ("#9a5bd0", "#d0489a", "#6c7a89")
SWITCHES = ("run", "side", "direction", "size", "dtype", "device", "threads", "cache")
SETTINGS = tuple(name for name in SWITCHES if name != "direction")
"""The properties of a case beside its direction, which every table shows."""
CHART_COLUMNS = [
    *SWITCHES,
    *("backend", "mode", "label", "column", "text", "time", "interval", "x_copy", "status", "reason"),
    *("seconds", "seconds_low", "seconds_high", "copy_seconds", "compile_seconds", "break_even_calls", "elements"),
    *("standing", "standing_of_mode", "x_fastest", "x_fastest_low", "x_fastest_high"),
]


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the activations as charts need them."""
    return spoken(tables.activations(table))


def calls(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the no-ops: the time of a call that computes nothing."""
    return spoken(tables.arranged(table[table["activation"] == NOOP].assign(label="a call")))


def spoken(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the texts of cells and tooltips, cut to a bounded length; runs keep the order of the table."""
    runs = {name: place for place, name in enumerate(rows["run"].drop_duplicates())}
    rows = rows.sort_values(["rank", "backend", "eager", "mode", "label"])
    rows = rows.sort_values("side", ascending=False, kind="stable")  # head before base
    rows = rows.sort_values("run", key=lambda names: names.map(runs), kind="stable")
    rows["text"] = [formats.digits(ratio) or "–" for ratio in rows["x_copy"]]
    rows["time"] = [formats.duration(seconds) for seconds in rows["seconds"]]
    rows["elements"] = rows["size"]
    rows["size"] = rows["size"].map(formats.size)
    for name in ("label", "column", "reason", "backend", "mode", "run", "side", "direction"):
        rows[name] = rows[name].map(formats.text)
    bounds = zip(rows["seconds_low"], rows["seconds_high"], strict=True)
    rows["interval"] = [" to ".join(map(formats.duration, pair)) if pair[0] > 0 else "one pass" for pair in bounds]
    return rows[CHART_COLUMNS]


def switches(rows: pd.DataFrame, names: tuple[str, ...] = SWITCHES) -> list[Any]:
    """Return a switch for every property of the setting that has more than one value."""
    params = []
    for name in names:
        values = list(rows[name].drop_duplicates())
        if len(values) > 1:
            plain = [value.item() if hasattr(value, "item") else value for value in values]
            if name == "direction":
                plain.sort(key=lambda value: DIRECTIONS.index(value) if value in DIRECTIONS else len(DIRECTIONS))
            first = "relu" if name == "label" and "relu" in plain else plain[0]
            make = alt.binding_radio if len(plain) < 5 else alt.binding_select
            params.append(
                alt.param(
                    name=f"chosen_{name}",
                    value=first,
                    bind=make(options=plain, name=f"{'activation' if name == 'label' else name} "),
                )
            )
    return params


def varying(rows: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Return the columns that have more than one value."""
    return [name for name in names if len(set(rows[name])) > 1]


def first(rows: pd.DataFrame, names: tuple[str, ...] = SWITCHES) -> pd.DataFrame:
    """Return the rows that are shown before any switch is changed."""
    for switch in switches(rows, names):
        rows = rows[rows[switch.name.removeprefix("chosen_")] == switch.param.value]
    return rows


def chosen(chart: Any, rows: pd.DataFrame, names: tuple[str, ...] = SWITCHES) -> Any:
    """Add its switches to the chart, and filter its rows by them."""
    for switch in switches(rows, names):
        name = switch.name.removeprefix("chosen_")
        chart = chart.add_params(switch).transform_filter(f"datum[{name!r}] === {switch.name}")
    return chart


TOOLTIP = [
    alt.Tooltip("label:N", title="activation"),
    *(alt.Tooltip(f"{name}:N") for name in ("backend", "mode", "direction", "time")),
    alt.Tooltip("interval:N", title="95 % interval"),
    alt.Tooltip("text:N", title="times a copy"),
    *(alt.Tooltip(f"{name}:N") for name in ("status", "reason")),
]


def strip_plot(rows: pd.DataFrame, value: str, title: str) -> Any:
    """Draw a tick per activation on a logarithmic scale, a row per backend and mode, and a line at 1."""
    base = alt.Chart(rows).encode(
        x=alt.X(f"{value}:Q", title=title, axis=NUMBERS, scale=log_scale(rows[value])),
        y=alt.Y("column:N", title=None, sort=None),
        color=coloured(rows),
        tooltip=[*TOOLTIP, alt.Tooltip("figure:N", title=title)],
    )
    even = alt.Chart(pd.DataFrame({value: [1.0]})).mark_rule(strokeDash=[4, 3], color="#888").encode(x=f"{value}:Q")
    ticks = base.mark_tick(thickness=2, size=18, opacity=0.75)
    return alt.layer(even, chosen(ticks, rows)).properties(**WIDTH, height={"step": 30})


def tile_base(rows: pd.DataFrame, tooltip: Sequence[Any]) -> Any:
    """Return the base of a heat map: a place for each activation and column, with the names of the columns above."""
    top = alt.Axis(orient="top", labelAngle=-60 if rows["column"].nunique() > 3 else 0, labelLimit=140)
    return alt.Chart(rows).encode(
        x=alt.X("column:N", title=None, sort=None, axis=top, scale=alt.Scale(padding=0.03)),
        y=alt.Y("label:N", title=None, axis=NAMES, scale=alt.Scale(padding=0.08)),
        tooltip=tooltip,
    )


def tile_ink(name: str) -> str:
    """Return the expression of the ink on a tile of this column's colour."""
    # at a luminance of 0.179, black and white both have a contrast of 4.6
    return f"luminance(scale('color', datum.{name})) < 0.179 ? 'white' : 'black'"


def coloured(rows: pd.DataFrame) -> Any:
    """Return the colour by backend; it needs no legend, since the axis names the backends."""
    names = list(rows["backend"].drop_duplicates())
    return alt.Color("backend:N", scale=alt.Scale(domain=names, range=hues(names)), legend=None)


def log_scale(values: Any) -> Any:
    """Return a logarithmic scale just wide enough for the values and for 1."""
    low, high = min(1.0, values.min()), max(1.0, values.max())
    return alt.Scale(type="log", domain=[low / 1.1, high * 1.1], nice=False)


def hues(names: list[str]) -> list[str]:
    """Return a colour per backend, the same in every chart and run."""
    others = [name for name in names if name not in HUES]
    return [HUES.get(name) or OTHER_HUES[others.index(name) % len(OTHER_HUES)] for name in names]
