"""Results at kinks and special values, beside the valid ones."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from backends.activation import Variant, parse_variant
from bench.reference import truth
from reports import formats
from reports.accuracy.atlas import Setting, plain
from reports.page.section import Column


def columns(names: Sequence[str]) -> list[Column]:
    """Return the columns of the table of `rows`."""
    subject = [Column("activation", "activation"), Column("direction", "direction")]
    place = [Column("x", "at", formats.number, is_number=True), Column("valid", "valid", between, is_number=True)]
    return [*subject, *place, *(Column(name, name, special, is_number=True, mark=f"{name} mark") for name in names)]


def rows(setting: Setting) -> pd.DataFrame:
    """Return a row for each activation, direction and special input where columns differ or one is not valid.

    A column has its name, and its marks are in `NAME mark`.
    """
    results_at: dict[tuple[str, str, str], dict[str, float]] = {}
    records = setting.rows[setting.rows["points_x"].map(len) > 0]
    for record in plain(records):
        for x, y in zip(record["points_x"], record["points_y"], strict=True):
            results_at.setdefault((record["activation"], record["direction"], float(x).hex()), {})[record["column"]] = (
                float(y)
            )
    order = {name: number for number, name in enumerate(setting.activations)}
    table = [row(key, results, setting) for key, results in results_at.items()]
    table = [line for line in table if line["distinct"] > 1 or "fault" in line.values()]
    table.sort(key=lambda line: (order[line["activation"]], -line["distinct"]))
    marks = [f"{column} mark" for column in setting.columns]
    return pd.DataFrame(
        table, columns=["activation", "direction", "x", "valid", *setting.columns, *marks], dtype=object
    )


def row(key: tuple[str, str, str], results: dict[str, float], setting: Setting) -> dict[str, Any]:
    """Return the row of one activation, direction and special input, with the number of distinct results."""
    activation, direction, hexadecimal = key
    x = float.fromhex(hexadecimal)
    interval = valid(activation, direction, x)
    named = {"activation": activation, "direction": direction, "x": x, "valid": interval}
    values = {column: results.get(column) for column in setting.columns}
    marks = {
        f"{column} mark": "" if y is None or is_valid(y, interval, setting.dtype) else "fault"
        for column, y in values.items()
    }
    return named | values | marks | {"distinct": len({special(y) for y in results.values()})}


def is_valid(y: float, interval: tuple[float, float] | None, dtype: str) -> bool:
    """Return whether a result is within the valid interval, up to rounding."""
    if interval is None:
        return True
    slack = {"float16": 2**-7, "bfloat16": 2**-4}.get(dtype, 2**-18)
    low, high = (bound if math.isnan(bound) or math.isinf(bound) else bound - sign * slack * max(abs(bound), 1e-30)
                 for bound, sign in zip(interval, (1, -1), strict=True))  # fmt: skip
    return math.isnan(y) if math.isnan(low) else low <= y <= high


def special(y: float | None) -> str:
    """Return a result as a reader sees it, with the sign of a zero; empty for None."""
    if y is None:
        return ""
    return formats.number(y) if math.isfinite(y) else {"nan": "NaN", "inf": "∞", "-inf": "−∞"}[str(y)]


def between(interval: tuple[float, float] | None) -> str:
    """Return `0 to 1`, or the one value."""
    if interval is None:
        return "no limit"
    low, high = (special(float(f"{bound:.6g}")) for bound in interval)
    return low if low == high else f"{low} to {high}"


def valid(activation: str, direction: str, x: float) -> tuple[float, float] | None:
    """Return the exact value, at a kink the derivatives of both sides, as an interval; None where it is not known."""
    try:
        variant = parse_variant(activation)
        return valid_interval(variant, direction, x) if variant.activation.kind == "elementwise" else None
    except (LookupError, ArithmeticError):
        return None


def valid_interval(variant: Variant, direction: str, x: float) -> tuple[float, float]:
    """Return the valid interval of an elementwise variant: at infinity the limit, at NaN NaN."""
    if math.isnan(x):
        return math.nan, math.nan
    point = x if math.isfinite(x) else math.copysign(truth.FAR, x)
    enclosures = truth.slopes(variant, point) if direction == "backward" else (truth.value(variant, point),) * 2
    low, high = (limit(float(enclosure)) if math.isinf(x) else float(enclosure) for enclosure in enclosures)
    return low, high


def limit(y: float) -> float:
    """Return the limit at infinity: infinite for what is huge, 0 for what is tiny."""
    return math.copysign(math.inf, y) if abs(y) > 1e200 else 0.0 if abs(y) < 1e-200 else y


def count(frame: pd.DataFrame) -> int:
    """Return the number of special inputs judged."""
    return int(frame["points_x"].map(len).sum())
