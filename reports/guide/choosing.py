"""The table for the question which activation to use: each activation by its measurements."""

import math
import statistics
from collections.abc import Callable

import pandas as pd

from backends.activation import catalogue
from reports import formats
from reports.cards.words import mean
from reports.guide.evidence import DEEPEST, ByBackend, Evidence
from reports.page.section import Column


def rows(evidence: Evidence) -> pd.DataFrame:
    """Return a row of numbers for each activation, in catalogue order; NaN where there is no data."""
    return pd.DataFrame([figures(evidence, name) for name in catalogue()])


def figures(evidence: Evidence, name: str) -> dict[str, str | float]:
    """Return the figures of one activation."""
    return {
        "activation": name,
        "forward": median(evidence.cost(name, "forward")),
        "backward": median(evidence.cost(name, "backward")),
        "dead": max(evidence.dead(name).values(), default=math.nan),
        "vanished": min(evidence.vanished(name, "float32").values(), default=math.nan),
        "glorot": remaining(evidence, name, "glorot"),
        "he": remaining(evidence, name, "he"),
        "mean": median(evidence.mean(name)),
        "difference": evidence.largest_difference(name),
    }


def median(numbers: ByBackend) -> float:
    """Return the median over the backends."""
    return statistics.median(numbers.values()) if numbers else math.nan


def remaining(evidence: Evidence, name: str, weights: str) -> float:
    """Return the share of a gradient that reaches the first layer; inf where it, or a factor of it, overflows."""
    share = evidence.reaching(name, weights).get(DEEPEST)
    if share is None:
        return math.nan
    return share if math.isfinite(share) else math.inf


def start(x: float) -> str:
    """Return the |x| from which derivatives are 0, in words."""
    return "never" if math.isinf(x) else formats.ulp(x) if x else "0"


def gradient(share: float) -> str:
    """Format the share of a gradient that is left."""
    return "overflows" if math.isinf(share) else f"{share:.2g}".replace("e+0", "e").replace("e+", "e")


def difference(y: float) -> str:
    """Format the largest difference between two backends."""
    return f"{y:.0e}" if y else "0"


def figure(key: str, heading: str, format_value: Callable[[float], str], meaning: str) -> Column:
    """Return a column of numbers, in which a missing one is called so."""
    return Column(
        key, heading, lambda y: "no data" if math.isnan(y) else format_value(y), is_number=True, meaning=meaning
    )


COLUMNS = (
    Column("activation", "activation"),
    figure(
        "forward",
        "forward",
        formats.times,
        "Time of a forward call against a copy of its input, the median of the backends' faster modes.",
    ),
    figure("backward", "backward", formats.times, "The same of its derivative (the vector-Jacobian product)."),
    figure("dead", "dead", formats.probability, "The share of standard normal inputs whose derivative is exactly 0."),
    figure(
        "vanished",
        "vanished",
        start,
        "The |x| from which on every float32 derivative is exactly 0, on the backend where it comes first.",
    ),
    figure(
        "glorot",
        "Glorot",
        gradient,
        f"The share of a gradient that reaches the first of {DEEPEST} layers with Keras' default weights.",
    ),
    figure("he", "He", gradient, "The same with He's weights, whose variance is twice as large."),
    figure("mean", "mean", mean, "Of the outputs for standard normal inputs: 0 is zero-centred."),
    figure("difference", "difference", difference, "The largest one between two backends anywhere on their curves."),
)
