"""The interval around a median of a few block medians."""

import math
import statistics
from collections.abc import Sequence

Z = 1.959963984540054
FEW = {1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764}


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t: a table below 5, above it an expansion good to 0.2 %."""
    if freedom in FEW:
        return FEW[freedom]
    first = (Z**3 + Z) / (4 * freedom)
    second = (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * freedom**2)
    third = (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / (384 * freedom**3)
    return Z + first + second + third


def interval(blocks: Sequence[float]) -> tuple[float, float]:
    """95 %, around the median, from the spread of the logarithms; NaN for fewer than two blocks."""
    if len(blocks) < 2:
        return math.nan, math.nan
    half = student(len(blocks) - 1) * statistics.stdev(map(math.log, blocks)) / math.sqrt(len(blocks))
    # beyond e^50 the figure says nothing, and e^710 would overflow
    factor = math.exp(min(half, 50.0))
    middle = statistics.median(blocks)
    return middle / factor, middle * factor


def geometric_mean(values: Sequence[float]) -> float:
    """NaN for none."""
    return math.exp(statistics.fmean(map(math.log, values))) if len(values) else math.nan
