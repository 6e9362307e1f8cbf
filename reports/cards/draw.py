"""The pictures of a card, from the values recorded on the backends: one Vega-Lite definition, drawn to SVG.

They are not drawn in the browser: sixty charts would keep a phone busy, and a page without scripts opens anywhere.
Altair, which checks and copies each part of a chart, would take 5 s for them.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.page import charts, vega

WIDTH, HEIGHT = 380, 210
ALIKE = 1e-3
"""A share of a picture's height: lines nowhere further apart are drawn as one."""
CLIP = 25.0
"""Values beyond are cut off, so that exp leaves other detail visible; a plateau at 20 stays."""
INK = "currentColor"
Definition = dict[str, Any]
"""A definition of Vega-Lite, or a part of one."""
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
    a, b = np.array(first.y), np.array(other.y)
    finite = np.isfinite(a)
    if (finite != np.isfinite(b)).any():
        return math.inf
    return float(np.abs(a - b, where=finite, out=np.zeros(len(a))).max(initial=0.0))


def domain(lines: list[Line]) -> tuple[float, float]:
    """Return the range from the least to the largest number drawn, 0 among them, with some room."""
    ys = np.concatenate([[0.0], *(line.y for line in lines)])
    clipped = np.clip(ys[np.isfinite(ys)], -CLIP, CLIP)
    low, high = float(clipped.min()), float(clipped.max())
    room = 0.08 * ((high - low) or 1.0)
    return low - room, high + room


def picture(lines: list[Line], kinks: list[float], dots: list[dict[str, Any]]) -> Definition:
    """Return lines that break at kinks, a rule through each kink, and a ring at each backend's result there."""
    low, high = domain(lines)
    bound = max((abs(x) for line in lines for x in line.x), default=1.0)
    x = quantity("x", title="x", scale={"domain": [-bound, bound], "nice": False}, axis={"tickCount": 7})
    y = quantity("y", title=None, scale={"domain": [low, high], "nice": False}, axis={"tickCount": 5})
    zero, axis = [{"zero": 0.0}], {"type": "rule", "color": "#888", "opacity": 0.6}
    parts = [layer(zero, axis, y=quantity("zero")), layer(zero, axis, x=quantity("zero"))]
    if kinks:
        rule = {"type": "rule", "strokeDash": [3, 3], "color": "#888"}
        parts.append(layer([{"x": kink} for kink in kinks], rule, x=x))
    parts.append(curves(lines, kinks, x, y))
    if shown := [dot for dot in dots if low <= dot["y"] <= high]:
        parts.append(rings(shown, [line.names[0] for line in lines], x, y))
    scales = {"resolve": {"scale": {"color": "independent"}}, "config": charts.CONFIG}
    return {"layer": parts, "width": WIDTH, "height": HEIGHT, **scales}


def layer(rows: list[dict[str, Any]], mark: Definition, **encoding: Definition) -> Definition:
    """Return a layer of a chart."""
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


def quantity(field: str, **options: Any) -> Definition:
    """Return the encoding of a number."""
    return {"field": field, "type": "quantitative", **options}


def name(field: str, **options: Any) -> Definition:
    """Return the encoding of a name, without a legend."""
    return {"field": field, "type": "nominal", "legend": None, **options}


def curves(lines: list[Line], kinks: list[float], x: Definition, y: Definition) -> Definition:
    """Return the lines, in ink where all backends are alike, otherwise each in the hue of its first backend."""
    low, high = domain(lines)
    drawn = merge_alike(lines)
    rows = [
        {"x": point, "y": value, "line": number, "piece": sum(kink < point for kink in kinks)}
        for number, line in enumerate(drawn)
        for point, value in zip(line.x, line.y, strict=True)
        if math.isfinite(value) and low - CLIP < value < high + CLIP
    ]
    hues = dict(zip([line.names[0] for line in lines], charts.hues([line.names[0] for line in lines]), strict=True))
    colours = [INK] if len(drawn) == 1 else [hues[line.names[0]] for line in drawn]
    colour = name("line", scale={"domain": list(range(len(drawn))), "range": colours})
    mark = {"type": "line", "strokeWidth": 2, "clip": True}
    return layer(rows, mark, x=x, y=y, color=colour, detail={"field": "piece", "type": "nominal"})


def rings(dots: list[dict[str, Any]], names: list[str], x: Definition, y: Definition) -> Definition:
    """Return concentric rings, visible where backends agree: the first backend's is the largest."""
    # both ends of the range: a scale of one name and one number would have neither
    areas = [float((4 + 4 * count) ** 2) for count in (len(names), 1)]
    size = name("name", scale={"domain": names, "range": areas})
    stroke = name("name", scale={"domain": names, "range": charts.hues(names)})
    mark = {"type": "point", "strokeWidth": 2, "opacity": 1, "clip": True}
    return layer(dots, mark, x=x, y=y, size=size, stroke=stroke)


def svg(definition: Definition, name: str) -> str:
    """Return a chart as an element of a page, with ids that begin with `name`, as wide as there is room."""
    drawn = vega.stored_svg(definition)
    drawn = re.sub(IDLE, "", drawn)
    # of 380 pixels: finer steps are invisible
    drawn = re.sub(r"\d+\.\d{2,}", lambda match: f"{float(match[0]):.1f}", drawn)
    drawn = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", drawn)
    return re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', r'<svg \1 aria-hidden="true">', drawn, count=1)
