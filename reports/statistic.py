"""What is reckoned here; intervals and verdicts are `bench.verdicts`'."""

import math
import statistics
from collections.abc import Collection


def geometric_mean(values: Collection[float]) -> float:
    """NaN for none."""
    return math.exp(statistics.fmean(map(math.log, values))) if values else math.nan


def median(values: Collection[float]) -> float:
    """NaN for none."""
    return statistics.median(values) if values else math.nan


def most(values: Collection[float]) -> float:
    """The largest; NaN for none."""
    return max(values, default=math.nan)
