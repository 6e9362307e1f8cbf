"""The two pictures of a card, and the table behind them."""

import functools
import itertools
import math
import re
from typing import Any

from markupsafe import Markup

from backends.activation import Variant
from reports import formats
from reports.cards import draw
from reports.cards.load import Gallery, Sitter, numbers
from reports.cards.words import kinks_of, listed, no_data, size

CLOSE = 1e-4
"""Nearer to a kink than that lies what was computed beside it."""
WHOLE = range(-6, 7)
"""Inputs of the table behind a picture, beside the kinks."""


@functools.lru_cache(maxsize=128)
def pictured(variant: Variant, gallery: Gallery, name: str) -> dict[str, Any]:
    """A picture of values or slopes, and its words; without data the reasons."""
    lines, why = [], []
    for own in gallery.sitters:
        part = own.part(variant.id, "curve")
        x, y = numbers(part.get("x")), numbers(part.get(name))
        if part["status"] == "ok" and x and len(x) == len(y):
            lines.append(draw.Line((own.name,), x, y))
        else:
            why.append(f"{own.name}: {no_data(part)}")
    if not lines:
        return {"name": name, "svg": "", "words": "no data", "why": why}
    kinks = kinks_of(variant, gallery)
    dots = [dot for own in gallery.sitters for dot in rings(own, variant, name, kinks)]
    ids = re.sub(r"\W", "-", f"{variant.id}-{name}")
    drawn = draw.svg(draw.picture(lines, kinks, dots), ids)
    return {"name": name, "svg": Markup(drawn), "words": words_of(lines, name, variant.id, kinks), "why": why}


def words_of(lines: list[draw.Line], name: str, variant: str, kinks: list[float]) -> str:
    """What can be seen in a picture."""
    drawn = draw.joined(lines)
    if len(lines) == 1:
        return f"The {name} of {variant} on {lines[0].names[0]}"
    if len(drawn) > 1:
        return f"The {name} of {variant}, a line each: {'; '.join(', '.join(line.names) for line in drawn)}"
    pairs = itertools.combinations(lines, 2)
    most = max(draw.apart(one, other) for one, other in pairs)
    same = f"{most:.0e} apart at most" if most else "the same at every point"
    where = ", kinks left out" if kinks else ""
    return f"The {name} of {variant} on {', '.join(drawn[0].names)}: one line, {same}{where}"


def rings(own: Sitter, variant: Variant, name: str, kinks: list[float]) -> list[dict[str, Any]]:
    """What a backend gave at each kink."""
    part = own.part(variant.id, "points")
    at = [numbers([p.get("x"), p.get(name)]) for p in listed(part, "at")]
    known = {pair[0]: pair[1] for pair in reversed(at) if len(pair) == 2}  # of two zeros, the positive one
    return [{"x": x, "y": known[x], "name": own.name} for x in kinks if math.isfinite(known.get(x, math.nan))]


def behind(variant: Variant, gallery: Gallery) -> list[dict[str, Any]]:
    """The table behind the pictures: value and slope of each backend at whole numbers and beside kinks."""
    curves = {own.name: own.part(variant.id, "curve") for own in gallery.sitters}
    at: dict[str, dict[float, tuple[float, float]]] = {}
    for name, part in curves.items():
        columns = [numbers(part.get(column)) for column in ("x", "value", "slope")]
        at[name] = {x: (y, dy) for x, y, dy in zip(*columns, strict=False)}
    every = sorted({x for own in at.values() for x in own})
    kinks = kinks_of(variant, gallery)
    shown = [x for x in every if x in WHOLE or any(0 < abs(x - kink) < CLOSE for kink in kinks)]
    return [{"x": place(x, kinks), "cells": [pair(at[own.name].get(x)) for own in gallery.sitters]} for x in shown]


def place(x: float, kinks: list[float]) -> str:
    """An input; beside a kink, on which side."""
    near = next((kink for kink in kinks if 0 < abs(x - kink) < CLOSE), None)
    return formats.number(x) if near is None else f"{formats.number(near)} {'−' if x < near else '+'} ε"


def pair(both: tuple[float, float] | None) -> dict[str, str]:
    """Value and slope of a cell."""
    if both is None:
        return {"value": "no data", "slope": ""}
    return {"value": size(both[0]), "slope": size(both[1])}
