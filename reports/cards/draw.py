"""The pictures of a card, from the values recorded on the backends: one Altair definition, drawn to SVG.

They are not drawn in the browser: sixty charts would keep a phone busy, and a page without scripts opens anywhere.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from reports.page import charts

WIDTH, HEIGHT = 380, 210
ALIKE = 1e-3
"""A share of a picture's height: lines nowhere further apart are drawn as one."""
CLIP = 25.0
"""Values beyond are cut off, so that exp leaves other detail visible; a plateau at 20 stays."""
INK = "currentColor"
IDLE = (
    r'<path class="(?:background|foreground)"[^>]*/>|'
    r' (?:pointer-events="none"|aria-hidden="true"|opacity="1"|stroke-width="1"|font-family="[^"]*")'
)
"""Attributes that Vega writes for itself or that equal the default: a quarter of a page of cards."""


@dataclass(frozen=True)
class Line:
    """The results of one backend, or of several alike, along x."""

    names: tuple[str, ...]
    x: list[float]
    y: list[float]


def merge_alike(lines: list[Line]) -> list[Line]:
    """Return the lines with indistinguishable ones merged; `lines` are of one backend each."""
    low, high = domain(lines)
    merged: list[Line] = []
    for line in lines:
        match = next(
            (
                drawn
                for drawn in merged
                if drawn.x == line.x and largest_difference(drawn, line) <= ALIKE * (high - low)
            ),
            None,
        )
        if match:
            merged[merged.index(match)] = Line((*match.names, *line.names), match.x, match.y)
        else:
            merged.append(line)
    return merged


def largest_difference(first: Line, other: Line) -> float:
    """Return the largest distance; inf where one has a number and the other none."""
    pairs = list(zip(first.y, other.y, strict=True))
    if any(math.isfinite(a) != math.isfinite(b) for a, b in pairs):
        return math.inf
    return max((abs(a - b) for a, b in pairs if math.isfinite(a)), default=0.0)


def domain(lines: list[Line]) -> tuple[float, float]:
    """Return the range from the least to the largest number drawn, 0 among them, with some room."""
    ys = [min(max(y, -CLIP), CLIP) for line in lines for y in line.y if math.isfinite(y)]
    low, high = min([0.0, *ys]), max([0.0, *ys])
    room = 0.08 * ((high - low) or 1.0)
    return low - room, high + room


def picture(lines: list[Line], kinks: list[float], dots: list[dict[str, Any]]) -> Any:
    """Return lines that break at kinks, a rule through each kink, and a ring at each backend's result there."""
    low, high = domain(lines)
    bound = max((abs(x) for line in lines for x in line.x), default=1.0)
    x = alt.X("x:Q", title="x", scale=alt.Scale(domain=[-bound, bound], nice=False), axis=alt.Axis(tickCount=7))
    y = alt.Y("y:Q", title=None, scale=alt.Scale(domain=[low, high], nice=False), axis=alt.Axis(tickCount=5))
    axes = alt.Chart(pd.DataFrame([{"zero": 0.0}])).mark_rule(color="#888", opacity=0.6)
    parts = [axes.encode(y="zero:Q"), axes.encode(x="zero:Q")]
    if kinks:
        rules = alt.Chart(pd.DataFrame({"x": kinks})).mark_rule(strokeDash=[3, 3], color="#888")
        parts.append(rules.encode(x=x))
    parts.append(curves(lines, kinks).encode(x=x, y=y))
    if shown := [dot for dot in dots if low <= dot["y"] <= high]:
        parts.append(rings(shown, [line.names[0] for line in lines]).encode(x=x, y=y))
    layered = alt.layer(*parts).resolve_scale(color="independent").properties(width=WIDTH, height=HEIGHT)
    return layered.configure(**charts.CONFIG)


def curves(lines: list[Line], kinks: list[float]) -> Any:
    """Return the lines, in ink where all backends are alike, otherwise each in the hue of its first backend."""
    low, high = domain(lines)
    drawn = merge_alike(lines)
    rows = [
        {"x": x, "y": y, "line": number, "piece": sum(kink < x for kink in kinks)}
        for number, line in enumerate(drawn)
        for x, y in zip(line.x, line.y, strict=True)
        if math.isfinite(y) and low - CLIP < y < high + CLIP
    ]
    hues = dict(zip([line.names[0] for line in lines], charts.hues([line.names[0] for line in lines]), strict=True))
    colours = [INK] if len(drawn) == 1 else [hues[line.names[0]] for line in drawn]
    scale = alt.Scale(domain=list(range(len(drawn))), range=colours)
    curve = alt.Chart(pd.DataFrame(rows, columns=["x", "y", "line", "piece"])).mark_line(strokeWidth=2, clip=True)
    return curve.encode(color=alt.Color("line:N", scale=scale, legend=None), detail="piece:N")


def rings(dots: list[dict[str, Any]], names: list[str]) -> Any:
    """Return concentric rings, visible where backends agree: the first backend's is the largest."""
    # both ends of the range: a scale of one name and one number would have neither
    areas = [float((4 + 4 * count) ** 2) for count in (len(names), 1)]
    size = alt.Size("name:N", scale=alt.Scale(domain=names, range=areas), legend=None)
    stroke = alt.Stroke("name:N", scale=alt.Scale(domain=names, range=charts.hues(names)), legend=None)
    return (
        alt.Chart(pd.DataFrame(dots)).mark_point(strokeWidth=2, opacity=1, clip=True).encode(size=size, stroke=stroke)
    )


def svg(chart: Any, name: str) -> str:
    """Return a chart as an element of a page, with ids that begin with `name`, as wide as there is room."""
    # each part was checked when it was made; checking the whole again takes as long as drawing it
    drawn: str = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    drawn = re.sub(IDLE, "", drawn)
    # of 380 pixels: finer steps are invisible
    drawn = re.sub(r"\d+\.\d{2,}", lambda match: f"{float(match[0]):.1f}", drawn)
    drawn = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", drawn)
    return re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg \1 aria-hidden="true">', drawn, count=1)
