"""The heat map: × copy by activation and backend, and the fastest backend where that is certain."""

from typing import Any

import altair as alt
import pandas as pd

from reports import formats
from reports.page import charts

SCHEME = "yelloworangered"
BOTH = "both"
STANDING_COLUMNS = ("standing", "x_fastest", "x_fastest_low", "x_fastest_high")
MODE_TEXTS = {
    "fastest": "the fastest of its mode",
    "tied": "tied for the fastest of its mode",
    "behind": "",
    "": "",
}
MARKS = {"fastest": "★ ", "tied": "≈ ", "behind": "", "": ""}


def heat_map(table: pd.DataFrame) -> Any:
    """Draw the heat map: pale near the time of a copy, dark far from it, a star on a column certainly the fastest."""
    rows = judged(charts.shown(table))
    top = max(10.0, float(rows["x_copy"].max())) if rows["x_copy"].notna().any() else 10.0
    modes = mode_switch(rows)
    base = charts.tile_base(rows, [*charts.TOOLTIP, alt.Tooltip("verdict:N")])
    scale = alt.Scale(type="log", domain=[1, top], scheme=SCHEME, clamp=True)
    legend = alt.Legend(title="time against a copy (×)", orient="bottom", gradientLength=220, format="~s")
    empty = base.mark_rect(cornerRadius=3, color="#8883")
    tiles = base.mark_rect(cornerRadius=3).encode(color=alt.Color("x_copy:Q", scale=scale, legend=legend))
    ink = f"isValid(datum.x_copy) ? ({charts.tile_ink('x_copy')}) : 'currentColor'"
    bold = "indexof(datum.mark, '★') === 0 ? 'bold' : 'normal'"
    # a tile on a phone has room for the mark and two digits without a space between them, or for the mark alone
    narrow = "trim(datum.mark) + (isValid(datum.x_copy) ? format(datum.x_copy, '.2r') : datum.text)"
    room = f"bandwidth('x') < 24 ? datum.mark : bandwidth('x') < 46 ? {narrow} : datum.mark + datum.text"
    text_style = {"text": room, "fontSize": charts.TILE_FONT_SIZE, "color": ink, "fontWeight": bold}
    texts = base.mark_text(**{name: alt.ExprRef(expression) for name, expression in text_style.items()})
    chart = charts.chosen(alt.layer(empty, tiles, texts), rows)
    for name, of_all, of_mode in (("mark", "mark_both", "mark_mode"), ("verdict", "verdict_both", "verdict_mode")):
        chart = chart.transform_calculate(**{name: f"chosen_mode === '{BOTH}' ? datum.{of_all} : datum.{of_mode}"})
    chart = chart.add_params(modes).transform_filter(f"chosen_mode === '{BOTH}' || datum.mode === chosen_mode")
    return chart.properties(**charts.WIDTH, height={"step": 23})


def words(table: pd.DataFrame) -> str:
    """Describe the heat map in a sentence, for readers who cannot see it."""
    every = charts.shown(table)
    rows = charts.first(judged(every))
    where = f" in {every['run'].iloc[0]}" if len(set(every["run"])) > 1 else ""
    starred = rows[rows["mark_both"] == MARKS["fastest"]]
    size = f"{len(set(rows['label']))} activations by {formats.count(len(set(rows['column'])), 'column')}"
    wins = ", ".join(f"{name} in {count}" for name, count in starred["column"].value_counts().items())
    won = f"certainly the fastest: {wins}" if wins else "in no row is one certainly the fastest"
    return formats.text(
        f"Heat map of {size}{where}, time against a copy; {won}. The tables under Times hold the figures"
    )


def mode_switch(rows: pd.DataFrame) -> Any:
    """Return the switch between eager, compiled and both side by side; hidden where there is one mode alone."""
    modes = list(rows["mode"].drop_duplicates())
    bind = {"bind": alt.binding_radio(options=[BOTH, *modes], name="mode ")} if len(modes) > 1 else {}
    return alt.param(name="chosen_mode", value=BOTH, **bind)


def judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the mark of the standing and its meaning, among all columns and among those of one mode."""
    rows = rows.drop_duplicates([*charts.SWITCHES, "label", "column"], ignore_index=True)
    for name, column in (("both", "standing"), ("mode", "standing_of_mode")):
        rows[f"mark_{name}"] = rows[column].map(MARKS)
    rows["verdict_both"] = [
        standing_text(*values) for values in zip(*(rows[name] for name in STANDING_COLUMNS), strict=True)
    ]
    rows["verdict_mode"] = rows["standing_of_mode"].map(MODE_TEXTS)
    return rows


def standing_text(word: str, ratio: float, low: float, high: float) -> str:
    """Return a standing in words, with its figures."""
    if word == "behind":
        return f"{formats.times(ratio)} the time of the fastest ({formats.digits(low)} to {formats.digits(high)})"
    if word == "tied" and ratio > 1:
        return f"tied with the fastest within {formats.percent(high - 1)}"
    return {"fastest": "the fastest", "tied": "tied for the fastest"}.get(word, "")
