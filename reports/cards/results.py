"""The results of each backend at special values, the inputs where its derivatives vanish, and its framework's call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from backends.activation import Variant
from bench.core.curves import Native, Point, Points, Vanishing
from bench.curves.measure import LAYOUTS
from reports import formats
from reports.accuracy.conventions import is_valid, special, valid
from reports.cards.load import CurveCollection, Recording, numbers
from reports.cards.words import kinks_of, no_data, size
from reports.page.section import Column, Mark, Table, table_of

QUANTITIES = ("value", "derivative")
"""The quantities of a curve."""
SYMBOLS = {"value": "f(x)", "derivative": "f′(x)"}
NO_DATA = "no data"
SIDES = {"negative": "x < 0", "positive": "x > 0"}


@dataclass(frozen=True)
class NativeCall:
    """A framework's own call, and whether it is Keras' function."""

    backend: str
    call: str
    verdict: str
    mark: Mark = ""
    keras_call: str = ""
    """The call that gives Keras' results."""


NATIVE_COLUMNS = (
    Column("backend", "framework"),
    Column("call", "its own call", is_code=True),
    Column("verdict", "its default", note="keras_call", mark="mark"),
)


def result_columns(names: Sequence[str], *, is_judged: bool = False) -> list[Column]:
    """Return two columns for each backend: value and derivative, with what belongs to their cells if it is judged."""
    return [
        Column(
            f"{quantity} {place}",
            f"{name} {symbol}",
            result,
            is_number=True,
            note=f"{quantity} {place} alone" if is_judged else "",
            mark=f"{quantity} {place} mark" if is_judged else "",
            hint=f"{quantity} {place} reason" if is_judged else "",
        )
        for place, name in enumerate(names)
        for quantity, symbol in SYMBOLS.items()
    ]


def result(y: float | None) -> str:
    """Format a result."""
    return NO_DATA if y is None else size(y)


def points(variant: Variant, collection: CurveCollection) -> Table:
    """Return the table of kinks and special values; results outside the valid interval are marked."""
    parts = [recording.part(variant.id, Points) for recording in collection.recordings]
    inputs = {str(x): x for part in parts for entry in part.results for x in numbers([entry.x])}
    kinks = kinks_of(variant, collection)
    rows = []
    for key, x in inputs.items():
        row: dict[str, Any] = {"x": x}
        for place, part in enumerate(parts):
            row |= point(variant, part, key, place)
        results = [{result(row[f"{name} {place}"]) for place in range(len(parts))} - {NO_DATA} for name in SYMBOLS]
        differs = any(len(texts) > 1 for texts in results)
        row["note"] = " ".join(["kink"] * (x in kinks) + ["≠"] * differs)
        row["hint"] = "the backends differ" if differs else ""
        rows.append(row)
    columns = [
        Column("x", "x", special, note="note", hint="hint"),
        *result_columns(collection.names, is_judged=True),
    ]
    return Table(pd.DataFrame(rows, dtype=object), columns, style="numbers")


def point(variant: Variant, part: Points, key: str, place: int) -> dict[str, Any]:
    """Return a backend's value and derivative at an input, each with what belongs to its cell."""
    entries = {str(x): entry for entry in reversed(part.results) for x in numbers([entry.x])}
    entry = entries.get(key, Point())
    cells: dict[str, Any] = {}
    for name, direction in zip(SYMBOLS, ("forward", "backward"), strict=True):
        y, alone = (next(iter(numbers([getattr(entry, field)])), None) for field in (name, f"{name}_alone"))
        interval = valid(variant.id, direction, float(key))
        holds = y is None or is_valid(y, interval, "float32")
        differs = y is not None and alone is not None and size(y) != size(alone)
        cells |= {
            f"{name} {place}": y,
            f"{name} {place} mark": "" if holds else "fault",
            f"{name} {place} alone": f"alone: {result(alone)}" if differs else "",
            f"{name} {place} reason": no_data(part) if y is None else "",
        }
    return cells


def vanished(variant: Variant, collection: CurveCollection) -> Table:
    """Return the table of the inputs from which on derivatives are zero: a row for each backend and side."""
    rows = [
        {"backend": recording.name, "side": words} | vanishing_ranges(recording, variant, side)
        for recording in collection.recordings
        for side, words in SIDES.items()
    ]
    columns = [Column("backend", "", note="side"), *(Column(dtype, dtype) for dtype in LAYOUTS)]
    return Table(pd.DataFrame(rows), columns, style="numbers")


def vanishing_ranges(recording: Recording, variant: Variant, side: str) -> dict[str, str]:
    """Return the inputs of one side from which on a backend's derivatives are zero, by format."""
    parts = {(part.dtype, part.side): part for part in recording.curves(variant.id).vanished}
    missing = recording.part(variant.id, Vanishing)  # a list is no part, so this holds the reason why there is none
    return {dtype: vanishing_range(parts.get((dtype, side), missing), side) for dtype in LAYOUTS}


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


def natives(variant: Variant, collection: CurveCollection) -> Table:
    """Return the table of the frameworks' own calls."""
    return table_of([native(recording, variant) for recording in collection.recordings], NATIVE_COLUMNS, style="calls")


def native(recording: Recording, variant: Variant) -> NativeCall:
    """Return the framework's own call, and whether it is Keras' function."""
    part = recording.part(variant.id, Native)
    if part.status != "ok":
        return NativeCall(recording.name, "", no_data(part))
    if not part.call:
        return NativeCall(recording.name, "", "none of its own; composed here")
    example = numbers([part.example.x, part.example.native, part.example.keras])
    if not part.differs or len(example) < 3:
        return NativeCall(recording.name, part.call, "as Keras")
    difference = f"differs: {size(example[1])} at {size(example[0])}, Keras has {size(example[2])}"
    keras_call = f"Keras': {part.as_keras}" if part.same_as_keras else ""
    return NativeCall(recording.name, part.call, difference, "fault", keras_call)
