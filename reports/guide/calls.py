"""The guide's calls: the digits that it printed, the results of each backend, and the exact values."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from backends.activation import Variant, find, find_variant
from bench.curves import guide
from bench.curves.guide import EXAMPLES, Example
from bench.reference import truth, ulp
from reports import formats
from reports.cards.load import CurveCollection, Recording, numbers
from reports.cards.words import no_data
from reports.page.section import Block, Column, Section, Table, Words


def sections(collection: CurveCollection) -> Iterator[Section]:
    """Yield a section for each call, with a row per input."""
    for number, example in enumerate(EXAMPLES):
        blocks: list[Block] = [] if example.printed else [Words("The guide printed no result.", "soft")]
        yield Section(example.call, [*blocks, table(number, example, collection)])


def table(number: int, example: Example, collection: CurveCollection) -> Table:
    """Return the table of one call: what the guide printed, the results of each backend, and the exact values."""
    variant = find_variant(find(example.activation).name, example.parameters)
    recorded = [results(recording, number, example) for recording in collection.recordings]
    rows = []
    for place, exact in enumerate(exact_results(variant, example)):
        row = {"x": example.x[place], "exact": float(exact)}
        row |= cells("guide", example.printed[place] if example.printed else "–", exact)
        for key, (ys, reason) in enumerate(recorded):
            row |= cells(f"backend {key}", reason or ys[place], exact)
        rows.append(row)
    names = {"guide": "guide"} | {f"backend {key}": name for key, name in enumerate(collection.names)}
    columns = [
        Column("x", "x"),
        *(Column(key, name, digits, is_number=True, note=f"{key} ulp") for key, name in names.items()),
        Column("exact", "exact", formats.number, is_number=True),
    ]
    return Table(pd.DataFrame(rows, dtype=object), columns, style="numbers")


def cells(key: str, value: float | str, exact: Any) -> dict[str, Any]:
    """Return a result, or the reason why there is none, and its error in float32 ulp."""
    return {key: value, f"{key} ulp": "" if isinstance(value, str) else error(value, exact)}


def digits(value: float | str) -> str:
    """Format nine digits of a result, or the reason why there is none."""
    return value if isinstance(value, str) else formats.number(value)


def results(recording: Recording, number: int, example: Example) -> tuple[list[float], str]:
    """Return a backend's results, or the reason why there are none."""
    stored = recording.curves(guide.ID).calls
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


def error(y: float, exact: Any) -> str:
    """Return the error of a result: its class, or in ulp of float32 `<0.01` for a small one and `0` where exact."""
    judged = ulp.error(y, exact, "float32")
    if judged.category:
        return str(judged.category)
    return f"{'0' if judged.ulps == 0 else '<0.01' if judged.ulps < 0.01 else formats.digits(judged.ulps)} ulp"
