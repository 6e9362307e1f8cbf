"""Statistics computed in reports; intervals and verdicts come from `bench.speed.verdicts`."""

import math
import statistics
from collections.abc import Collection


def geometric_mean(values: Collection[float]) -> float:
    """Return the geometric mean; NaN for no values."""
    return math.exp(statistics.fmean(map(math.log, values))) if values else math.nan


def median(values: Collection[float]) -> float:
    """Return the median; NaN for no values."""
    return statistics.median(values) if values else math.nan


def most(values: Collection[float]) -> float:
    """Return the largest value; NaN for no values."""
    return max(values, default=math.nan)
