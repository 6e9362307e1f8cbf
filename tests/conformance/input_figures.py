"""What a backend makes of all inputs of a format, in figures by key."""

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from backends.activation import Variant
from bench.accuracy.judge import judge
from bench.accuracy.record import CATEGORIES, EDGES, Record
from bench.accuracy.shards import DIRECTIONS, LAYOUTS, Shard, Subject
from tests.budgets import Figures
from tests.conformance.figures import HUGE

STRIDES = {"float16": 1, "bfloat16": 1, "float32": 8192}
"""Every input in 16 bits; of float32 1024 in each of the 512 binades, whose maxima are lower bounds."""
COUNTED = (*CATEGORIES, "nan_swallowed", "zero_sign", "flushed", "out_of_range", "not_monotone", "position_differ")
WORDS = {"forward": "value", "backward": "slope"}


@dataclass(frozen=True)
class Whole:
    """The records of all binades of a subject, in one."""

    records: tuple[Record, ...]

    def total(self, name: str) -> int:
        """A count."""
        return sum(getattr(record, name) for record in self.records)

    def largest(self, name: str) -> float:
        """A distance; 0 where there is none."""
        return max((d for d in self._distances(name) if not math.isnan(d)), default=0.0)

    def _distances(self, name: str) -> Iterable[float]:
        return (min(getattr(record, f"{name}_ulp"), HUGE) for record in self.records)

    def above(self, ulps: float) -> int:
        """How many distances are above one of EDGES."""
        first = EDGES.index(ulps) + 1
        return sum(sum(record.buckets[first:]) for record in self.records)


@functools.lru_cache(maxsize=8)
def whole(backend: str, variant: Variant, direction: str, dtype: str) -> Whole:
    """Everything found of a subject."""
    subject = Subject(backend, variant.id, direction, dtype)
    return Whole(judge(Shard(subject, 0, LAYOUTS[dtype].binades - 1, STRIDES[dtype])).records)


def figures(backend: str, variant: Variant, dtype: str) -> Figures:
    """By direction."""
    found = {WORDS[d]: figures_of(whole(backend, variant, d, dtype)) for d in DIRECTIONS}
    return {f"{variant.id} {word} {dtype} eager": each for word, each in found.items()}


def figures_of(found: Whole) -> dict[str, float]:
    """By name: distances first, then counts of inputs."""
    return {
        "worst": found.largest("worst"),
        "scaled": found.largest("scaled"),
        "subnormal": found.largest("contracted"),
        **{name: found.total(name) for name in COUNTED},
        "above_half": found.above(0.5),
        "above_one": found.above(1.0),
    }
