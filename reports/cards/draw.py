"""The pictures of a card, from the numbers that the backends gave: one Altair definition, drawn to SVG.

Drawn here and not in the browser: sixty charts would keep a phone busy, and a page without scripts opens anywhere.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from reports import charts

WIDTH, HEIGHT = 380, 210
ALIKE = 1e-3
"""Of a picture's height: two lines that are nowhere further apart are drawn as one."""
CLIP = 25.0
"""Values beyond are cut off, so that exp leaves something to see; a plateau at 20 stays."""
INK = "currentColor"
IDLE = (
    r'<path class="(?:background|foreground)"[^>]*/>|'
    r' (?:pointer-events="none"|aria-hidden="true"|opacity="1"|stroke-width="1"|font-family="[^"]*")'
)
"""What Vega writes for its own sake, or what is so without being said: a quarter of a page of cards."""


@dataclass(frozen=True)
class Line:
    """What one backend, or several alike, gave along x."""

    names: tuple[str, ...]
    x: list[float]
    y: list[float]


def joined(lines: list[Line]) -> list[Line]:
    """Lines that no eye can tell apart made one; `lines` are of one backend each."""
    low, high = domain(lines)
    found: list[Line] = []
    for line in lines:
        like = next((own for own in found if own.x == line.x and apart(own, line) <= ALIKE * (high - low)), None)
        if like:
            found[found.index(like)] = Line((*like.names, *line.names), like.x, like.y)
        else:
            found.append(line)
    return found


def apart(one: Line, other: Line) -> float:
    """The largest distance; inf where one has a number and the other none."""
    pairs = list(zip(one.y, other.y, strict=True))
    if any(math.isfinite(a) != math.isfinite(b) for a, b in pairs):
        return math.inf
    return max((abs(a - b) for a, b in pairs if math.isfinite(a)), default=0.0)


def domain(lines: list[Line]) -> tuple[float, float]:
    """From the least to the largest number drawn, 0 among them, with some room."""
    ys = [min(max(y, -CLIP), CLIP) for line in lines for y in line.y if math.isfinite(y)]
    low, high = min([0.0, *ys]), max([0.0, *ys])
    room = 0.08 * ((high - low) or 1.0)
    return low - room, high + room


def picture(lines: list[Line], kinks: list[float], dots: list[dict[str, Any]]) -> Any:
    """Lines that break at kinks, a rule through each kink, and a ring where each backend puts it."""
    low, high = domain(lines)
    end = max((abs(x) for line in lines for x in line.x), default=1.0)
    x = alt.X("x:Q", title="x", scale=alt.Scale(domain=[-end, end], nice=False), axis=alt.Axis(tickCount=7))
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
    """In ink where all backends are alike, otherwise each in the hue of its first backend."""
    low, high = domain(lines)
    drawn = joined(lines)
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
    """Around one another, so that all can be seen where backends agree: the first one's is the largest."""
    # both ends of a scale, which has none of them where there is one name and one number
    areas = [float((4 + 4 * count) ** 2) for count in (len(names), 1)]
    size = alt.Size("name:N", scale=alt.Scale(domain=names, range=areas), legend=None)
    stroke = alt.Stroke("name:N", scale=alt.Scale(domain=names, range=charts.hues(names)), legend=None)
    return (
        alt.Chart(pd.DataFrame(dots)).mark_point(strokeWidth=2, opacity=1, clip=True).encode(size=size, stroke=stroke)
    )


def svg(chart: Any, name: str) -> str:
    """As an element of a page: its ids are its own, it is as wide as there is room, and what it is stands beside it."""
    drawn: str = vl_convert.vegalite_to_svg(chart.to_dict())
    drawn = re.sub(IDLE, "", drawn)
    drawn = re.sub(r"\d+\.\d{2,}", lambda own: f"{float(own[0]):.1f}", drawn)  # of 380 pixels: finer is for nobody
    drawn = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", drawn)
    return re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg \1 aria-hidden="true">', drawn, count=1)
