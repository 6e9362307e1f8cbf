"""The guide's calls: the digits that it printed, the results of each backend, and the exact values."""

from typing import Any

from backends.activation import Variant, find, find_variant
from bench.portrait import guide
from bench.portrait.guide import EXAMPLES, Example
from bench.reference import truth, ulp
from reports import formats
from reports.cards.load import CurveCollection, Recording, numbers
from reports.cards.words import no_data


def calls(collection: CurveCollection) -> list[dict[str, Any]]:
    """Return a table for each call, with a row per input."""
    return [table(number, example, collection) for number, example in enumerate(EXAMPLES)]


def table(number: int, example: Example, collection: CurveCollection) -> dict[str, Any]:
    """Return the table of one call."""
    variant = find_variant(find(example.activation).name, example.parameters)
    recorded = [results(recording, number, example) for recording in collection.recordings]
    rows = []
    for i, exact in enumerate(exact_results(variant, example)):
        printed = example.printed[i] if example.printed else None
        cells = [{"said": reason, "ulp": ""} if reason else judge(ys[i], exact) for ys, reason in recorded]
        printed_cell = judge(printed, exact) if printed is not None else {"said": "–", "ulp": ""}
        rows.append({"x": example.x[i], "printed": printed_cell, "exact": formats.number(float(exact)), "cells": cells})
    return {"call": example.call, "rows": rows, "silent": example.printed is None}


def results(recording: Recording, number: int, example: Example) -> tuple[list[float], str]:
    """Return a backend's results, or the reason why there are none."""
    stored = recording.portrait(guide.ID).calls
    if len(stored) <= number:
        return [], "no data (the guide's calls were not made)"
    part, ys = stored[number], numbers(stored[number].values)
    if part.status != "ok" or len(ys) != len(example.x):
        return [], no_data(part)
    return ys, ""


def exact_results(variant: Variant, example: Example) -> list[Any]:
    """Return the exact results."""
    xs = [float(x) for x in example.x]
    if variant.activation.kind == "rowwise":
        return truth.row_value(variant, xs)
    return [truth.value(variant, x) for x in xs]


def judge(y: float, exact: Any) -> dict[str, str]:
    """Return a result in nine digits and its error in float32 ulp."""
    error = ulp.error(y, exact, "float32")
    return {"said": formats.number(y), "ulp": error.category or distance(error.ulps)}


def distance(ulps: float) -> str:
    """Return an error in ulp, `<0.01` for a small one and `0` where the result is exact."""
    return "0" if ulps == 0 else "<0.01" if ulps < 0.01 else formats.digits(ulps)
