"""The table behind the question which activation to use: each activation by its measurements."""

import math
import statistics
from typing import Any

from backends.activation import catalogue
from reports import formats
from reports.cards.words import mean
from reports.guide.evidence import DEEPEST, ByBackend, Evidence

NAN = math.nan


def rows(evidence: Evidence) -> list[dict[str, Any]]:
    """Return a row for each activation, in catalogue order; a cell holds a text and the number that it is sorted by."""
    return [{"name": name, "cells": cells(evidence, name)} for name in catalogue()]


def columns() -> list[dict[str, str]]:
    """Return the names of the columns and their explanations."""
    words_by_name = {
        "forward": "Time of a forward call against a copy of its input, the median of the backends' faster modes.",
        "backward": "The same of its derivative (the vector-Jacobian product).",
        "dead": "The share of standard normal inputs whose slope is exactly 0.",
        "vanished": "The |x| from which on every float32 slope is exactly 0, on the backend where it comes first.",
        "Glorot": f"The share of a gradient that reaches the first of {DEEPEST} layers with Keras' default weights.",
        "He": "The same with He's weights, whose variance is twice as large.",
        "mean": "Of the outputs for standard normal inputs: 0 is zero-centred.",
        "apart": "The largest difference between two backends anywhere on their curves.",
    }
    return [{"name": name, "words": words} for name, words in words_by_name.items()]


def cells(evidence: Evidence, name: str) -> list[dict[str, Any]]:
    """Return the cells of one activation."""
    deep = [evidence.reaching(name, weights).get(DEEPEST) for weights in ("glorot", "he")]
    vanished = min(evidence.vanished(name, "float32").values(), default=NAN)
    return [
        *(cell(median(evidence.cost(name, direction)), formats.times) for direction in ("forward", "backward")),
        cell(max(evidence.dead(name).values(), default=NAN), formats.probability),
        cell(vanished, start),
        *(gradient(share) for share in deep),
        cell(median(evidence.mean(name)), mean),
        cell(evidence.largest_difference(name), lambda y: f"{y:.0e}" if y else "0"),
    ]


def start(x: float) -> str:
    """Return the |x| from which derivatives are 0, in words."""
    return "never" if math.isinf(x) else formats.ulp(x) if x else "0"


def gradient(share: float | None) -> dict[str, Any]:
    """Return the share of a gradient that is left; it, or a factor of it, may overflow on the way."""
    if share is None:
        return cell(NAN, str)
    if math.isfinite(share):
        return cell(share, lambda y: f"{y:.2g}".replace("e+0", "e").replace("e+", "e"))
    return {"said": "overflows", "by": "Infinity"}


def median(numbers: ByBackend) -> float:
    """Return the median over the backends."""
    return statistics.median(numbers.values()) if numbers else NAN


def cell(value: float, format_value: Any) -> dict[str, Any]:
    """Return a text, and the number that it is sorted by."""
    return {
        "said": "no data" if math.isnan(value) else format_value(value),
        "by": "" if math.isnan(value) else repr(value).replace("inf", "Infinity"),
    }
