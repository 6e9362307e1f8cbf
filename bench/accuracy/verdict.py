"""The judging of a subject's results: exact values, decisions of doubts, and counts per segment."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import flint
import numpy as np
from flint import arb

from backends.activation import Variant
from backends.rounding import is_held
from bench.accuracy import bits, exactly, kernel
from bench.accuracy.bits import Batch
from bench.accuracy.record import EDGES
from bench.accuracy.shards import Subject
from bench.reference import pieces, ranges, truth, ulp

Values = Any  # numpy.ndarray
SegmentCounts = Any  # an array of kernel.SEGMENT_COUNTS
INITIAL_DOUBTS = 2**16
"""The number of doubts for which room is made at first."""
MAX_DECISIONS = 20_000
"""The most decisions of a batch by `arb`, some seconds: more mean that an activation has ties of a new kind."""
BLOCK_INPUTS = {"float16": 16, "bfloat16": 16, "float32": 1024}
"""Inputs of a block; small where a binade has few, so that its share of N(0, 1) inputs is fine enough."""


def refuse_flushing() -> None:
    """Raise RuntimeError if this thread flushes subnormals: it could not compute a reference."""
    if float(np.float64(5e-324)) * 1.0 == 0.0 or float(np.float32(1e-45) * np.float32(1.0)) == 0.0:
        raise RuntimeError("this thread flushes subnormal numbers")


F = TypeVar("F", bound=Callable[..., Any])


def with_exact_precision(function: F) -> F:
    """Return a function that runs flint with enough bits: its default is 53."""
    return flint.ctx.workprec(truth.FIRST_BITS)(function)  # type: ignore[no-any-return]  # flint is untyped


class ErrorCounter:
    """A counter of the errors in the results of one subject."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.variant: Variant = subject.variant
        self.slope = subject.direction == "backward"
        self.format = ulp.FORMATS[subject.dtype]
        f = self.format
        self.form = np.zeros(1, kernel.FORMAT)
        self.form[0] = (f.precision, f.smallest_normal, f.smallest_subnormal, f.largest, math.ldexp(1.0, f.emax + 1))
        self.separate_by_batch: dict[Batch, list[int]] = {}
        self.decisions = 0
        self.range = ranges.whole_range(self.variant, slope=self.slope)
        self.at_zero = self.valid_interval(0.0)

    def valid_interval(self, x: float) -> tuple[float, float]:
        """Return the interval of valid results at a point."""
        if self.slope:
            low, high = truth.slopes(self.variant, x)
            return float(low), float(high)
        value = float(truth.value(self.variant, x))
        return value, value

    def table(self, batch: Batch) -> pieces.Table:
        """Return the pieces of the batch's sign."""
        return pieces.table(self.variant, slope=self.slope, negative=batch.negative)

    def separate_indices(self, batch: Batch) -> list[int]:
        """Return the indices of inputs that are judged one by one: zero, and the kinks of a derivative."""
        if batch in self.separate_by_batch:
            return self.separate_by_batch[batch]
        separate_inputs = {0.0, *(held_kinks(self.variant) if self.slope else ())}
        signed = [abs(p) for p in separate_inputs if p == 0 or (p < 0) == batch.negative]
        patterns = np.array([pieces.bits_of(p) for p in signed], np.uint32)
        places = zip(batch.rank(patterns).tolist(), patterns.tolist(), strict=True)
        indices = sorted(i for i, b in places if i < batch.size and magnitude_bits(batch.inputs[i]) == b)
        self.separate_by_batch = {batch: indices}  # needed repeatedly, for one batch at a time
        return indices

    def segments(self, batch: Batch) -> Values:
        """Return (start, end, piece) of every run of finite inputs of one piece and one binade."""
        last = self.table(batch).last
        finite = sum(batch.is_finite(b) for b in batch.binades) * batch.binade_inputs
        cuts = {finite, *range(0, finite, batch.binade_inputs)}
        cuts |= set(batch.rank(last + np.uint32(1)).tolist())
        cuts |= {j for i in self.separate_indices(batch) for j in (i, i + 1)}
        edges = np.array(sorted(c for c in cuts if c <= finite), np.int64)
        starts = edges[:-1][~np.isin(edges[:-1], self.separate_indices(batch))]
        stops = edges[np.searchsorted(edges, starts) + 1]
        piece = np.searchsorted(last, magnitude_bits(batch.inputs[starts]))
        return np.stack([starts, stops, piece], axis=1).astype(np.int64)

    def judge(self, batch: Batch, x: Values, y: Values) -> tuple[Values, SegmentCounts]:
        """Return the segments and their counts, with every doubt decided. x, y: float32."""
        segments = self.segments(batch)
        limits = np.zeros(len(batch.binades), kernel.LIMITS)
        segment_counts = kernel.blank_counts(len(segments))
        low, high = (round_outward(v, up, self.subject.dtype) for v, up in zip(self.range, (False, True), strict=True))
        for k, binade in enumerate(batch.binades):
            limits[k] = (low, high, *self.at_zero, batch.exponent(binade) == 0)
        doubts = np.empty((INITIAL_DOUBTS, 2), np.int64)
        arguments = (
            self.table(batch),
            self.form,
            limits,
            segments[:, 0] // batch.binade_inputs,
            BLOCK_INPUTS[self.subject.dtype],
        )
        count = kernel.tally(x, y, segments, *arguments, segment_counts, doubts)
        if count > INITIAL_DOUBTS:
            doubts, segment_counts = np.empty((count, 2), np.int64), kernel.blank_counts(len(segments))
            kernel.tally(x, y, segments, *arguments, segment_counts, doubts)
        self.decide(batch, x, y, segments, segment_counts=segment_counts, doubts=doubts[:count])
        return segments, segment_counts

    def decide(
        self, batch: Batch, x: Values, y: Values, segments: Values, *, segment_counts: SegmentCounts, doubts: Values
    ) -> None:
        """Count the doubts by exact arithmetic."""
        segment_indices = np.searchsorted(segments[:, 0], doubts[:, 0], side="right") - 1
        kinds = segment_indices * len(EDGES) + doubts[:, 1]
        on_edge = doubts[:, 1] >= 0
        decided = np.zeros(len(doubts), bool)
        for kind in np.unique(kinds[on_edge]):
            s, edge = divmod(int(kind), len(EDGES))
            doubt_indices = np.flatnonzero((kinds == kind) & on_edge)
            indices = doubts[doubt_indices, 0]
            domain = pieces.interval(self.table(batch), int(segments[s, 2]), negative=batch.negative)
            above = exactly.above(
                self.variant, domain, x[indices], y[indices], EDGES[edge], self.form[0], slope=self.slope
            )
            decided[doubt_indices] = above != exactly.UNDECIDED
            segment_counts["buckets"][s, edge] += np.count_nonzero(above == 0)
            segment_counts["buckets"][s, edge + 1] += np.count_nonzero(above == 1)
            above_one = indices[(above == 1) | ((above == 0) & (EDGES[edge] > 1))] if edge else indices[:0]
            segment_counts["over"][s] += sum(kernel.mass(abs(float(v)), self.format.precision) for v in x[above_one])
        undecided = np.flatnonzero(~decided)
        patterns = y.view(np.int32)[doubts[undecided, 0]]
        order = np.lexsort((patterns, segment_indices[undecided]))  # stable: inputs with the same result keep rising
        edges = np.flatnonzero(np.diff(segment_indices[undecided][order]) | np.diff(patterns[order])) + 1
        self.decisions = 0
        for group in np.split(doubts[undecided[order], 0], edges) if undecided.size else ():
            s = np.searchsorted(segments[:, 0], group[0], side="right") - 1
            self.decide_alike(x, y, group, segment_counts[s])

    def decide_alike(self, x: Values, y: Values, indices: Values, counts: Any) -> None:
        """Count doubts about the same result on one piece, in rising order: a saturated result has a million of them.

        If both ends are in the same bucket and on the same side of the exact value, so are all inputs between them
        where the exact value is monotone or level; otherwise the doubts are halved.
        """
        self.decisions += 1
        if self.decisions > MAX_DECISIONS:
            raise RuntimeError(
                f"more than {MAX_DECISIONS} decisions of {self.subject.id} are too close for pairs of float64"
            )
        endpoints = indices[[0, -1]].tolist()
        if indices.size > 2 and not self.is_alike(x, y, endpoints):
            self.decide_alike(x, y, indices[: indices.size // 2], counts)
            self.decide_alike(x, y, indices[indices.size // 2 :], counts)
            return
        for i, count in zip(
            endpoints[: indices.size], (indices.size - indices.size // 2, indices.size // 2), strict=False
        ):
            self.count_result(counts, i, float(x[i]), float(y[i]), count)

    def is_alike(self, x: Values, y: Values, endpoints: list[int]) -> bool:
        """Return whether the classification of both ends holds for all results between them."""
        if len({self.classify(float(x[i]), float(y[i])) for i in endpoints}) > 1:
            return False
        first, last = magnitude_bits(x[endpoints]).tolist()
        return pieces.is_orderly(
            self.variant, pieces.Interval(first, last, bool(x[endpoints[0]] < 0)), slope=self.slope
        )

    def classify(self, x: float, y: float) -> tuple[str | None, int, bool]:
        """Return the error class of a result, its bucket, and whether it is above the exact value."""
        error = self.error(x, y)
        return error.category, int(np.searchsorted(EDGES, error.ulps)), bool(self.exact_value(x) < y)

    def count_result(self, counts: Any, index: int, x: float, y: float, count: int) -> None:
        """Count a result, `count` times, by its exact error."""
        error, exact = self.error(x, y), self.exact_value(x)
        if error.category:
            counts[error.category] += count
            place = f"{error.category}_at"
            counts[place] = index if counts[place] < 0 else min(counts[place], index)
        elif not exact.is_zero() and -self.format.smallest_normal < exact < self.format.smallest_normal:
            counts["subnormal"] += count
            counts["strict"] = max(counts["strict"], error.ulps)
            if error.flushed and error.ulps > 0.5:
                counts["flushed"] += count
            else:
                counts["contracted"] = max(counts["contracted"], error.ulps)
            counts["zero_sign"] += count * (y == 0 and (math.copysign(1.0, y) < 0) != bool(exact < 0))
            return
        else:
            counts["buckets"][int(np.searchsorted(EDGES, error.ulps))] += count
            if (error.ulps, -index) > (counts["worst"], -counts["worst_at"]):
                counts["worst"], counts["worst_at"] = error.ulps, index
        if not error.ulps <= 1:
            counts["over"] += count * kernel.mass(abs(x), self.format.precision)

    def exact_value(self, x: float) -> arb:
        """Return the exact value, or derivative."""
        return (truth.slope if self.slope else truth.value)(self.variant, x)

    @with_exact_precision
    def error(self, x: float, y: float) -> ulp.Error:
        """Return the error of one result; of a derivative at a kink, from the nearer end of the valid interval."""
        if self.slope and (x == 0 or x in self.variant.kinks):
            low, high = truth.slopes(self.variant, x)
            if low <= y <= high:
                return ulp.Error(0.0)
            nearer = high if abs(high - y) < abs(low - y) else low  # an end may be an enclosure of y
            return ulp.error(y, nearer, self.subject.dtype)
        return ulp.error(y, self.exact_value(x), self.subject.dtype)


def held_kinks(variant: Variant) -> tuple[float, ...]:
    """Return the kinks that float32 holds, and so may be inputs: others lie between its numbers or beyond its range."""
    return tuple(kink for kink in variant.kinks if is_held("float32", kink))


def magnitude_bits(x: Values) -> Values:
    """Return the bits of |x| in float32."""
    return np.asarray(x, np.float32).view(np.uint32) & np.uint32(0x7FFFFFFF)


def round_outward(value: float, up: bool, dtype: str) -> float:
    """Return the number of a format next to a value on its outer side.

    A value that is such a number but for an error bound is rounded to it.
    """
    if math.isinf(value):
        return value
    kind = bits.TYPES[dtype]
    with np.errstate(over="ignore"):
        near = kind(value)
        if up and float(near) < value - abs(value) * 2 * pieces.BOUND:
            near = np.nextafter(near, kind(np.inf))
        if not up and float(near) > value + abs(value) * 2 * pieces.BOUND:
            near = np.nextafter(near, kind(-np.inf))
    return float(near)
