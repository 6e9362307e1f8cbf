"""What a backend makes of all inputs of a format, in figures by subject."""

import functools
import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass

from backends.activation import Variant, variants
from bench.accuracy import bits
from bench.accuracy.judge import judge
from bench.accuracy.record import CATEGORIES, EDGES, Record
from bench.accuracy.shards import DIRECTIONS, LAYOUTS, Shard, Subject
from tests.budgets import Measured, Sweep
from tests.conformance.figures import HUGE

STRIDES = {"float16": 1, "bfloat16": 1, "float32": 8192}
"""Every input in 16 bits; of float32 1024 in each of the 512 binades, whose maxima are lower bounds."""
COUNTED = (*CATEGORIES, "nan_swallowed", "zero_sign", "flushed", "out_of_range", "not_monotone", "position_differ")
WORDS = {"forward": "value", "backward": "slope"}
PLACES = {"worst": "worst_bits", "scaled": "scaled_bits"} | {name: f"{name}_bits" for name in CATEGORIES}
"""Figures that a record names an input of."""


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

    def inputs(self, dtype: str) -> dict[str, str]:
        """Return for each figure that has one an input that shows it."""
        places = {name: self._bits(name, field) for name, field in PLACES.items()}
        return {name: repr(bits.number(at, dtype)) for name, at in places.items() if at >= 0}

    def _bits(self, name: str, field: str) -> int:
        named = [record for record in self.records if getattr(record, field) >= 0]
        if name in CATEGORIES:
            return next((int(getattr(record, field)) for record in named), -1)
        largest = max(named, key=lambda record: float(getattr(record, f"{name}_ulp")), default=None)
        return int(getattr(largest, field)) if largest else -1

    @property
    def digest(self) -> str:
        """Return a digest of the bits of all results."""
        return hashlib.sha256("".join(record.digest for record in self.records).encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=8)
def whole(backend: str, variant: Variant, direction: str, dtype: str) -> Whole:
    """Everything found of a subject."""
    subject = Subject(backend, variant.id, direction, dtype)
    return Whole(judge(Shard(subject, 0, LAYOUTS[dtype].binades - 1, STRIDES[dtype])).records)


def subjects() -> set[str]:
    """Return every subject that is measured."""
    elementwise = (variant for variant in variants() if variant.activation.kind == "elementwise")
    return {f"{v.id} {word} {dtype} eager" for v in elementwise for word in WORDS.values() for dtype in STRIDES}


def figures(backend: str, variant: Variant, dtype: str) -> Sweep:
    """By direction."""
    found = {WORDS[d]: whole(backend, variant, d, dtype) for d in DIRECTIONS}
    return {f"{variant.id} {word} {dtype} eager": measured(each, dtype) for word, each in found.items()}


def measured(found: Whole, dtype: str) -> Measured:
    """Return figures, inputs and, of a format whose inputs are all there, the digest."""
    return Measured(figures_of(found), found.inputs(dtype), found.digest if STRIDES[dtype] == 1 else "")


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
