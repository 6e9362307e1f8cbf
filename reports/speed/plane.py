"""The chart of accuracy against speed: a named point per backend, the front, and two limits."""

import math
from collections.abc import Iterable
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from reports.page import charts

VIEW = [*charts.SWITCHES, "label"]
"""The columns that fix what is seen at one time: the backends beside each other."""
HEIGHT = 340
LINE, BESIDE = 16, 11
"""Distances in pixels from one name to the next, and from a point to its name."""
BELOW, ABOVE = 45, 60
"""Room in pixels for names below 0 digits, and above the most digits of a format."""

TOOLTIP = [
    *charts.TOOLTIP[:-2],
    alt.Tooltip("right:N", title="correct digits"),
    alt.Tooltip("ulp:N", title="worst error (ulp), well conditioned"),
    alt.Tooltip("wrong:N", title="wrong"),
    alt.Tooltip("standing:N", title="on the front"),
]


def first(seen: pd.DataFrame, names: tuple[str, ...] = charts.SWITCHES) -> pd.DataFrame:
    """Return the rows shown before any switch is changed; all where the first values of the switches never coincide."""
    rows = charts.first(seen, names)
    return rows if len(rows) else seen


def opening(seen: pd.DataFrame) -> str:
    """Return the activation to be shown first: that with the most values of digits, then the widest range of times."""
    rows = first(seen)
    by_label = rows[rows["front"]].groupby("label")
    choice = pd.DataFrame(
        {"digits": by_label["digits"].nunique(), "times": by_label["x_copy"].max() / by_label["x_copy"].min()}
    )
    return str(choice.sort_values(["digits", "times"]).index.tolist()[-1])


def chart(seen: pd.DataFrame) -> Any:
    """Draw points with their names, the front, and two limits: a copy, and the digits of the format."""
    seen = placed(seen)
    x = alt.X("x_copy:Q", title="time against a copy", axis=charts.NUMBERS)
    x.scale = alt.Scale(type="log", nice=False, padding=24)
    limits = alt.Scale(domain=[-BELOW * pixel(seen), seen["most"].max() + ABOVE * pixel(seen)], nice=False)
    y = alt.Y("digits:Q", title="correct digits at worst", scale=limits, axis=alt.Axis(values=list(range(8))))
    base = alt.Chart(seen).encode(x=x, y=y, color=charts.coloured(seen), tooltip=TOOLTIP)
    front, rest = (base.transform_filter(condition) for condition in ("datum.front", "!datum.front"))
    dashed: dict[str, Any] = {"strokeDash": [4, 3], "color": "#888"}
    plain = alt.Chart(seen).encode(tooltip=alt.value(None)).mark_rule(**dashed)
    copy, most = plain.encode(x=alt.datum(1)), plain.encode(y="max(most):Q")
    joins = front.mark_line(color="#888", strokeWidth=1, interpolate="step-after").encode(color=alt.value("#888"))
    points = (part.mark_point(filled=part is front, size=90, opacity=1, strokeWidth=2) for part in (rest, front))
    layers = (copy, most, joins.encode(tooltip=alt.value(None)), *names(base), *points)
    bind = alt.binding_select(options=sorted(seen["label"].unique()), name="activation ")
    pick = alt.param(name="chosen_label", value=opening(seen), bind=bind)
    picked = alt.layer(*layers).add_params(pick).transform_filter("datum.label === chosen_label")
    return charts.chosen(picked, seen).properties(**charts.WIDTH, height=HEIGHT)


def names(base: Any) -> tuple[Any, Any]:
    """Return the name of each point, towards the middle of the chart, and a line to it."""
    beside = {"align": "datum.left ? 'left' : 'right'", "dx": "datum.left ? 18 : -18"}
    texts = base.mark_text(fontSize=12, baseline="middle", **{k: alt.ExprRef(v) for k, v in beside.items()})
    lines = base.mark_rule(x2Offset=alt.ExprRef("datum.left ? 15 : -15"), strokeWidth=1)
    place = alt.Y("place:Q", title="correct digits at worst")
    texts = texts.encode(y=place, text="name:N", color=alt.value("currentColor"))
    return lines.encode(x2="x_copy:Q", y2="place:Q"), texts


def placed(seen: pd.DataFrame) -> pd.DataFrame:
    """Add the place of each name: to the right and below in the left half, to the left and above elsewhere.

    Names then cross neither each other nor the front at any width of the screen, and are a line apart.
    """
    step = pixel(seen)
    in_left_half: dict[Any, bool] = {}
    places: dict[Any, float] = {}
    for _, part in seen.sort_values(["digits", "x_copy"]).groupby(VIEW, sort=False):
        along = np.log(part["x_copy"])
        in_left = along <= (min(0.0, along.min()) + max(0.0, along.max())) / 2  # a copy, 1, is in the chart too
        under, over = part["digits"][in_left][::-1], part["digits"][~in_left]
        in_left_half |= in_left.to_dict()
        places |= dict(zip(under.index, (-y for y in stacked(-under, BESIDE * step, LINE * step)), strict=True))
        places |= dict(zip(over.index, stacked(over, BESIDE * step, LINE * step), strict=True))
    return seen.assign(left=pd.Series(in_left_half), place=pd.Series(places))


def pixel(seen: pd.DataFrame) -> float:
    """Return the height of a pixel in digits."""
    return float(seen["most"].max()) / (HEIGHT - BELOW - ABOVE)


def stacked(values: Iterable[float], beside: float, line: float) -> list[float]:
    """Return ascending values, each moved up by `beside`, and further until it is a line above the one before."""
    places: list[float] = []
    for value in values:
        places.append(max(value + beside, places[-1] + line if places else -math.inf))
    return places
