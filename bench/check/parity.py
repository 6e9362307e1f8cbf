"""Parity: whether results have the same bits in other circumstances, which a batch-invariant function's have.

One array of inputs is computed as a whole; then parts of it, as arrays of other lengths, from other offsets in memory,
in other shapes, and among NaNs and infinities.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.check.evaluator import Evaluator, Program, differing
from bench.check.messages import Circumstance, Difference

Values = Any  # numpy.ndarray

SIZE = 4096
"""The number of inputs: a multiple of every vector's width, and beyond the length where kernels change."""
LENGTHS = (1, 7, 8, 9, 3, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000, *range(2, 63))
"""Lengths around the widths of vectors, the most telling first: a framework may compile for each."""
STARTS = (0, 1024, 2051, 3001)
OFFSETS = (1, 2, 3, 5)
SHAPES = ((64, 64), (2, SIZE // 2), (SIZE, 1), (16, 16, 16))
NEIGHBOURS = (np.nan, np.inf, -np.inf)
MOST_DIFFERENCES = 32
"""Differences kept for judging, half of them the first and half the largest."""


def inputs() -> Values:
    """Return inputs of both tails and of the middle, in an order without a pattern."""
    rng = np.random.default_rng(20150501)
    parts = [rng.normal(size=SIZE // 2), rng.normal(scale=8.0, size=SIZE // 4), rng.uniform(-1, 1, SIZE // 4)]
    return rng.permutation(np.concatenate(parts)).astype(np.float32)


@dataclass
class Comparison:
    """The results that were compared in one kind of circumstances."""

    name: str
    calls: int = 0
    results: int = 0
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)

    def add(self, x: Values, usual: Values, other: Values, place: str) -> None:
        """Compare the results of one call with the usual ones."""
        where = np.flatnonzero(differing(usual, other))
        self.calls, self.results, self.differing = self.calls + 1, self.results + x.size, self.differing + where.size
        xs, results, others = (a[where].astype(np.float64).tolist() for a in (x, usual, other))
        self.differences += [Difference(*row, place=place) for row in zip(xs, results, others, strict=True)]

    def summary(self) -> Circumstance:
        """Return the counts, with the first and the largest differences."""
        half = MOST_DIFFERENCES // 2
        largest = sorted(self.differences, key=size, reverse=True)[:half]
        chosen = tuple(dict.fromkeys([*self.differences[:half], *largest]))
        return Circumstance(self.name, self.calls, self.results, self.differing, chosen)


def size(difference: Difference) -> float:
    """Return the relative size of a difference; NaN on one side is the largest."""
    scale = max(abs(difference.usual), abs(difference.other)) or 1.0
    relative = abs(difference.usual - difference.other) / scale
    return relative if relative == relative else np.inf  # noqa: PLR0124  # NaN


def circumstances(evaluator: Evaluator, run: Program, x: Values, dtype: str, seconds: float) -> list[Circumstance]:
    """Return the comparison of a program's results in each kind of circumstances, each within its share of time."""
    usual = evaluator.run(run, x, dtype)
    kinds = {"lengths": lengths, "offsets": offsets, "shapes": shapes, "neighbours": neighbours}
    compared = []
    for name, calls in kinds.items():
        comparison, end = Comparison(name), time.monotonic() + seconds / len(kinds)
        for indices, other, place in calls(evaluator, run, x, dtype):
            comparison.add(x[indices], usual[indices], other, place)
            if time.monotonic() > end:
                break
        compared.append(comparison.summary())
    return compared


Calls = Iterator[tuple[Values, Values, str]]
"""The indices of inputs, their results in other circumstances, and the circumstance in words."""


def lengths(evaluator: Evaluator, run: Program, x: Values, dtype: str) -> Calls:
    """Yield the results of short arrays."""
    for length in LENGTHS:
        for start in STARTS:
            indices = np.arange(start, start + length)
            yield indices, evaluator.run(run, x[indices], dtype), f"length {length}"


def offsets(evaluator: Evaluator, run: Program, x: Values, dtype: str) -> Calls:
    """Yield the results of views that start later in memory, or skip every second input, where views exist."""
    whole = evaluator.array(x, dtype)
    for offset in OFFSETS:
        yield np.arange(offset, SIZE), evaluator.host(evaluator.call(run, whole[offset:])), f"offset {offset}"
    yield np.arange(0, SIZE, 2), evaluator.host(evaluator.call(run, whole[::2])), "every second input"


def shapes(evaluator: Evaluator, run: Program, x: Values, dtype: str) -> Calls:
    """Yield the results of the same inputs in arrays of other shapes."""
    for shape in SHAPES:
        yield np.arange(SIZE), evaluator.run(run, x.reshape(shape), dtype).reshape(-1), f"shape {shape}"


def neighbours(evaluator: Evaluator, run: Program, x: Values, dtype: str) -> Calls:
    """Yield the results of inputs of which every third has become a NaN or an infinity."""
    for value in NEIGHBOURS:
        for first in range(3):
            changed = x.copy()
            changed[first::3] = value
            indices = np.flatnonzero(np.arange(SIZE) % 3 != first)
            yield indices, evaluator.run(run, changed, dtype)[indices], f"neighbours {value}"
