"""Runs of a strip: neighbouring binades of one class, each with the contents of its tooltip."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.accuracy.record import CATEGORIES
from bench.accuracy.shards import LAYOUTS
from reports.accuracy import bits, classes

WORST = ("worst_ulp", "worst_bits", "worst_got", "worst_truth")
SUMS = ("subnormal", "flushed", "nan_swallowed", "zero_sign", "not_monotone", "out_of_range")
MAXIMA = ("stride", "strict_ulp", "contracted_ulp")
TIP_COLUMNS = (*WORST, *CATEGORIES, *(f"{name}_bits" for name in CATEGORIES), *SUMS, *MAXIMA)
"""The columns of the records that a tooltip has, by their names."""
Columns = dict[str, NDArray[Any]]
"""Columns of records as arrays; a data frame's slices cost a hundred times as much."""


@dataclass(frozen=True)
class Run:
    """Neighbouring binades of one class."""

    start: int
    """The place along the real line."""
    length: int
    letter: str
    tip: dict[str, Any]
    """The figures of the tooltip, by the names of TIP_COLUMNS; counts of 0 and a stride of 1 are left out."""


def columns(rows: pd.DataFrame) -> Columns:
    """Return the columns from which runs are made, and the number of each record's class as `class`."""
    return {name: rows[name].to_numpy() for name in ("binade", *TIP_COLUMNS)} | {"class": classes.classify(rows)}


def runs(records: Columns, dtype: str) -> list[Run]:
    """Return the runs of one subject from left to right; places without a record have the letter `-`."""
    width = LAYOUTS[dtype].binades
    positions = np.full(width, -1)
    positions[[bits.place(int(binade), dtype) for binade in records["binade"]]] = np.arange(len(records["binade"]))
    kinds = np.where(positions < 0, -1, np.append(records["class"], -1)[positions])
    starts = np.flatnonzero(np.diff(kinds, prepend=-2))
    return [
        run(records, positions[start:end], int(start), int(kinds[start]))
        for start, end in zip(starts, np.append(starts[1:], width), strict=True)
    ]


def run(records: Columns, positions: NDArray[np.int64], start: int, kind: int) -> Run:
    """Return one run, with the worst of its binades."""
    if kind < 0:
        return Run(start, len(positions), classes.MISSING.letter, {})
    within = {name: records[name][positions] for name in TIP_COLUMNS}
    return Run(start, len(positions), classes.CLASSES[kind].letter, tip(within))


def tip(records: Columns) -> dict[str, Any]:
    """Return the worst error with its input, the counts, and an input of each error class."""
    figures: dict[str, Any] = {name: int(records[name].sum()) for name in (*SUMS, *CATEGORIES)}
    figures |= {name: short(float(np.nan_to_num(records[name]).max())) for name in MAXIMA}
    figures = {name: value for name, value in figures.items() if value > (name == "stride")}
    figures |= {
        f"{name}_bits": int(records[f"{name}_bits"][records[name].argmax()]) for name in CATEGORIES if name in figures
    }
    distance = np.nan_to_num(records["worst_ulp"], nan=-1.0)
    if distance.max() >= 0:
        worst = {name: records[name][distance.argmax()].item() for name in WORST}
        figures |= worst | {"worst_ulp": short(worst["worst_ulp"])}
    return {name: json_value(value) for name, value in figures.items()}


def short(distance: float) -> float:
    """Return three digits."""
    return float(f"{distance:.3g}")


def json_value(value: Any) -> Any:
    """Return a value as JSON takes it: infinities and NaN as texts, whole numbers without a decimal point."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    is_short = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return int(value) if is_short and math.copysign(1, value) > 0 else value


def table(parts: list[Run]) -> dict[str, Any]:
    """Return the runs of a strip as columns by name, so that the page holds each name once for all runs.

    A column of which most values are missing is an object with those that are there, by their place.
    """
    content: dict[str, Any] = {
        "start": [part.start for part in parts],
        "letter": "".join(part.letter for part in parts),
    }
    for name in TIP_COLUMNS:
        values = {place: part.tip[name] for place, part in enumerate(parts) if name in part.tip}
        if values:
            is_full = 2 * len(values) > len(parts)
            content[name] = [values.get(place) for place in range(len(parts))] if is_full else values
    return content
