"""The results of each backend at special points, the inputs where its derivatives vanish, and its framework's call."""

from typing import Any

from backends.activation import Variant
from bench.core.curves import Native, Point, Points, Vanishing
from bench.portrait.measure import LAYOUTS
from reports import formats
from reports.accuracy.conventions import cell as convention_cell
from reports.accuracy.conventions import special, valid
from reports.cards.load import CurveCollection, Recording, numbers
from reports.cards.words import kinks_of, no_data, size


def points(variant: Variant, collection: CurveCollection) -> list[dict[str, Any]]:
    """Return a row for each kink and special value; results outside the valid interval are marked."""
    parts = [recording.part(variant.id, Points) for recording in collection.recordings]
    keys = list(dict.fromkeys(str(float(x)) for part in parts for entry in part.results for x in numbers([entry.x])))
    rows = []
    for key in keys:
        x = float(key)
        intervals = [valid(variant.id, direction, x) for direction in ("forward", "backward")]
        cells = [point(part, key, intervals) for part in parts]
        differs = len({cell["value"] + cell["slope"] for cell in cells if not cell["why"]}) > 1
        rows.append({"x": special(x), "kink": x in kinks_of(variant, collection), "cells": cells, "apart": differs})
    return rows


def point(part: Points, key: str, intervals: list[tuple[float, float] | None]) -> dict[str, Any]:
    """Return a backend's result at a point, and its result for that number alone where that differs."""
    for entry in part.results:
        values = numbers([entry.x, entry.value, entry.slope])
        if len(values) == 3 and str(values[0]) == key:
            value, slope = (
                convention_cell(y, interval, "float32") for y, interval in zip(values[1:], intervals, strict=True)
            )
            outside = [
                interval is not None and cell["outside"]
                for cell, interval in zip((value, slope), intervals, strict=True)
            ]
            texts, alone = {"value": size(values[1]), "slope": size(values[2])}, result_alone(entry)
            return texts | {"outside": outside, "why": "", "alone": "" if alone in ("", arrow(values)) else alone}
    return {"value": "no data", "slope": "", "outside": [False, False], "why": no_data(part), "alone": ""}


def arrow(values: list[float]) -> str:
    """Return value and derivative, after their input."""
    return f"{size(values[1])} → {size(values[2])}"


def result_alone(entry: Point) -> str:
    """Return the result for an array of that one number."""
    values = numbers([entry.x, entry.value_alone, entry.slope_alone])
    return arrow(values) if len(values) == 3 else ""


def vanished(recording: Recording, variant: Variant) -> dict[str, Any]:
    """Return the inputs from which on a backend's derivatives are zero, by format."""
    parts = {(part.dtype, part.side): part for part in recording.portrait(variant.id).vanished}
    missing = recording.part(variant.id, Vanishing)  # a list is no part, so this holds the reason why there is none
    cells = [
        [vanishing_range(parts.get((dtype, side), missing), side) for side in ("negative", "positive")]
        for dtype in LAYOUTS
    ]
    return {"who": recording.name, "cells": cells}


def vanishing_range(part: Vanishing, side: str) -> str:
    """Return the inputs of one side, such as `x ≤ −14.5`."""
    if part.status != "ok":
        return no_data(part)
    start, nan_from = (numbers([x]) for x in (part.start, part.nan_from))
    beyond = f"NaN: {reach(nan_from[0], side)}" if nan_from else ""
    if not start:
        return f"never; {beyond}" if beyond else "never"
    return "; ".join(filter(None, (reach(start[0], side), beyond)))


def reach(start: float, side: str) -> str:
    """Return all numbers of a side from one on, in words."""
    if side == "negative":
        return f"x ≤ −{formats.ulp(start)}" if start else "all x ≤ 0"
    return f"x ≥ {formats.ulp(start)}" if start else "all x ≥ 0"


def native(recording: Recording, variant: Variant) -> dict[str, str]:
    """Return the framework's own call, and whether it is Keras' function."""
    part = recording.part(variant.id, Native)
    row = {"who": recording.name, "call": "", "as_keras": "", "said": "", "differs": ""}
    if part.status != "ok":
        return row | {"said": no_data(part)}
    if not part.call:
        return row | {"said": "none of its own; composed here"}
    example = numbers([part.example.x, part.example.native, part.example.keras])
    if not part.differs or len(example) < 3:
        return row | {"call": formats.text(part.call), "said": "as Keras"}
    difference = f"differs: {size(example[1])} at {size(example[0])}, Keras has {size(example[2])}"
    as_keras = formats.text(part.as_keras) if part.same_as_keras else ""
    return row | {"call": formats.text(part.call), "said": difference, "as_keras": as_keras, "differs": "yes"}
