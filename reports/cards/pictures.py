"""The two pictures of a card, and the table of their numbers."""

import functools
import itertools
import math
import re
from typing import Any

from markupsafe import Markup

from backends.activation import Variant
from bench.core.curves import Curve, Points
from reports import formats
from reports.cards import draw
from reports.cards.load import CurveCollection, Recording, numbers
from reports.cards.words import kinks_of, no_data, size

CLOSE = 1e-4
"""Points nearer to a kink than that were computed beside it."""
WHOLE = range(-6, 7)
"""The inputs of the table, together with those beside kinks."""


@functools.lru_cache(maxsize=128)
def picture_of(variant: Variant, collection: CurveCollection, name: str) -> dict[str, Any]:
    """Return a picture of values or derivatives and its words, or the reasons why there is none."""
    lines, reasons = [], []
    for recording in collection.recordings:
        part = recording.part(variant.id, Curve)
        x, y = numbers(part.x), numbers(getattr(part, name))
        if part.status == "ok" and x and len(x) == len(y):
            lines.append(draw.Line((recording.name,), x, y))
        else:
            reasons.append(f"{recording.name}: {no_data(part)}")
    if not lines:
        return {"name": name, "svg": "", "words": "no data", "why": reasons}
    kinks = kinks_of(variant, collection)
    dots = [dot for recording in collection.recordings for dot in rings(recording, variant, name, kinks)]
    ids = re.sub(r"\W", "-", f"{variant.id}-{name}")
    drawn = draw.svg(draw.picture(lines, kinks, dots), ids)
    return {"name": name, "svg": Markup(drawn), "words": words_of(lines, name, variant.id, kinks), "why": reasons}


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


def table_of(variant: Variant, collection: CurveCollection) -> list[dict[str, Any]]:
    """Return the table of the pictures: value and derivative of each backend at whole numbers and beside kinks."""
    curves = {recording.name: recording.part(variant.id, Curve) for recording in collection.recordings}
    results: dict[str, dict[float, tuple[float, float]]] = {}
    for name, part in curves.items():
        columns = map(numbers, (part.x, part.value, part.slope))
        results[name] = {x: (y, dy) for x, y, dy in zip(*columns, strict=False)}
    every = sorted({x for values in results.values() for x in values})
    kinks = kinks_of(variant, collection)
    shown = [x for x in every if x in WHOLE or any(0 < abs(x - kink) < CLOSE for kink in kinks)]
    return [
        {"x": place(x, kinks), "cells": [pair(results[recording.name].get(x)) for recording in collection.recordings]}
        for x in shown
    ]


def place(x: float, kinks: list[float]) -> str:
    """Return an input, with the side on which it lies of a kink beside it."""
    near = next((kink for kink in kinks if 0 < abs(x - kink) < CLOSE), None)
    return formats.number(x) if near is None else f"{formats.number(near)} {'−' if x < near else '+'} ε"


def pair(values: tuple[float, float] | None) -> dict[str, str]:
    """Return the value and derivative of a cell."""
    if values is None:
        return {"value": "no data", "slope": ""}
    return {"value": size(values[0]), "slope": size(values[1])}
