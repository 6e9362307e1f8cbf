"""The pictures, as Altair definitions: drawn in the browser, or to SVG, from the same source."""

from typing import Any

import altair as alt
import pandas as pd

from bench.cases import DIRECTIONS
from reports import formats
from reports.tables import activations

CONFIG = {
    # currentColor is the page's text: readable on light and dark
    "background": "transparent",
    "padding": {"left": 4, "right": 24, "top": 4, "bottom": 4},  # slanted headings lean out to the right
    "view": {"stroke": None},
    "axis": {"labelColor": "currentColor", "titleColor": "currentColor", "domain": False, "tickColor": "#8885"}
    | {"gridColor": "#8884", "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"},
    "legend": {"labelColor": "currentColor", "titleColor": "currentColor", "labelFontSize": 12},
    "header": {"labelColor": "currentColor", "titleColor": "currentColor"},
    "font": "system-ui, sans-serif",
}
# four hues that differ in lightness too and hold 3:1 on white and on near-black
WIDTH: dict[str, Any] = {"width": "container", "autosize": {"type": "fit-x", "contains": "padding"}}
NAMES = alt.Axis(labelLimit=alt.ExprRef("containerSize()[0] < 500 ? 84 : 150"))
NUMBERS = alt.Axis(labelOverlap="greedy", labelSeparation=6, format="~g")
HUES = {"numpy": "#3b7dd8", "torch": "#e4572e", "tensorflow": "#c99700", "jax": "#2a9d6f"}
OTHER_HUES = ("#9a5bd0", "#d0489a", "#6c7a89")
SWITCHES = ("run", "side", "direction", "size", "dtype", "device", "threads", "cache")


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the charts with what their cells and tooltips say; texts cut to a sane length."""
    rows = activations(table).sort_values(["rank", "backend", "eager", "mode", "label"])
    rows = rows.sort_values("side", ascending=False, kind="stable")  # head before base
    rows["text"] = [formats.digits(ratio) or "–" for ratio in rows["x_copy"]]
    rows["time"] = [formats.duration(seconds) for seconds in rows["seconds"]]
    rows["size"] = rows["size"].map(formats.size)
    for name in ("label", "column", "reason", "backend", "mode", "run", "side", "direction"):
        rows[name] = rows[name].map(formats.text)
    ends = zip(rows["seconds_low"], rows["seconds_high"], strict=True)
    rows["interval"] = [" to ".join(map(formats.duration, pair)) if pair[0] > 0 else "one pass" for pair in ends]
    keep = [*SWITCHES, "backend", "mode", "label", "column", "text", "time", "interval", "x_copy", "status", "reason"]
    return rows[[*keep, "seconds", "seconds_low", "seconds_high", "compile_seconds", "break_even_calls"]]


def switches(rows: pd.DataFrame, names: tuple[str, ...] = SWITCHES) -> list[Any]:
    """A switch for every property of the setting that has more than one value."""
    found = []
    for name in names:
        values = list(rows[name].drop_duplicates())
        if len(values) > 1:
            plain = [value.item() if hasattr(value, "item") else value for value in values]
            if name == "direction":
                plain.sort(key=lambda value: DIRECTIONS.index(value) if value in DIRECTIONS else len(DIRECTIONS))
            first = plain[0]
            make = alt.binding_radio if len(plain) < 5 else alt.binding_select
            found.append(alt.param(name=f"chosen_{name}", value=first, bind=make(options=plain, name=f"{name} ")))
    return found


def chosen(chart: Any, rows: pd.DataFrame) -> Any:
    """The chart with its switches, showing what they say."""
    for switch in switches(rows):
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


def spread(table: pd.DataFrame) -> Any:
    """Every activation a tick, a line per backend and mode: how far from a copy each lies."""
    rows = shown(table)
    rows = rows[rows["x_copy"].notna()]
    names = list(rows["backend"].drop_duplicates())
    base = alt.Chart(rows).encode(
        x=alt.X("x_copy:Q", title="time against a copy (×)", axis=NUMBERS, scale=log_scale(rows["x_copy"])),
        y=alt.Y("column:N", title=None, sort=None),
        color=alt.Color("backend:N", scale=alt.Scale(domain=names, range=hues(names)), legend=None),
        tooltip=TOOLTIP,
    )
    ticks = base.mark_tick(thickness=2, size=18, opacity=0.75)
    return chosen(ticks, rows).properties(**WIDTH, height={"step": 30})


def compiling(table: pd.DataFrame) -> Any:
    """Compiled beside eager, each activation a dot: right of the line compiling made it faster."""
    rows = shown(table)
    key = [*SWITCHES, "backend", "label"]
    eager = rows[rows["mode"] == "eager"].drop_duplicates(key).set_index(key)["seconds"]
    pairs = rows[rows["mode"] == "compiled"].join(eager.rename("eager"), on=key)
    pairs["faster"] = pairs["eager"] / pairs["seconds"]
    pairs = pairs[pairs["faster"].notna()]
    pairs["gain"] = pairs["faster"].map(formats.times)
    pairs["payback"] = pairs["break_even_calls"].map(formats.digits)
    names = list(pairs["backend"].drop_duplicates())
    tip = [*TOOLTIP[:2], TOOLTIP[3], alt.Tooltip("gain:N", title="eager ÷ compiled"), alt.Tooltip("payback:N")]
    dots = (
        alt.Chart(pairs)
        .mark_tick(thickness=2, size=18, opacity=0.75)
        .encode(
            x=alt.X("faster:Q", title="eager time ÷ compiled time", axis=NUMBERS, scale=log_scale(pairs["faster"])),
            y=alt.Y("backend:N", title=None, sort=None),
            color=alt.Color("backend:N", scale=alt.Scale(domain=names, range=hues(names)), legend=None),
            tooltip=tip,
        )
    )
    even = alt.Chart(pd.DataFrame({"faster": [1.0]})).mark_rule(strokeDash=[4, 3], color="#888").encode(x="faster:Q")
    return alt.layer(even, chosen(dots, pairs)).properties(**WIDTH, height={"step": 34})


def log_scale(values: Any) -> Any:
    """Just wide enough for the values and for 1."""
    low, high = min(1.0, values.min()), max(1.0, values.max())
    return alt.Scale(type="log", domain=[low / 1.1, high * 1.1], nice=False)


def hues(names: list[str]) -> list[str]:
    """A colour per backend, the same in every chart and run."""
    others = [name for name in names if name not in HUES]
    return [HUES.get(name) or OTHER_HUES[others.index(name) % len(OTHER_HUES)] for name in names]
