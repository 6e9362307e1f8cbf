"""What a card says, as plain rows for the templates."""

import contextlib
import inspect
import itertools
import math
import re
from typing import Any

import pandas as pd
from markupsafe import Markup

from backends.activation import Variant, catalogue, spelled
from bench.portrait.measure import LAYOUTS
from reports import formats
from reports.accuracy.conventions import cell as judged
from reports.accuracy.conventions import special, valid
from reports.cards import costs, draw, exact
from reports.cards.load import Gallery, Sitter

EQUATION = re.compile(r"f\([^)]*\)(_i)? = ")
TOLD = 1e-3
"""Means that differ by less are told as one."""
CLOSE = 1e-4
"""Nearer to a kink than that lies what was computed beside it."""
WHOLE = range(-6, 7)
"""Inputs of the table behind a picture, beside the kinks."""


def cards(gallery: Gallery, costs_table: pd.DataFrame | None) -> list[dict[str, Any]]:
    """A card of each activation, in catalogue order, then of each other parameter case that was portrayed."""
    usual = [entry.variants[0] for entry in catalogue().values()]
    return [card(variant, gallery, costs_table) for variant in dict.fromkeys([*usual, *others(gallery)])]


def others(gallery: Gallery) -> list[Variant]:
    """Parameter cases that were asked for; without those of packages that are not here."""
    found = []
    for name in dict.fromkeys(name for own in gallery.sitters for name in own.portraits if "[" in name):
        with contextlib.suppress(LookupError):
            found.append(spelled(name))
    return found


def card(variant: Variant, gallery: Gallery, costs_table: pd.DataFrame | None) -> dict[str, Any]:
    """One of them."""
    words, equation, more = described(variant)
    rows = [row for own in gallery.sitters if (row := own.portrait(variant.id).get("row"))]
    source, link, address = formats.text(variant.activation.source).partition("https://")
    return {
        "name": formats.text(variant.id),
        "words": words,
        "formula": equation,
        "notes": more,
        "signature": signature(variant),
        "aliases": aliases(variant),
        "source": source,
        "link": link + address,
        "row": formats.text(rows[0]) if rows else "",
        "facts": facts(variant, gallery),
        "kinks": [formats.number(kink) for kink in kinks_of(variant, gallery)],
        "pictures": [pictured(variant, gallery, name) for name in ("value", "slope")],
        "behind": behind(variant, gallery),
        "points": points(variant, gallery),
        "vanished": [vanished(own, variant) for own in gallery.sitters],
        "costs": costs.rows(costs_table, variant.id),
        "natives": [native(own, variant) for own in gallery.sitters],
        "call": call(variant),
    }


def overview(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line of each card: its facts, and the least and the largest multiple of a copy of a forward call."""
    return [
        {"name": own["name"], "facts": {f["name"]: f["said"] for f in own["facts"]}, "cost": costs.span(own["costs"])}
        for own in cards
    ]


def described(variant: Variant) -> tuple[str, str, str]:
    """From the catalogue: the words, the formula, and the rest."""
    first, _, rest = (inspect.getdoc(variant.activation.formula) or "").partition("\n\n")
    if not EQUATION.search(first):
        second, _, rest = rest.partition("\n\n")
        first = f"{first} {second}"
    found = EQUATION.search(first)
    cut = found.start() if found else len(first)
    words, equation, more = (" ".join(part.replace("`", "").split()) for part in (first[:cut], first[cut:], rest))
    words = words.rstrip(": ")
    return words + "." * (not words.endswith(".")), equation, more


def signature(variant: Variant) -> str:
    """As Keras has it; what has no default stands without one."""
    parameters = variant.activation.parameters.values()
    said = [p.name if p.required else f"{p.name}={p.default!r}" for p in parameters]
    return f"keras.activations.{variant.activation.name}({', '.join(['x', *said])})"


def aliases(variant: Variant) -> str:
    """Other names of the activation and of its parameters."""
    own = variant.activation
    renamed = [f"{old} for {new}" for old, new in own.parameter_aliases.items()]
    return ", ".join([*own.aliases, *renamed]) or "none"


def call(variant: Variant) -> str:
    """From this project, on any backend."""
    given = [(p, variant.parameters[p.name]) for p in variant.activation.parameters.values()]
    passed = [f", {p.name}={value!r}" for p, value in given if p.required or value != p.default]
    return f'backends.call("torch", "{variant.activation.name}", x{"".join(passed)})'


def kinks_of(variant: Variant, gallery: Gallery) -> list[float]:
    """As the portraits have them."""
    found = (draw.numbers(own.portrait(variant.id).get("kinks")) for own in gallery.sitters)
    return next((list(own) for own in found if own), [])


def facts(variant: Variant, gallery: Gallery) -> list[dict[str, str]]:
    """What follows from the definition, then what the backends gave for N(0, 1) inputs."""
    own = exact.facts(variant)
    found = [fact("range", "no data", "this kind of activation has no portrait")] if own is None else definite(own)
    return [*found, centred(own, variant, gallery), dead(variant, gallery)]


def fact(name: str, said: str, more: str = "") -> dict[str, str]:
    """A line of them."""
    return {"name": name, "said": said, "more": more}


def definite(own: exact.Facts) -> list[dict[str, str]]:
    """Of the exact function."""
    how = f"at {len(exact.POINTS)} exact values" if own.sampled else "proved for every float32 number"
    monotone = "no: it falls and rises"
    if not own.falls or not own.rises:
        monotone = f"yes: it never {'rises' if own.falls else 'falls'}"
    limits = f"goes to {size(own.left)} at −∞, to {size(own.right)} at ∞"
    return [
        fact("range", f"{size(own.low)} to {size(own.high)}", limits),
        fact("monotone", monotone, how),
        fact("slope", f"{size(own.slope_low)} to {size(own.slope_high)}", how),
    ]


def size(y: float) -> str:
    """Four digits, or infinity."""
    return special(float(f"{y:.4g}")) if math.isfinite(y) else special(y)


def centred(own: exact.Facts | None, variant: Variant, gallery: Gallery) -> dict[str, str]:
    """Whether outputs lie around 0: by symmetry, or on average."""
    means = told(variant, gallery, "mean", lambda y: f"{y:.3f}".replace("-0.000", "0.000"))
    if own and own.odd:
        return fact("zero-centred", "yes", "by symmetry: f(−x) = −f(x)")
    level = all(abs(y) < TOLD for y in known(variant, gallery, "mean")) and known(variant, gallery, "mean")
    return fact("zero-centred", "on average" if level else "no", f"mean output {means}")


def dead(variant: Variant, gallery: Gallery) -> dict[str, str]:
    """The share of N(0, 1) inputs without a slope."""
    return fact(
        "dead", told(variant, gallery, "dead", formats.probability), "of N(0, 1) inputs have a slope of exactly 0"
    )


def known(variant: Variant, gallery: Gallery, name: str) -> list[float]:
    """What each backend with data gave for N(0, 1) inputs."""
    parts = (own.part(variant.id, "normal") for own in gallery.sitters)
    return [y for part in parts if part["status"] == "ok" for y in draw.numbers([part.get(name)])]


def told(variant: Variant, gallery: Gallery, name: str, say: Any) -> str:
    """Once where all backends say the same, else one by one."""
    said: dict[str, list[str]] = {}
    for own in gallery.sitters:
        part = own.part(variant.id, "normal")
        found = draw.numbers([part.get(name)]) if part["status"] == "ok" else []
        said.setdefault(say(found[0]) if found else no_data(part), []).append(own.name)
    if len(said) == 1:
        return next(iter(said))
    return "; ".join(f"{text} on {', '.join(names)}" for text, names in said.items())


def no_data(part: dict[str, Any]) -> str:
    """Why there is none."""
    return f"no data ({formats.short(part.get('reason') or 'no reason was recorded')})"


def pictured(variant: Variant, gallery: Gallery, name: str) -> dict[str, Any]:
    """A picture of values or slopes, and its words; without data the reasons."""
    lines, why = [], []
    for own in gallery.sitters:
        part = own.part(variant.id, "curve")
        x, y = draw.numbers(part.get("x")), draw.numbers(part.get(name))
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
    return {"name": name, "svg": Markup(drawn), "words": words_of(lines, name, variant.id), "why": why}


def words_of(lines: list[draw.Line], name: str, variant: str) -> str:
    """What can be seen in a picture."""
    drawn = draw.joined(lines)
    if len(lines) == 1:
        return f"The {name} of {variant} on {lines[0].names[0]}"
    if len(drawn) > 1:
        return f"The {name} of {variant}, a line each: {'; '.join(', '.join(line.names) for line in drawn)}"
    pairs = itertools.combinations(lines, 2)
    most = max(draw.apart(one, other) for one, other in pairs)
    same = f"they differ by {most:.0e} at most away from kinks" if most else "the same away from kinks"
    return f"The {name} of {variant} on {', '.join(drawn[0].names)}: one line, {same}"


def rings(own: Sitter, variant: Variant, name: str, kinks: list[float]) -> list[dict[str, Any]]:
    """What a backend gave at each kink."""
    part = own.part(variant.id, "points")
    at = [draw.numbers([p.get("x"), p.get(name)]) for p in listed(part, "at")]
    known = {pair[0]: pair[1] for pair in reversed(at) if len(pair) == 2}  # of two zeros, the positive one
    return [{"x": x, "y": known[x], "name": own.name} for x in kinks if math.isfinite(known.get(x, math.nan))]


def listed(part: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of a part, of what has the right form."""
    found = part.get(name) if part.get("status") == "ok" else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def behind(variant: Variant, gallery: Gallery) -> list[dict[str, Any]]:
    """The table behind the pictures: value and slope of each backend at whole numbers and beside kinks."""
    curves = {own.name: own.part(variant.id, "curve") for own in gallery.sitters}
    at: dict[str, dict[float, tuple[float, float]]] = {}
    for name, part in curves.items():
        columns = [draw.numbers(part.get(column)) for column in ("x", "value", "slope")]
        at[name] = {x: (y, dy) for x, y, dy in zip(*columns, strict=False)}
    every = sorted({x for own in at.values() for x in own})
    kinks = kinks_of(variant, gallery)
    shown = [x for x in every if x in WHOLE or any(0 < abs(x - kink) < CLOSE for kink in kinks)]
    return [{"x": formats.number(x), "cells": [pair(at[own.name].get(x)) for own in gallery.sitters]} for x in shown]


def pair(both: tuple[float, float] | None) -> dict[str, str]:
    """Value and slope of a cell."""
    if both is None:
        return {"value": "no data", "slope": ""}
    return {"value": size(both[0]), "slope": size(both[1])}


def points(variant: Variant, gallery: Gallery) -> list[dict[str, Any]]:
    """A row per kink and special value; marked is what is outside of the valid."""
    parts = [own.part(variant.id, "points") for own in gallery.sitters]
    keys = list(
        dict.fromkeys(str(float(x)) for part in parts for p in listed(part, "at") for x in draw.numbers([p.get("x")]))
    )
    rows = []
    for key in keys:
        x = float(key)
        ends = [valid(variant.id, direction, x) for direction in ("forward", "backward")]
        cells = [point(part, key, ends) for part in parts]
        told_apart = len({own["value"] + own["slope"] for own in cells if not own["why"]}) > 1
        rows.append({"x": special(x), "kink": x in kinks_of(variant, gallery), "cells": cells, "apart": told_apart})
    return rows


def point(part: dict[str, Any], key: str, ends: list[tuple[float, float] | None]) -> dict[str, Any]:
    """What a backend gave there, and what it gives to that number alone where that is something else."""
    for own in listed(part, "at"):
        both = draw.numbers([own.get(name) for name in ("x", "value", "slope")])
        if len(both) == 3 and str(both[0]) == key:
            value, slope = (judged(y, end, "float32") for y, end in zip(both[1:], ends, strict=True))
            outside = [end is not None and own["outside"] for own, end in zip((value, slope), ends, strict=True)]
            said, alone = {"value": size(both[1]), "slope": size(both[2])}, lonely(own)
            return said | {"outside": outside, "why": "", "alone": "" if alone in ("", said_of(both)) else alone}
    return {"value": "no data", "slope": "", "outside": [False, False], "why": no_data(part), "alone": ""}


def said_of(both: list[float]) -> str:
    """Value and slope, after their input."""
    return f"{size(both[1])} → {size(both[2])}"


def lonely(own: dict[str, Any]) -> str:
    """What an array of that one number gives."""
    both = draw.numbers([own.get(name) for name in ("x", "value_alone", "slope_alone")])
    return said_of(both) if len(both) == 3 else ""


def vanished(own: Sitter, variant: Variant) -> dict[str, Any]:
    """From where on a backend's slopes are zero, by format."""
    parts = own.portrait(variant.id).get("vanished", ())
    found = (
        {(p.get("dtype"), p.get("side")): p for p in parts if isinstance(p, dict)} if isinstance(parts, list) else {}
    )
    missing = own.part(variant.id, "normal") if not found else {"status": "error", "reason": ""}
    cells = [[gone(found.get((dtype, side), missing), side) for side in ("negative", "positive")] for dtype in LAYOUTS]
    return {"who": own.name, "cells": cells}


def gone(part: dict[str, Any], side: str) -> str:
    """`x ≤ −14.5`."""
    if part.get("status") != "ok":
        return no_data(part)
    start, nan_from = (draw.numbers([part.get(name)]) for name in ("from", "nan_from"))
    beyond = f"NaN: {reach(nan_from[0], side)}" if nan_from else ""
    if not start:
        return f"never; {beyond}" if beyond else "never"
    return "; ".join(filter(None, (reach(start[0], side), beyond)))


def reach(start: float, side: str) -> str:
    """All numbers of a side from one on."""
    if side == "negative":
        return f"x ≤ −{formats.ulp(start)}" if start else "all x ≤ 0"
    return f"x ≥ {formats.ulp(start)}" if start else "all x ≥ 0"


def native(own: Sitter, variant: Variant) -> dict[str, str]:
    """What a user of the framework would call, and whether that is Keras' function."""
    part = own.part(variant.id, "native")
    who = {"who": own.name, "call": "", "as_keras": "", "said": "", "differs": ""}
    if part["status"] != "ok":
        return who | {"said": no_data(part)}
    if not part.get("call"):
        return who | {"said": "none of its own; composed here"}
    at = draw.numbers([part.get("at", {}).get(name) for name in ("x", "native", "keras")])
    if not part.get("differs") or len(at) < 3:
        return who | {"call": formats.text(part["call"]), "said": "as Keras"}
    apart = f"differs: {size(at[1])} at {size(at[0])}, Keras has {size(at[2])}"
    mended = formats.text(part.get("as_keras", "")) if part.get("same_as_keras") else ""
    return who | {"call": formats.text(part["call"]), "said": apart, "as_keras": mended, "differs": "yes"}
