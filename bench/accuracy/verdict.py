"""What is right of a subject, and the records of what was found."""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import flint
import numpy as np
from flint import arb

from backends.activation import Variant
from backends.rounding import is_held
from bench import truth, ulp
from bench.accuracy import bits, exactly, kernel, pieces, ranges
from bench.accuracy.bits import Batch
from bench.accuracy.record import EDGES
from bench.accuracy.shards import Subject

Values = Any  # numpy.ndarray
Founds = Any  # an array of kernel.FOUND
ROOM = 2**16
"""Doubts that are made room for at first."""
MOST = 20_000
"""Decisions of a batch by `arb`, some seconds: more means that an activation has ties of a new kind."""
BLOCK = {"float16": 16, "bfloat16": 16, "float32": 1024}
"""Inputs of a block; where a binade has few, small ones that tell its N(0, 1) share finely enough."""


def refuse_flushing() -> None:
    """RuntimeError where this thread flushes subnormals: it could not compute a reference."""
    if float(np.float64(5e-324)) * 1.0 == 0.0 or float(np.float32(1e-45) * np.float32(1.0)) == 0.0:
        raise RuntimeError("this thread flushes subnormal numbers")


F = TypeVar("F", bound=Callable[..., Any])


def exactly_done(function: F) -> F:
    """The function with flint at enough bits: it computes with 53 unless told otherwise."""
    return flint.ctx.workprec(truth.FIRST_BITS)(function)  # type: ignore[no-any-return]  # flint is untyped


class Court:
    """Judges results of one subject."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.variant: Variant = subject.variant
        self.slope = subject.direction == "backward"
        self.format = ulp.FORMATS[subject.dtype]
        f = self.format
        self.form = np.zeros(1, kernel.FORMAT)
        self.form[0] = (f.precision, f.smallest_normal, f.smallest_subnormal, f.largest, math.ldexp(1.0, f.emax + 1))
        self.apart: dict[Batch, list[int]] = {}
        self.asked = 0
        self.range = ranges.whole_range(self.variant, slope=self.slope)
        self.at_zero = self.hull(0.0)

    def hull(self, x: float) -> tuple[float, float]:
        """The interval of what is valid at a point."""
        if self.slope:
            low, high = truth.slopes(self.variant, x)
            return float(low), float(high)
        value = float(truth.value(self.variant, x))
        return value, value

    def table(self, batch: Batch) -> pieces.Table:
        """The pieces of the batch's sign."""
        return pieces.table(self.variant, slope=self.slope, negative=batch.negative)

    def set_apart(self, batch: Batch) -> list[int]:
        """Indices judged one by one: zero, and the kinks of a slope."""
        if batch in self.apart:
            return self.apart[batch]
        points = {0.0, *(held_kinks(self.variant) if self.slope else ())}
        signed = [abs(p) for p in points if p == 0 or (p < 0) == batch.negative]
        bits_ = np.array([pieces.bits_of(p) for p in signed], np.uint32)
        places = zip(batch.rank(bits_).tolist(), bits_.tolist(), strict=True)
        found = sorted(i for i, b in places if i < batch.size and magnitude_bits(batch.inputs[i]) == b)
        self.apart = {batch: found}  # asked for again and again, of one batch at a time
        return found

    def segments(self, batch: Batch) -> Values:
        """(start, end, piece) of every run of inputs of one piece and one binade, infinity and NaNs left out."""
        last = self.table(batch).last
        finite = sum(batch.is_finite(b) for b in batch.binades) * batch.each
        cuts = {finite, *range(0, finite, batch.each)}
        cuts |= set(batch.rank(last + np.uint32(1)).tolist())
        cuts |= {j for i in self.set_apart(batch) for j in (i, i + 1)}
        edges = np.array(sorted(c for c in cuts if c <= finite), np.int64)
        starts = edges[:-1][~np.isin(edges[:-1], self.set_apart(batch))]
        ends = edges[np.searchsorted(edges, starts) + 1]
        piece = np.searchsorted(last, magnitude_bits(batch.inputs[starts]))
        return np.stack([starts, ends, piece], axis=1).astype(np.int64)

    def judge(self, batch: Batch, x: Values, y: Values) -> tuple[Values, Founds]:
        """Segments and what was found on each, every doubt decided. x, y: float32."""
        segments = self.segments(batch)
        asked = np.zeros(len(batch.binades), kernel.ASKED)
        founds = kernel.blank(len(segments))
        low, high = (outward(v, up, self.subject.dtype) for v, up in zip(self.range, (False, True), strict=True))
        for k, binade in enumerate(batch.binades):
            asked[k] = (low, high, *self.at_zero, batch.exponent(binade) == 0)
        doubts = np.empty((ROOM, 2), np.int64)
        arguments = (self.table(batch), self.form, asked, segments[:, 0] // batch.each, BLOCK[self.subject.dtype])
        count = kernel.tally(x, y, segments, *arguments, founds, doubts)
        if count > ROOM:
            doubts, founds = np.empty((count, 2), np.int64), kernel.blank(len(segments))
            kernel.tally(x, y, segments, *arguments, founds, doubts)
        self.decide(batch, x, y, segments, founds=founds, doubts=doubts[:count])
        return segments, founds

    def decide(self, batch: Batch, x: Values, y: Values, segments: Values, *, founds: Founds, doubts: Values) -> None:
        """Count the doubts by exact arithmetic."""
        where = np.searchsorted(segments[:, 0], doubts[:, 0], side="right") - 1
        kinds = where * len(EDGES) + doubts[:, 1]
        on_edge = doubts[:, 1] >= 0
        decided = np.zeros(len(doubts), bool)
        for kind in np.unique(kinds[on_edge]):
            s, edge = divmod(int(kind), len(EDGES))
            mine = np.flatnonzero((kinds == kind) & on_edge)
            at = doubts[mine, 0]
            on = pieces.interval(self.table(batch), int(segments[s, 2]), negative=batch.negative)
            above = exactly.above(self.variant, on, x[at], y[at], EDGES[edge], self.form[0], slope=self.slope)
            decided[mine] = above != exactly.UNDECIDED
            founds["buckets"][s, edge] += np.count_nonzero(above == 0)
            founds["buckets"][s, edge + 1] += np.count_nonzero(above == 1)
            over = at[(above == 1) | ((above == 0) & (EDGES[edge] > 1))] if edge else at[:0]
            founds["over"][s] += sum(kernel.mass(abs(float(v)), self.format.precision) for v in x[over])
        rest = np.flatnonzero(~decided)
        patterns = y.view(np.int32)[doubts[rest, 0]]
        order = np.lexsort((patterns, where[rest]))  # stable: inputs that have one result still rise
        edges = np.flatnonzero(np.diff(where[rest][order]) | np.diff(patterns[order])) + 1
        self.asked = 0
        for alike in np.split(doubts[rest[order], 0], edges) if rest.size else ():
            s = np.searchsorted(segments[:, 0], alike[0], side="right") - 1
            self.decide_alike(x, y, alike, founds[s])

    def decide_alike(self, x: Values, y: Values, at: Values, found: Any) -> None:
        """Count doubts of one result and one piece, rising: a result that saturates is in doubt at a million inputs.

        Where the ends agree in their bucket and on which side of the truth they lie, so do all between them, if the
        truth is monotone or level there; else they are halved.
        """
        self.asked += 1
        if self.asked > MOST:
            raise RuntimeError(f"more than {MOST} decisions of {self.subject.id} are too close for pairs of float64")
        ends = at[[0, -1]].tolist()
        if at.size > 2 and not self.is_alike(x, y, ends):
            self.decide_alike(x, y, at[: at.size // 2], found)
            self.decide_alike(x, y, at[at.size // 2 :], found)
            return
        for i, count in zip(ends[: at.size], (at.size - at.size // 2, at.size // 2), strict=False):
            self.put(found, i, float(x[i]), float(y[i]), count)

    def is_alike(self, x: Values, y: Values, ends: list[int]) -> bool:
        """Whether what holds for the results at both ends holds between them."""
        if len({self.verdict(float(x[i]), float(y[i])) for i in ends}) > 1:
            return False
        first, last = magnitude_bits(x[ends]).tolist()
        return pieces.is_orderly(self.variant, pieces.Interval(first, last, bool(x[ends[0]] < 0)), slope=self.slope)

    def verdict(self, x: float, y: float) -> tuple[str | None, int, bool]:
        """Category, bucket, and on which side of the truth a result lies."""
        error = self.exact(x, y)
        return error.category, int(np.searchsorted(EDGES, error.ulps)), bool(self.truth(x) < y)

    def put(self, found: Any, index: int, x: float, y: float, count: int) -> None:
        """Count a result, and so many like it, by its exact error."""
        error, exact = self.exact(x, y), self.truth(x)
        if error.category:
            found[error.category] += count
            place = f"{error.category}_at"
            found[place] = index if found[place] < 0 else min(found[place], index)
        elif not exact.is_zero() and -self.format.smallest_normal < exact < self.format.smallest_normal:
            found["subnormal"] += count
            found["strict"] = max(found["strict"], error.ulps)
            if error.flushed and error.ulps > 0.5:
                found["flushed"] += count
            else:
                found["contracted"] = max(found["contracted"], error.ulps)
            found["zero_sign"] += count * (y == 0 and (math.copysign(1.0, y) < 0) != bool(exact < 0))
            return
        else:
            found["buckets"][int(np.searchsorted(EDGES, error.ulps))] += count
            if (error.ulps, -index) > (found["worst"], -found["worst_at"]):
                found["worst"], found["worst_at"] = error.ulps, index
        if not error.ulps <= 1:
            found["over"] += count * kernel.mass(abs(x), self.format.precision)

    def truth(self, x: float) -> arb:
        """The exact value, or slope."""
        return (truth.slope if self.slope else truth.value)(self.variant, x)

    @exactly_done
    def exact(self, x: float, y: float) -> ulp.Error:
        """The error of one result; of a slope at a kink, from the nearer end of what is valid there."""
        if self.slope and (x == 0 or x in self.variant.kinks):
            low, high = truth.slopes(self.variant, x)
            if low <= y <= high:
                return ulp.Error(0.0)
            nearer = high if abs(high - y) < abs(low - y) else low  # an end may be a ball around y
            return ulp.error(y, nearer, self.subject.dtype)
        return ulp.error(y, self.truth(x), self.subject.dtype)


def held_kinks(variant: Variant) -> tuple[float, ...]:
    """The kinks that float32 holds, and so may be inputs: a parameter is taken exactly and may lie beyond its range."""
    return tuple(kink for kink in variant.kinks if is_held("float32", kink))


def magnitude_bits(x: Values) -> Values:
    """Those of |x| in float32."""
    return np.asarray(x, np.float32).view(np.uint32) & np.uint32(0x7FFFFFFF)


def outward(value: float, up: bool, dtype: str) -> float:
    """The number of a format next to a value on its outer side; that itself if it is one but for an error bound."""
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
