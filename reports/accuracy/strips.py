"""The strips: every binade of a subject along the real line, as SVG.

Altair is not used: 41 variants × 2 directions × 4 backends × 512 binades are 170,000 marks, which Vega takes tens of MB
and seconds to lay out. Neighbours of one class merge into runs, the runs of one class in a strip into one path, and the
contents of a tooltip are a short list per run, so that the page stays small and the browser draws it at once.
"""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from bench.accuracy.record import CATEGORIES
from bench.accuracy.shards import LAYOUTS
from reports import formats
from reports.accuracy import bits, classes
from reports.accuracy.atlas import Setting, sampled
from reports.page.files import finite

PITCH = 13  # pixels from one backend's strip to the next, the line height of the names beside them
HEIGHT = 10
AXIS = (1e38, 256.0, 1.0, 1e-4)
TICKS = {"float16": (6e4, 1.0, 1e-3), "bfloat16": AXIS, "float32": AXIS}
WORST = ("worst_ulp", "worst_bits", "worst_got", "worst_truth")
REST = ("nan_swallowed", "zero_sign", "not_monotone", "out_of_range")
TIP_COLUMNS = (
    *("stride", *WORST, *CATEGORIES, *(f"{name}_bits" for name in CATEGORIES)),
    *("subnormal", "flushed", "strict_ulp", "contracted_ulp", *REST),
)
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Run:
    """Neighbouring binades of one class."""

    start: int
    """The place along the real line."""
    length: int
    letter: str
    tip: list[Any]
    """The contents of the tooltip, see `tip`."""


def runs(rows: pd.DataFrame, dtype: str) -> list[Run]:
    """Return the runs of one subject from left to right; places without a record have the letter `-`."""
    width = LAYOUTS[dtype].binades
    positions = np.full(width, -1)
    positions[[bits.place(int(binade), dtype) for binade in rows["binade"]]] = np.arange(len(rows))
    kinds = np.where(positions < 0, -1, np.append(classes.classify(rows), -1)[positions])
    starts = np.flatnonzero(np.diff(kinds, prepend=-2))
    # a data frame's slices cost a hundred times an array's
    columns = {name: rows[name].to_numpy() for name in TIP_COLUMNS}
    return [
        run(columns, positions[start:end], int(start), int(kinds[start]))
        for start, end in zip(starts, np.append(starts[1:], width), strict=True)
    ]


def run(columns: Columns, positions: NDArray[np.int64], start: int, kind: int) -> Run:
    """Return one run, with the worst of its binades."""
    if kind < 0:
        return Run(start, len(positions), classes.MISSING.letter, [])
    return Run(
        start,
        len(positions),
        classes.CLASSES[kind].letter,
        tip({name: values[positions] for name, values in columns.items()}),
    )


def tip(columns: Columns) -> list[Any]:
    """Return stride; worst error, its input's bits, result, exact value; category counts and inputs; subnormals.

    Trailing zeros are cut: the page holds thousands of these lists.
    """
    parts: list[Any] = [int(columns["stride"].max()), 0, -1, 0, 0]
    distance = np.nan_to_num(columns["worst_ulp"], nan=-1.0)
    if distance.max() >= 0:
        worst = {name: columns[name][distance.argmax()].item() for name in WORST}
        parts[1:] = [short(worst["worst_ulp"]), *list(worst.values())[1:]]
    for name in CATEGORIES:
        count = int(columns[name].sum())
        parts += [count, int(columns[f"{name}_bits"][columns[name].argmax()]) if count else 0]
    parts += [int(columns[name].sum()) for name in ("subnormal", "flushed")]
    parts += [short(np.nan_to_num(columns[name]).max()) for name in ("strict_ulp", "contracted_ulp")]
    parts += [int(columns[name].sum()) for name in REST]
    parts = [json_value(value) for value in parts]
    while parts and parts[-1] == 0:
        parts.pop()
    return parts


def short(distance: float) -> float:
    """Return three digits; 0 for NaN."""
    return 0 if math.isnan(distance) else float(f"{distance:.3g}")


def json_value(value: Any) -> Any:
    """Return a value as JSON takes it: infinities and NaN as texts."""
    if isinstance(value, float):
        return str(value) if not math.isfinite(value) else int(value) if value == 0 else float(value)
    return value


def path(parts: list[Run], top: int, dtype: str) -> Iterator[str]:
    """Yield an SVG path for each class that occurs."""
    edges = {part.start: (bits.drawn(part.start, dtype), bits.drawn(part.start + part.length, dtype)) for part in parts}
    for letter in dict.fromkeys(part.letter for part in parts):
        places = (edges[part.start] for part in parts if part.letter == letter)
        boxes = (f"M{start:g} {top}h{end - start:g}v{HEIGHT}h{start - end:g}z" for start, end in places)
        yield f'<path class="{"m" if letter == "-" else letter}" d="{"".join(boxes)}"/>'


def picture(strips: list[list[Run]], dtype: str, label: str) -> Markup:
    """Return the strips of one activation and direction, one above another."""
    width, height = f"{bits.scale(dtype)[-1][1]:g}", PITCH * len(strips)
    drawn = "".join(part for number, row in enumerate(strips) for part in path(row, number * PITCH + 1, dtype))
    marks = (bits.drawn(bits.place_of(x, dtype), dtype) for x in (-1.0, 0.0, 1.0))
    lines = "".join(f"M{x:g} 0v{height}" for x in marks)
    head = Markup('<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}" height="{}">').format(
        width, height, label, height
    )
    return head + Markup(f'{drawn}<path class="rule" d="{lines}"/></svg>')


def rows(setting: Setting) -> list[dict[str, Any]]:
    """Return a row for each activation: the pictures, the figures beside them, and the contents of their tooltips."""
    table = []
    for activation in setting.activations:
        sides = [side(setting, activation, direction) for direction in setting.directions]
        table.append({"activation": formats.text(activation), "name": breakable(activation), "sides": sides})
    return table


def breakable(name: str) -> Markup:
    """Return a name whose line may break after a bracket or a comma."""
    escaped = str(Markup.escape(formats.text(name)))
    return Markup(escaped.replace("[", "[<wbr>").replace(",", ",<wbr>"))


def side(setting: Setting, activation: str, direction: str) -> dict[str, Any]:
    """Return one direction of one activation."""
    subjects = [setting.subject(activation, direction, column) for column in setting.columns]
    strips = [runs(rows, setting.dtype) for rows in subjects]
    figures = [figure(rows) for rows in subjects]
    label = f"{activation} {direction}: " + "; ".join(
        f"{column} {item['words']}" for column, item in zip(setting.columns, figures, strict=True)
    )
    tips = [[[part.start, part.letter, *part.tip] for part in rows] for rows in strips]
    return {
        "direction": direction,
        "svg": picture(strips, setting.dtype, formats.text(label)),
        "figures": figures,
        "tips": Markup(json.dumps(finite(tips), separators=(",", ":")).replace("<", "\\u003c")),
    }


def figure(rows: pd.DataFrame) -> dict[str, str]:
    """Return the worst result of a subject: a category by name, otherwise its error in ulp."""
    if rows.empty:
        return {"words": "not computed", "short": "–", "category": ""}
    category = next((name for name in CATEGORIES if rows[name].sum()), "")
    distance = formats.ulp(float(rows["worst_ulp"].max()))
    error = f"{distance} ulp" if distance else ""
    parts = (formats.category(category), error, sampled(int(rows["stride"].max())))
    words = ", ".join(filter(None, parts))
    at_least = "≥\u202f" if rows["stride"].max() > 1 and distance else ""
    return {"words": words, "short": at_least + (distance or "–"), "category": formats.category(category)}


def ticks(dtype: str) -> list[dict[str, Any]]:
    """Return the labels of the axis, in percent from the left."""
    labels = [(bits.drawn(bits.place_of(x, dtype), dtype), f"{x:g}".replace("e+", "e")) for x in TICKS[dtype]]
    width = bits.scale(dtype)[-1][1]
    mirrored = [(width - x, f"−{text}") for x, text in labels]
    every = [*mirrored, (width / 2, "0"), *reversed(labels)]
    return [{"left": f"{100 * x / width:.2f}", "text": text} for x, text in every]
