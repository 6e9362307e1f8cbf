"""The strips: every binade of a subject along the real line, as SVG.

Not Altair: 41 variants × 2 directions × 4 backends × 512 binades are 170,000 marks, which Vega takes tens of MB and
seconds to lay out. Neighbours of one class merge into runs, the runs of one class in a strip into one path, and what
the tooltips say is a short list per run, so that the page stays small and the browser draws it at once.
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
from reports.files import finite

PITCH = 13  # pixels from one backend's strip to the next, the line height of the names beside them
HEIGHT = 10
AXIS = (1e38, 256.0, 1.0, 1e-4)
TICKS = {"float16": (6e4, 1.0, 1e-3), "bfloat16": AXIS, "float32": AXIS}
WORST = ("worst_ulp", "worst_bits", "worst_got", "worst_truth")
REST = ("nan_swallowed", "zero_sign", "not_monotone", "out_of_range")
TOLD = (
    *("stride", *WORST, *CATEGORIES, *(f"{name}_bits" for name in CATEGORIES)),
    *("subnormal", "flushed", "strict_ulp", "contracted_ulp", *REST),
)
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Run:
    """Neighbouring binades of one class."""

    start: int
    """Place along the real line."""
    length: int
    letter: str
    tip: list[Any]
    """What the tooltip needs, see `tip`."""


def runs(rows: pd.DataFrame, dtype: str) -> list[Run]:
    """The runs of one subject from left to right; places without a record are `-`."""
    width = LAYOUTS[dtype].binades
    at = np.full(width, -1)
    at[[bits.place(int(binade), dtype) for binade in rows["binade"]]] = np.arange(len(rows))
    kinds = np.where(at < 0, -1, np.append(classes.classify(rows), -1)[at])
    starts = np.flatnonzero(np.diff(kinds, prepend=-2))
    columns = {name: rows[name].to_numpy() for name in TOLD}  # a data frame's slices cost a hundred times an array's
    return [
        run(columns, at[start:end], int(start), int(kinds[start]))
        for start, end in zip(starts, np.append(starts[1:], width), strict=True)
    ]


def run(columns: Columns, at: NDArray[np.int64], start: int, kind: int) -> Run:
    """One run, with the worst of its binades."""
    if kind < 0:
        return Run(start, len(at), classes.MISSING.letter, [])
    return Run(start, len(at), classes.CLASSES[kind].letter, tip({name: own[at] for name, own in columns.items()}))


def tip(own: Columns) -> list[Any]:
    """Stride; worst distance, its input's bits, result, exact value; category counts and inputs; subnormals.

    Cut after the last that is anything: the page holds thousands.
    """
    told: list[Any] = [int(own["stride"].max()), 0, -1, 0, 0]
    distance = np.nan_to_num(own["worst_ulp"], nan=-1.0)
    if distance.max() >= 0:
        worst = {name: own[name][distance.argmax()].item() for name in WORST}
        told[1:] = [short(worst["worst_ulp"]), *list(worst.values())[1:]]
    for name in CATEGORIES:
        count = int(own[name].sum())
        told += [count, int(own[f"{name}_bits"][own[name].argmax()]) if count else 0]
    told += [int(own[name].sum()) for name in ("subnormal", "flushed")]
    told += [short(np.nan_to_num(own[name]).max()) for name in ("strict_ulp", "contracted_ulp")]
    told += [int(own[name].sum()) for name in REST]
    told = [spoken(value) for value in told]
    while told and told[-1] == 0:
        told.pop()
    return told


def short(distance: float) -> float:
    """Three digits; 0 for NaN."""
    return 0 if math.isnan(distance) else float(f"{distance:.3g}")


def spoken(value: Any) -> Any:
    """As JSON takes it: infinities and NaN as texts."""
    if isinstance(value, float):
        return str(value) if not math.isfinite(value) else int(value) if value == 0 else float(value)
    return value


def path(own: list[Run], top: int, dtype: str) -> Iterator[str]:
    """A path per class that occurs."""
    ends = {part.start: (bits.drawn(part.start, dtype), bits.drawn(part.start + part.length, dtype)) for part in own}
    for letter in dict.fromkeys(part.letter for part in own):
        alike = (ends[part.start] for part in own if part.letter == letter)
        boxes = (f"M{start:g} {top}h{end - start:g}v{HEIGHT}h{start - end:g}z" for start, end in alike)
        yield f'<path class="{"m" if letter == "-" else letter}" d="{"".join(boxes)}"/>'


def picture(strips: list[list[Run]], dtype: str, label: str) -> Markup:
    """The strips of one activation and direction, one above another."""
    width, height = f"{bits.scale(dtype)[-1][1]:g}", PITCH * len(strips)
    drawn = "".join(part for number, own in enumerate(strips) for part in path(own, number * PITCH + 1, dtype))
    marks = (bits.drawn(bits.place_of(x, dtype), dtype) for x in (-1.0, 0.0, 1.0))
    lines = "".join(f"M{x:g} 0v{height}" for x in marks)
    said = Markup('<svg viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}" height="{}">').format(
        width, height, label, height
    )
    return said + Markup(f'{drawn}<path class="rule" d="{lines}"/></svg>')


def rows(setting: Setting) -> list[dict[str, Any]]:
    """A row per activation: the pictures, what stands beside them, and what their tooltips say."""
    found = []
    for activation in setting.activations:
        sides = [side(setting, activation, direction) for direction in setting.directions]
        found.append({"activation": formats.text(activation), "name": breakable(activation), "sides": sides})
    return found


def breakable(name: str) -> Markup:
    """A name that may go on in the next line after a bracket or a comma."""
    escaped = str(Markup.escape(formats.text(name)))
    return Markup(escaped.replace("[", "[<wbr>").replace(",", ",<wbr>"))


def side(setting: Setting, activation: str, direction: str) -> dict[str, Any]:
    """One direction of one activation."""
    subjects = [setting.subject(activation, direction, who) for who in setting.columns]
    strips = [runs(own, setting.dtype) for own in subjects]
    figures = [figure(own) for own in subjects]
    label = f"{activation} {direction}: " + "; ".join(
        f"{who} {said['words']}" for who, said in zip(setting.columns, figures, strict=True)
    )
    tips = [[[part.start, part.letter, *part.tip] for part in own] for own in strips]
    return {
        "direction": direction,
        "svg": picture(strips, setting.dtype, formats.text(label)),
        "figures": figures,
        "tips": Markup(json.dumps(finite(tips), separators=(",", ":")).replace("<", "\\u003c")),
    }


def figure(own: pd.DataFrame) -> dict[str, str]:
    """The worst of a subject: a category by name, otherwise its distance in ulp."""
    if own.empty:
        return {"words": "not computed", "short": "–", "category": ""}
    category = next((name for name in CATEGORIES if own[name].sum()), "")
    distance = formats.ulp(float(own["worst_ulp"].max()))
    told = f"{distance} ulp" if distance else ""
    parts = (formats.category(category), told, sampled(int(own["stride"].max())))
    words = ", ".join(filter(None, parts))
    at_least = "≥\u202f" if own["stride"].max() > 1 and distance else ""
    return {"words": words, "short": at_least + (distance or "–"), "category": formats.category(category)}


def ticks(dtype: str) -> list[dict[str, Any]]:
    """Where the axis is labelled, in percent from the left."""
    ends = [(bits.drawn(bits.place_of(x, dtype), dtype), f"{x:g}".replace("e+", "e")) for x in TICKS[dtype]]
    width = bits.scale(dtype)[-1][1]
    mirrored = [(width - x, f"−{text}") for x, text in ends]
    every = [*mirrored, (width / 2, "0"), *reversed(ends)]
    return [{"left": f"{100 * x / width:.2f}", "text": text} for x, text in every]
