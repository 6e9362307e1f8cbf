"""What each backend gave at special points, where its slopes have vanished, and its framework's own call."""

from typing import Any

from backends.activation import Variant
from bench.portrait.measure import LAYOUTS
from reports import formats
from reports.accuracy.conventions import cell as judged
from reports.accuracy.conventions import special, valid
from reports.cards.load import Gallery, Sitter, numbers
from reports.cards.words import kinks_of, listed, mappings, no_data, size


def points(variant: Variant, gallery: Gallery) -> list[dict[str, Any]]:
    """A row per kink and special value; marked is what is outside of the valid."""
    parts = [own.part(variant.id, "points") for own in gallery.sitters]
    keys = list(
        dict.fromkeys(str(float(x)) for part in parts for p in listed(part, "at") for x in numbers([p.get("x")]))
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
        both = numbers([own.get(name) for name in ("x", "value", "slope")])
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
    both = numbers([own.get(name) for name in ("x", "value_alone", "slope_alone")])
    return said_of(both) if len(both) == 3 else ""


def vanished(own: Sitter, variant: Variant) -> dict[str, Any]:
    """From where on a backend's slopes are zero, by format."""
    found = {(p.get("dtype"), p.get("side")): p for p in mappings(own.portrait(variant.id).get("vanished"))}
    missing = own.part(variant.id, "vanished")  # a list is no part: it says why nothing is said
    cells = [[gone(found.get((dtype, side), missing), side) for side in ("negative", "positive")] for dtype in LAYOUTS]
    return {"who": own.name, "cells": cells}


def gone(part: dict[str, Any], side: str) -> str:
    """`x ≤ −14.5`."""
    if part.get("status") != "ok":
        return no_data(part)
    start, nan_from = (numbers([part.get(name)]) for name in ("from", "nan_from"))
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
    at = numbers([part.get("at", {}).get(name) for name in ("x", "native", "keras")])
    if not part.get("differs") or len(at) < 3:
        return who | {"call": formats.text(part["call"]), "said": "as Keras"}
    apart = f"differs: {size(at[1])} at {size(at[0])}, Keras has {size(at[2])}"
    mended = formats.text(part.get("as_keras", "")) if part.get("same_as_keras") else ""
    return who | {"call": formats.text(part["call"]), "said": apart, "as_keras": mended, "differs": "yes"}
