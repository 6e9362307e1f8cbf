"""The fused pass over a segment of inputs: exact values, ulp errors, error classes and counts, in L1-sized blocks.

A segment is a run of inputs in the order of rising magnitude, of one binade and one piece. Blocks without special cases
take loops that the compiler turns into vector instructions; a block with a NaN, an infinity, a subnormal or a large
error goes through `_judge_one`, input by input. A result that is too close to a decision is left out of the counts and
listed as a doubt.

Compiled by numba without fast math: the float64 operations are IEEE's one by one, so every machine computes the same
bits.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit

BLOCK = 1024
MASK = 0x7FF0000000000000
NO_DOUBT, UNKNOWN_ULP = -2, -1
"""In place of an edge: no doubt; a doubt about the ulp itself, or whether zero stands for a subnormal number."""
EDGES = np.array([0.5, 1.0, 2.0, 4.0, 16.0, 256.0])
NEAR_UNITS = 256
"""The distance from a power of two, in float64 units, within which an inexact value's ulp is in doubt: 2^-44."""

FORMAT = np.dtype(
    [("precision", "i8"), ("smallest_normal", "f8"), ("smallest_subnormal", "f8"), ("largest", "f8"), ("top", "f8")]
)
LIMITS = np.dtype(
    [(name, "f8") for name in ("range_low", "range_high", "zero_low", "zero_high")] + [("subnormal", "?")]
)
"""The range of the function, rounded outwards; the valid interval at 0; whether the inputs are subnormal."""
COUNTS = ("nan", "infinite", "zero", "sign", "zero_sign", "subnormal", "flushed", "out_of_range", "not_monotone")
PLACES = ("nan_at", "infinite_at", "zero_at", "sign_at", "worst_at")
SEGMENT_COUNTS = np.dtype(
    [(name, "i8") for name in (*COUNTS, *PLACES)]
    + [("worst", "f8"), ("strict", "f8"), ("contracted", "f8"), ("over", "f8"), ("buckets", "i8", (7,))]
)

Array = Any
F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Compile a function, and cache the compiled code beside this file."""
    return njit(cache=True, error_model="numpy", nogil=True)(function)


@jit
def horner(x: Array, centre: float, scale: float, lead: int, degree: int, c: Array, h: Array, t: Array) -> None:
    """Compute the exact values at x into t, with h as scratch. The scale is a power of 2: nothing is rounded."""
    n = x.size
    top, unit = c[degree], 1 / scale
    for i in range(n):
        h[i] = (np.float64(x[i]) - centre) * unit
        t[i] = top
    for k in range(degree - 1, -1, -1):
        ck = c[k]
        for i in range(n):
            t[i] = t[i] * h[i] + ck
    for _ in range(lead):
        for i in range(n):
            t[i] *= h[i]


@jit
def _magnitudes(t: Array, a: Array, top: float) -> None:
    for i in range(t.size):
        a[i] = min(abs(t[i]), top)


@jit
def _reciprocals(a: Array, r: Array, near: int, span: Array, precision: int) -> None:
    """Compute the bits of 1 / ulp from those of the exact value's magnitude, which is first reduced by `near` units."""
    lowest, highest = span[0] & MASK, span[1] & MASK
    base = (2045 + precision) << 52
    for i in range(a.size):
        e = (a[i] - near) & MASK
        e = max(e, lowest)
        e = min(e, highest)
        r[i] = base - e


@jit
def _errors(y: Array, t: Array, r: Array, top: float, e: Array) -> None:
    for i in range(y.size):
        v = t[i]
        v = min(v, top)
        v = max(v, -top)
        e[i] = abs(np.float64(y[i]) - v) * r[i]


@jit
def _extremes(bits: Array) -> tuple[int, int]:
    low, high = bits[0], bits[0]
    for i in range(bits.size):
        low = min(low, bits[i])
        high = max(high, bits[i])
    return low, high


@jit
def _count_above(e: Array, limit: float) -> int:
    n = 0
    for i in range(e.size):
        n += e[i] > limit
    return n


@jit
def _count_outside(y: Array, low: float, high: float) -> int:
    n = 0
    for i in range(y.size):
        n += (y[i] < low) | (y[i] > high)
    return n


@jit
def _count_steps_against(y: Array, step: int) -> int:
    """Count neighbours that step against the exact values: step 1 rises, -1 falls, 0 is constant."""
    n = 0
    if step == 1:
        for i in range(y.size - 1):
            n += y[i + 1] < y[i]
    elif step == -1:
        for i in range(y.size - 1):
            n += y[i + 1] > y[i]
    elif step == 0:
        for i in range(y.size - 1):
            n += y[i + 1] != y[i]
    return n


@jit
def mass(x: float, precision: int) -> float:
    """Return the share of N(0, 1) inputs that round to x."""
    spacing = math.ldexp(1.0, math.frexp(x)[1] - precision)
    return spacing * math.exp(-0.5 * x * x) * 0.3989422804014327  # 1 / sqrt(2 pi)


@jit
def _add_doubt(doubts: Array, n: int, index: int, edge: int) -> int:
    if n < doubts.shape[0]:
        doubts[n, 0] = index
        doubts[n, 1] = edge
    return n + 1


@jit
def _error_class(y: float, t: float, at_zero: bool, f: Any) -> int:
    """Return the index in `record.CATEGORIES` (0 to 3: nan, infinite, zero, sign), or -1 for none."""
    a = abs(t)
    if math.isnan(y):
        return 0
    if math.isinf(y) and a < f.largest * (1 + math.ldexp(1.0, -f.precision - 1)):
        return 1
    if a < f.smallest_normal or at_zero:
        return -1
    return 2 if y == 0 else 3 if (y < 0) != (t < 0) else -1


@jit
def _count_class(counts: Any, category: int, index: int) -> None:
    if category == 0:
        counts.nan += 1
        if counts.nan_at < 0:
            counts.nan_at = index
    elif category == 1:
        counts.infinite += 1
        if counts.infinite_at < 0:
            counts.infinite_at = index
    elif category == 2:
        counts.zero += 1
        if counts.zero_at < 0:
            counts.zero_at = index
    else:
        counts.sign += 1
        if counts.sign_at < 0:
            counts.sign_at = index


@jit
def _count_subnormal(y: float, t: float, error: float, at_zero: bool, f: Any, counts: Any) -> None:
    counts.subnormal += 1
    counts.strict = max(counts.strict, error)
    small = abs(t) < f.smallest_normal
    if error > 0.5 and (at_zero or (y == 0 and small)):
        counts.flushed += 1
    else:
        counts.contracted = max(counts.contracted, error)
    if y == 0 and small and t != 0 and (math.copysign(1.0, y) < 0) != (t < 0):
        counts.zero_sign += 1


@jit
def _judge_one(
    y: float, t: float, exact: bool, tiny: bool, delta: float, index: int, f: Any, limits: Any, counts: Any
) -> int:
    """Judge one result, and return the edge that it is in doubt with, or NO_DOUBT."""
    slack = math.ldexp(1.0, 2 - f.precision)
    at_zero = limits.subnormal and limits.zero_low - slack * abs(limits.zero_low) <= y
    at_zero = at_zero and y <= limits.zero_high + slack * abs(limits.zero_high)
    border = abs(abs(t) - f.smallest_normal) <= f.smallest_normal * (NEAR_UNITS * 2.0**-52)
    if border and not exact and not limits.subnormal and (y == 0 or (y < 0) != (t < 0)):
        return UNKNOWN_ULP
    category = _error_class(y, t, at_zero, f)
    if category >= 0:
        _count_class(counts, category, index)
        return NO_DOUBT
    place = min(max(abs(t), f.smallest_normal), f.largest)
    shrunk = place if exact else place * (1 - NEAR_UNITS * 2.0**-52)
    near = math.frexp(shrunk)[1] != math.frexp(place * (1 + NEAR_UNITS * 2.0**-52))[1] and not exact
    exponent = max(math.frexp(shrunk)[1], math.frexp(f.smallest_normal)[1])
    result = math.copysign(f.top, y) if math.isinf(y) else y
    error = abs(result - max(min(t, f.top), -f.top)) * math.ldexp(1.0, f.precision - exponent)
    if limits.subnormal or tiny or 0 < abs(t) < f.smallest_normal:
        _count_subnormal(y, t, error, at_zero, f, counts)
        return NO_DOUBT
    if near and error > 0.5 - delta:
        return UNKNOWN_ULP
    if error > counts.worst:
        counts.worst = error
        counts.worst_at = index
    k = 0
    while k < 6 and error > EDGES[k]:
        k += 1
    for edge in range(max(k - 1, 0), min(k, 5) + 1):
        if abs(error - EDGES[edge]) <= delta + EDGES[edge] * 2.0**-50:
            return edge
    counts.buckets[k] += 1
    return NO_DOUBT


@jit
def _count_plain(e: Array, first: int, largest: float, delta: float, counts: Any, doubts: Array, n_doubts: int) -> int:
    """Count errors without special cases by vector compares, no more than the largest error requires."""
    if largest > counts.worst:
        counts.worst = largest
        counts.worst_at = first + np.argmax(e)
    above = e.size
    for k in range(6):
        d = delta + EDGES[k] * 2.0**-50
        if largest <= EDGES[k] - d:
            counts.buckets[k] += above
            return n_doubts
        low, high = _count_above(e, EDGES[k] - d), _count_above(e, EDGES[k] + d)
        counts.buckets[k] += above - low
        above = high
        if low != high:
            for i in range(e.size):
                if EDGES[k] - d < e[i] <= EDGES[k] + d:
                    n_doubts = _add_doubt(doubts, n_doubts, first + i, k)
    counts.buckets[6] += above
    return n_doubts


@jit
def _all_zero(bits: Array, sign: float, counts: Any) -> bool:
    """Return whether all results are zeros and count them, where the exact value is as good as zero."""
    negative = 0
    other = 0
    for i in range(bits.size):
        other += (bits[i] & 0x7FFFFFFF) != 0
        negative += bits[i] < 0
    if other:
        return False
    counts.subnormal += bits.size
    counts.strict = max(counts.strict, 0.0)
    counts.contracted = max(counts.contracted, 0.0)
    if sign != 0:
        counts.zero_sign += negative if sign > 0 else bits.size - negative
    return True


@jit
def _count_over(counts: Any) -> int:
    """Return the number of results so far that are above 1 ulp or in an error class."""
    n: int = counts.nan + counts.infinite + counts.zero + counts.sign
    for k in range(2, 7):
        n += counts.buckets[k]
    return n


@jit
def tally(
    x: Array,
    y: Array,
    segments: Array,
    pieces: Any,
    form: Array,
    binade_limits: Array,
    binades: Array,
    block: int,
    segment_counts: Array,
    doubts: Array,
) -> int:
    """Judge y = f(x), both float32, on segments (start, end, piece), into `segment_counts` set up by `blank_counts`.

    `binades` holds the index in `binade_limits` for each segment.

    Returns the number of doubts. If there are more than `doubts` has room for, the call has to be repeated.
    """
    f = form[0]
    h, t, a, r, e = np.empty(block), np.empty(block), np.empty(block), np.empty(block), np.empty(block)
    a_bits, r_bits, e_bits = a.view(np.int64), r.view(np.int64), e.view(np.int64)
    span = np.array([f.smallest_normal, f.largest, math.ldexp(1.0, f.precision - 1)]).view(np.int64)
    largest = np.zeros(1)
    n_doubts = 0
    for q in range(segments.shape[0]):
        counts, limits, last, p = segment_counts[q], binade_limits[binades[q]], segments[q, 1], segments[q, 2]
        exact, delta = pieces.bound[p] == 0.0, math.ldexp(pieces.bound[p], f.precision)
        near = 0 if exact else NEAR_UNITS
        for b in range(segments[q, 0], last, block):
            n = min(block, last - b)
            results, before = y[b : b + n], _count_over(counts)
            counts.not_monotone += _count_steps_against(y[b : min(b + n + 1, last)], pieces.step[p])
            counts.out_of_range += _count_outside(results, limits.range_low, limits.range_high)
            tiny = pieces.tiny[p] and not limits.subnormal
            if tiny and _all_zero(results.view(np.int32), pieces.coefficients[p, 0], counts):
                continue
            horner(
                x[b : b + n],
                pieces.centre[p],
                pieces.scale[p],
                pieces.lead[p],
                pieces.degree[p],
                pieces.coefficients[p],
                h[:n],
                t[:n],
            )
            _magnitudes(t[:n], a[:n], f.top)
            _reciprocals(a_bits[:n], r_bits[:n], near, span, f.precision)
            _errors(results, t[:n], r[:n], f.top, e[:n])
            low, high = _extremes(a_bits[:n])
            largest.view(np.int64)[0] = _extremes(e_bits[:n])[1]
            odd = (
                largest.view(np.int64)[0] >= span[2]
                or limits.subnormal
                or (low < span[0] and (high > 0 or pieces.tiny[p]))
            )
            if largest[0] > 0.5 - delta and (low - near) & MASK != (high + near) & MASK:
                odd = True  # an exact value may be close to a power of two
            if odd:
                for i in range(n):
                    edge = _judge_one(
                        np.float64(results[i]), t[i], exact, pieces.tiny[p], delta, b + i, f, limits, counts
                    )
                    if edge != NO_DOUBT:
                        n_doubts = _add_doubt(doubts, n_doubts, b + i, edge)
            else:
                n_doubts = _count_plain(e[:n], b, largest[0], delta, counts, doubts, n_doubts)
            if _count_over(counts) > before:
                counts.over += (_count_over(counts) - before) * mass(abs(np.float64(x[b + n // 2])), f.precision)
    return n_doubts


def blank_counts(count: int) -> Array:
    """Return counts with nothing counted yet."""
    segment_counts = np.zeros(count, SEGMENT_COUNTS)
    for name in PLACES:
        segment_counts[name] = -1
    for name in ("worst", "strict", "contracted"):
        segment_counts[name] = -1.0
    return segment_counts
