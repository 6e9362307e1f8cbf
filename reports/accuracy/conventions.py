"""Kinks and special values: what each gave there, beside what is valid."""

import math
from typing import Any

import pandas as pd

from backends.activation import Variant, spelled
from bench import truth
from reports import formats
from reports.accuracy.atlas import Setting, plain


def rows(setting: Setting) -> list[dict[str, Any]]:
    """A row per activation, direction and special input at which the columns differ or one is outside of the valid."""
    gave: dict[tuple[str, str, str], dict[str, float]] = {}
    known = setting.rows[setting.rows["points_x"].map(len) > 0]
    for own in plain(known):
        for x, y in zip(own["points_x"], own["points_y"], strict=True):
            gave.setdefault((own["activation"], own["direction"], float(x).hex()), {})[own["who"]] = float(y)
    found = [row(key, results, setting) for key, results in gave.items()]
    order = {name: number for number, name in enumerate(setting.activations)}
    return sorted((own for own in found if own["apart"]), key=lambda own: (order[own["activation"]], -len(own["said"])))


def row(key: tuple[str, str, str], results: dict[str, float], setting: Setting) -> dict[str, Any]:
    """One of them."""
    activation, direction, hexadecimal = key
    x = float.fromhex(hexadecimal)
    ends = valid(activation, direction, x)
    cells = [cell(results.get(who), ends, setting.dtype) for who in setting.columns]
    said = {own["text"] for own in cells if own["text"]}
    return {
        "activation": activation,
        "direction": direction,
        "x": formats.number(x),
        "valid": between(ends),
        "cells": cells,
        "said": said,
        "apart": len(said) > 1 or any(own["outside"] for own in cells),
    }


def cell(y: float | None, ends: tuple[float, float] | None, dtype: str) -> dict[str, Any]:
    """What one gave, and whether that is outside of what is valid, by more than rounding."""
    if y is None:
        return {"text": "", "outside": False}
    if ends is None:
        return {"text": formats.digits(y) or "NaN", "outside": False}
    slack = {"float16": 2**-7, "bfloat16": 2**-4}.get(dtype, 2**-18)
    low, high = (end if math.isnan(end) or math.isinf(end) else end - sign * slack * max(abs(end), 1e-30)
                 for end, sign in zip(ends, (1, -1), strict=True))  # fmt: skip
    inside = math.isnan(y) if math.isnan(low) else low <= y <= high
    return {"text": special(y), "outside": not inside}


def special(y: float) -> str:
    """A result as a reader sees it; the sign of a zero is told."""
    return formats.number(y) if math.isfinite(y) else {"nan": "NaN", "inf": "∞", "-inf": "−∞"}[str(y)]


def between(ends: tuple[float, float] | None) -> str:
    """`0 to 1`, or the one value."""
    if ends is None:
        return "no limit"
    low, high = (special(float(f"{end:.6g}")) for end in ends)
    return low if low == high else f"{low} to {high}"


def valid(activation: str, direction: str, x: float) -> tuple[float, float] | None:
    """The exact value, at a kink the slopes of both sides, at infinity the limit, at NaN NaN; None if not known."""
    try:
        variant = spelled(activation)
        return ends(variant, direction, x) if variant.activation.kind == "elementwise" else None
    except (LookupError, ArithmeticError):
        return None


def ends(variant: Variant, direction: str, x: float) -> tuple[float, float]:
    """Of an elementwise variant."""
    if math.isnan(x):
        return math.nan, math.nan
    at = x if math.isfinite(x) else math.copysign(truth.FAR, x)
    balls = truth.slopes(variant, at) if direction == "backward" else (truth.value(variant, at),) * 2
    low, high = (limit(float(ball)) if math.isinf(x) else float(ball) for ball in balls)
    return low, high


def limit(y: float) -> float:
    """At infinity: what is huge is infinite, what is tiny is 0."""
    return math.copysign(math.inf, y) if abs(y) > 1e200 else 0.0 if abs(y) < 1e-200 else y


def count(frame: pd.DataFrame) -> int:
    """How many special inputs were looked at."""
    return int(frame["points_x"].map(len).sum())
