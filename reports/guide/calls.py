"""The guide's calls: what it printed, what each backend gives today, and the exact value."""

from typing import Any

from backends.activation import Variant, find, find_variant
from bench import truth, ulp
from bench.portrait import guide
from bench.portrait.guide import EXAMPLES, Example
from reports import formats
from reports.cards.load import Gallery, Sitter, numbers


def calls(gallery: Gallery) -> list[dict[str, Any]]:
    """A table of each: a row per input."""
    return [table(number, example, gallery) for number, example in enumerate(EXAMPLES)]


def table(number: int, example: Example, gallery: Gallery) -> dict[str, Any]:
    """One of them."""
    variant = find_variant(find(example.activation).name, example.parameters)
    given = [results(own, number, example) for own in gallery.sitters]
    rows = []
    for i, exact in enumerate(exactly(variant, example)):
        printed = example.printed[i] if example.printed else None
        cells = [{"said": why, "ulp": ""} if why else judged(ys[i], exact) for ys, why in given]
        theirs = judged(printed, exact) if printed is not None else {"said": "–", "ulp": ""}
        rows.append({"x": example.x[i], "printed": theirs, "exact": formats.number(float(exact)), "cells": cells})
    return {"call": example.spelled, "rows": rows, "silent": example.printed is None}


def results(own: Sitter, number: int, example: Example) -> tuple[list[float], str]:
    """What a backend gave, or why it did not."""
    found = own.portrait(guide.ID).get("calls")
    part = found[number] if isinstance(found, list) and len(found) > number else None
    if not isinstance(part, dict):
        return [], "no data (the guide's calls were not made)"
    ys = numbers(part.get("values"))
    if part.get("status") != "ok" or len(ys) != len(example.x):
        return [], f"no data ({formats.short(part.get('reason') or 'no reason was recorded')})"
    return ys, ""


def exactly(variant: Variant, example: Example) -> list[Any]:
    """The exact results."""
    xs = [float(x) for x in example.x]
    if variant.activation.kind == "rowwise":
        return truth.row_value(variant, xs)
    return [truth.value(variant, x) for x in xs]


def judged(y: float, exact: Any) -> dict[str, str]:
    """A result in nine digits and how far it is from the exact value, in float32 ulp."""
    error = ulp.error(y, exact, "float32")
    return {"said": formats.number(y), "ulp": error.category or distance(error.ulps)}


def distance(ulps: float) -> str:
    """Two places tell what is right from what is not; nothing where it is exact."""
    return "0" if ulps == 0 else "<0.01" if ulps < 0.01 else formats.digits(ulps)
