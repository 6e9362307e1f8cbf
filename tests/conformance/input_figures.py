"""Figures of a backend's results at all inputs of a format, by subject."""

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
from tests.conformance.figures import LARGEST_ULPS

STRIDES = {"float16": 1, "bfloat16": 1, "float32": 8192}
"""The step between inputs: all of 16 bits; 1024 in each of float32's 512 binades, whose maxima are lower bounds."""
COUNTED = (*CATEGORIES, "nan_swallowed", "zero_sign", "flushed", "out_of_range", "not_monotone", "position_differ")
WORDS = {"forward": "value", "backward": "slope"}
PLACES = {"worst": "worst_bits", "scaled": "scaled_bits"} | {name: f"{name}_bits" for name in CATEGORIES}
"""The field of a record that names an input that shows a figure, by figure."""


@dataclass(frozen=True)
class SubjectRecords:
    """The records of all binades of one subject."""

    records: tuple[Record, ...]

    def total(self, name: str) -> int:
        """Return the sum of a count."""
        return sum(getattr(record, name) for record in self.records)

    def largest(self, name: str) -> float:
        """Return the largest ulp error of a kind; 0 where there is none."""
        return max((ulps for ulps in self._ulps(name) if not math.isnan(ulps)), default=0.0)

    def _ulps(self, name: str) -> Iterable[float]:
        return (min(getattr(record, f"{name}_ulp"), LARGEST_ULPS) for record in self.records)

    def above(self, ulps: float) -> int:
        """Return how many ulp errors are above one of EDGES."""
        first = EDGES.index(ulps) + 1
        return sum(sum(record.buckets[first:]) for record in self.records)

    def inputs(self, dtype: str) -> dict[str, str]:
        """Return an input that shows each figure, for the figures that have one."""
        patterns = {name: self._bits(name, field) for name, field in PLACES.items()}
        return {name: repr(bits.number(pattern, dtype)) for name, pattern in patterns.items() if pattern >= 0}

    def _bits(self, name: str, field: str) -> int:
        records = [record for record in self.records if getattr(record, field) >= 0]
        if name in CATEGORIES:
            return next((int(getattr(record, field)) for record in records), -1)
        largest = max(records, key=lambda record: float(getattr(record, f"{name}_ulp")), default=None)
        return int(getattr(largest, field)) if largest else -1

    @property
    def digest(self) -> str:
        """The digest of the bits of all results."""
        return hashlib.sha256("".join(record.digest for record in self.records).encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=8)
def judge_subject(backend: str, variant: Variant, direction: str, dtype: str) -> SubjectRecords:
    """Return the records of all binades of a subject."""
    subject = Subject(backend, variant.id, direction, dtype)
    return SubjectRecords(judge(Shard(subject, 0, LAYOUTS[dtype].binades - 1, STRIDES[dtype])).records)


def subjects() -> set[str]:
    """Return every subject that is measured."""
    elementwise = (variant for variant in variants() if variant.activation.kind == "elementwise")
    return {f"{v.id} {word} {dtype} eager" for v in elementwise for word in WORDS.values() for dtype in STRIDES}


def figures(backend: str, variant: Variant, dtype: str) -> Sweep:
    """Return the figures of a variant in a dtype, by direction."""
    results = {WORDS[d]: judge_subject(backend, variant, d, dtype) for d in DIRECTIONS}
    return {f"{variant.id} {word} {dtype} eager": measured(records, dtype) for word, records in results.items()}


def measured(records: SubjectRecords, dtype: str) -> Measured:
    """Return the figures, their inputs and, where every input of the format was judged, the digest."""
    return Measured(figures_of(records), records.inputs(dtype), records.digest if STRIDES[dtype] == 1 else "")


def figures_of(records: SubjectRecords) -> dict[str, float]:
    """Return the figures by name: ulp errors first, then counts of inputs."""
    return {
        "worst": records.largest("worst"),
        "scaled": records.largest("scaled"),
        "subnormal": records.largest("contracted"),
        **{name: records.total(name) for name in COUNTED},
        "above_half": records.above(0.5),
        "above_one": records.above(1.0),
    }
