"""The two pictures of a card, and the table of their numbers."""

import functools
import itertools
import math
import re
from typing import Any

import pandas as pd
from markupsafe import Markup

from backends.activation import Variant
from bench.core.curves import Curve, Points
from reports import formats
from reports.cards import draw
from reports.cards.load import CurveCollection, Recording, numbers
from reports.cards.results import QUANTITIES, result_columns
from reports.cards.words import kinks_of, no_data
from reports.page.section import Block, Column, Drawing, Table, Words

CLOSE = 1e-4
"""Points nearer to a kink than that were computed beside it."""
WHOLE = range(-6, 7)
"""The inputs of the table, together with those beside kinks."""


@functools.lru_cache(maxsize=128)
def picture_of(variant: Variant, collection: CurveCollection, name: str) -> tuple[Block, ...]:
    """Return the picture of values or derivatives with its words, and the reasons for lines that are missing."""
    lines, reasons = [], []
    for recording in collection.recordings:
        part = recording.part(variant.id, Curve)
        x, y = numbers(part.x), numbers(getattr(part, name))
        if part.status == "ok" and x and len(x) == len(y):
            lines.append(draw.Line((recording.name,), x, y))
        else:
            reasons.append(Words(formats.markdown(f"{recording.name}: {no_data(part)}"), "soft"))
    if not lines:
        return Words(f"**{name}**"), Words("no data", "fault"), *reasons
    kinks = kinks_of(variant, collection)
    dots = [dot for recording in collection.recordings for dot in rings(recording, variant, name, kinks)]
    ids = re.sub(r"\W", "-", f"{variant.id}-{name}")
    drawn = Markup(draw.svg(draw.picture(lines, kinks, dots), ids))
    words = words_of(lines, name, variant.id, kinks)
    picture = Drawing(drawn, alt=f"{words}. The table below holds its numbers.", title=name)
    return picture, Words(f"{formats.markdown(words)}.", "soft"), *reasons


def words_of(lines: list[draw.Line], name: str, variant: str, kinks: list[float]) -> str:
    """Return a picture in words."""
    drawn = draw.merge_alike(lines)
    if len(lines) == 1:
        return f"The {name} of {variant} on {lines[0].names[0]}"
    if len(drawn) > 1:
        return f"The {name} of {variant}, a line each: {'; '.join(', '.join(line.names) for line in drawn)}"
    pairs = itertools.combinations(lines, 2)
    most = max(draw.largest_difference(first, other) for first, other in pairs)
    same = f"{most:.0e} apart at most" if most else "the same at every point"
    where = ", kinks left out" if kinks else ""
    return f"The {name} of {variant} on {', '.join(drawn[0].names)}: one line, {same}{where}"


def rings(recording: Recording, variant: Variant, name: str, kinks: list[float]) -> list[dict[str, Any]]:
    """Return a backend's result at each kink."""
    part = recording.part(variant.id, Points)
    pairs = [numbers([point.x, getattr(point, name)]) for point in part.results]
    results = {pair[0]: pair[1] for pair in reversed(pairs) if len(pair) == 2}  # of two zeros, the positive one
    return [{"x": x, "y": results[x], "name": recording.name} for x in kinks if math.isfinite(results.get(x, math.nan))]


def table_of(variant: Variant, collection: CurveCollection) -> Table:
    """Return the table of the pictures: value and derivative of each backend at whole numbers and beside kinks."""
    curves = [results_by_input(recording.part(variant.id, Curve)) for recording in collection.recordings]
    kinks = kinks_of(variant, collection)
    rows = []
    for x in sorted({x for curve in curves for x in curve}):
        if x in WHOLE or any(0 < abs(x - kink) < CLOSE for kink in kinks):
            row: dict[str, Any] = {"x": x}
            for place, curve in enumerate(curves):
                row |= {f"{name} {place}": y for name, y in zip(QUANTITIES, curve.get(x, (None, None)), strict=True)}
            rows.append(row)
    columns = [Column("x", "x", lambda x: place_of(x, kinks)), *result_columns(collection.names)]
    keys = [column.key for column in columns]
    return Table(pd.DataFrame(rows, columns=keys, dtype=object), columns, style="numbers")


def results_by_input(curve: Curve) -> dict[float, tuple[float, float]]:
    """Return the value and derivative at each input of a curve."""
    columns = [numbers(getattr(curve, name)) for name in ("x", *QUANTITIES)]
    return {x: (y, dy) for x, y, dy in zip(*columns, strict=False)}


def place_of(x: float, kinks: list[float]) -> str:
    """Return an input, with the side on which it lies of a kink beside it."""
    near = next((kink for kink in kinks if 0 < abs(x - kink) < CLOSE), None)
    return formats.number(x) if near is None else f"{formats.number(near)} {'−' if x < near else '+'} ε"
