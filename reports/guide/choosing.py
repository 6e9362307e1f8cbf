"""Which activation should I use? Every one by what was measured of it."""

import math
import statistics
from typing import Any

from backends.activation import catalogue
from reports import formats
from reports.cards.words import mean
from reports.guide.evidence import DEEPEST, Evidence, Named

NAN = math.nan


def rows(of: Evidence) -> list[dict[str, Any]]:
    """One per activation, in catalogue order; a cell is what is said and what it is sorted by."""
    return [{"name": name, "cells": cells(of, name)} for name in catalogue()]


def columns() -> list[dict[str, str]]:
    """Their heads, with the words behind them."""
    said = {
        "forward": "Time of a forward call against a copy of its input, the median of the backends' faster modes.",
        "backward": "The same of its derivative (the vector-Jacobian product).",
        "dead": "The share of standard normal inputs whose slope is exactly 0.",
        "vanished": "The |x| from which on every float32 slope is exactly 0, on the backend where it comes first.",
        "Glorot": f"The share of a gradient that reaches the first of {DEEPEST} layers with Keras' default weights.",
        "He": "The same with He's weights, whose variance is twice as large.",
        "mean": "Of the outputs for standard normal inputs: 0 is zero-centred.",
        "apart": "The largest difference between two backends anywhere on their curves.",
    }
    return [{"name": name, "words": words} for name, words in said.items()]


def cells(of: Evidence, name: str) -> list[dict[str, Any]]:
    """Of one activation."""
    deep = [of.reaching(name, weights).get(DEEPEST) for weights in ("glorot", "he")]
    vanished = min(of.vanished(name, "float32").values(), default=NAN)
    return [
        *(cell(middle(of.cost(name, direction)), formats.times) for direction in ("forward", "backward")),
        cell(max(of.dead(name).values(), default=NAN), formats.probability),
        cell(vanished, start),
        *(gradient(share) for share in deep),
        cell(middle(of.mean(name)), mean),
        cell(of.apart(name), lambda y: f"{y:.0e}" if y else "0"),
    ]


def start(x: float) -> str:
    """Of the inputs without a slope."""
    return "never" if math.isinf(x) else formats.ulp(x) if x else "0"


def gradient(share: float | None) -> dict[str, Any]:
    """What is left of it; it, or what it is multiplied by, may overflow on the way."""
    if share is None:
        return cell(NAN, str)
    if math.isfinite(share):
        return cell(share, lambda y: f"{y:.2g}".replace("e+0", "e").replace("e+", "e"))
    return {"said": "overflows", "by": "Infinity"}


def middle(found: Named) -> float:
    """The median of the backends."""
    return statistics.median(found.values()) if found else NAN


def cell(value: float, say: Any) -> dict[str, Any]:
    """Text, and the number that it is sorted by."""
    return {
        "said": "no data" if math.isnan(value) else say(value),
        "by": "" if math.isnan(value) else repr(value).replace("inf", "Infinity"),
    }
