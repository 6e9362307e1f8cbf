"""The fused pass over a segment of inputs: truth, error in ulp, categories and counts, in blocks that stay in L1.

A segment is a run of inputs in the order of rising magnitude, of one binade and one piece. Blocks without anything odd
take loops that the compiler turns into vector instructions; a block with a NaN, an infinity, a subnormal or a large
error goes through `_one`, input by input. What is too close to a decision is left out of the counts and listed as a
doubt.

numba, and no fast math: the float64 operations are IEEE's one by one, so the same bits come out on every machine.
"""

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit

BLOCK = 1024
MASK = 0x7FF0000000000000
SETTLED, ANEW = -2, -1
"""In the place of an edge: no doubt; a doubt about the ulp itself, or whether zero stands for a subnormal number."""
EDGES = np.array([0.5, 1.0, 2.0, 4.0, 16.0, 256.0])
NEAR = 256
"""Units of float64, 2^-44: how near a power of two the binade of an inexact truth, and so its ulp, is in doubt."""

FORMAT = np.dtype(
    [("precision", "i8"), ("smallest_normal", "f8"), ("smallest_subnormal", "f8"), ("largest", "f8"), ("top", "f8")]
)
ASKED = np.dtype([(name, "f8") for name in ("range_low", "range_high", "zero_low", "zero_high")] + [("subnormal", "?")])
"""The range of the function, rounded outwards; what f, or f', may be at 0; whether the inputs are subnormal."""
COUNTS = ("nan", "infinite", "zero", "sign", "zero_sign", "subnormal", "flushed", "out_of_range", "not_monotone")
PLACES = ("nan_at", "infinite_at", "zero_at", "sign_at", "worst_at")
FOUND = np.dtype(
    [(name, "i8") for name in (*COUNTS, *PLACES)]
    + [("worst", "f8"), ("strict", "f8"), ("contracted", "f8"), ("over", "f8"), ("buckets", "i8", (7,))]
)

Array = Any
F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Compile it, and keep what was compiled beside this file."""
    return njit(cache=True, error_model="numpy", nogil=True)(function)


@jit
def horner(x: Array, centre: float, scale: float, lead: int, degree: int, c: Array, h: Array, t: Array) -> None:
    """The truth at x into t; h is scratch. The scale is a power of 2: nothing is rounded."""
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
    """Bits of 1 / ulp(truth) from the bits of the truth's magnitude, taken for `near` smaller than it is."""
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
def _above(e: Array, limit: float) -> int:
    n = 0
    for i in range(e.size):
        n += e[i] > limit
    return n


@jit
def _outside(y: Array, low: float, high: float) -> int:
    n = 0
    for i in range(y.size):
        n += (y[i] < low) | (y[i] > high)
    return n


@jit
def _against(y: Array, step: int) -> int:
    """Neighbours that step against the truth: 1 rises, -1 falls, 0 is constant."""
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
    """The share of N(0, 1) inputs that round to x."""
    spacing = math.ldexp(1.0, math.frexp(x)[1] - precision)
    return spacing * math.exp(-0.5 * x * x) * 0.3989422804014327  # 1 / sqrt(2 pi)


@jit
def _doubt(doubts: Array, n: int, index: int, edge: int) -> int:
    if n < doubts.shape[0]:
        doubts[n, 0] = index
        doubts[n, 1] = edge
    return n + 1


@jit
def _category(y: float, t: float, at_zero: bool, f: Any) -> int:
    """0 to 3: nan, infinite, zero, sign, in `record.CATEGORIES`' order; -1 for none."""
    a = abs(t)
    if math.isnan(y):
        return 0
    if math.isinf(y) and a < f.largest * (1 + math.ldexp(1.0, -f.precision - 1)):
        return 1
    if a < f.smallest_normal or at_zero:
        return -1
    return 2 if y == 0 else 3 if (y < 0) != (t < 0) else -1


@jit
def _file(found: Any, category: int, index: int) -> None:
    if category == 0:
        found.nan += 1
        if found.nan_at < 0:
            found.nan_at = index
    elif category == 1:
        found.infinite += 1
        if found.infinite_at < 0:
            found.infinite_at = index
    elif category == 2:
        found.zero += 1
        if found.zero_at < 0:
            found.zero_at = index
    else:
        found.sign += 1
        if found.sign_at < 0:
            found.sign_at = index


@jit
def _subnormal(y: float, t: float, error: float, at_zero: bool, f: Any, found: Any) -> None:
    found.subnormal += 1
    found.strict = max(found.strict, error)
    small = abs(t) < f.smallest_normal
    if error > 0.5 and (at_zero or (y == 0 and small)):
        found.flushed += 1
    else:
        found.contracted = max(found.contracted, error)
    if y == 0 and small and t != 0 and (math.copysign(1.0, y) < 0) != (t < 0):
        found.zero_sign += 1


@jit
def _one(y: float, t: float, exact: bool, tiny: bool, delta: float, index: int, f: Any, asked: Any, found: Any) -> int:
    """Judge one result. Returns the edge that it is in doubt with, or SETTLED."""
    slack = math.ldexp(1.0, 2 - f.precision)
    at_zero = asked.subnormal and asked.zero_low - slack * abs(asked.zero_low) <= y
    at_zero = at_zero and y <= asked.zero_high + slack * abs(asked.zero_high)
    border = abs(abs(t) - f.smallest_normal) <= f.smallest_normal * (NEAR * 2.0**-52)
    if border and not exact and not asked.subnormal and (y == 0 or (y < 0) != (t < 0)):
        return ANEW
    category = _category(y, t, at_zero, f)
    if category >= 0:
        _file(found, category, index)
        return SETTLED
    place = min(max(abs(t), f.smallest_normal), f.largest)
    shrunk = place if exact else place * (1 - NEAR * 2.0**-52)
    near = math.frexp(shrunk)[1] != math.frexp(place * (1 + NEAR * 2.0**-52))[1] and not exact
    exponent = max(math.frexp(shrunk)[1], math.frexp(f.smallest_normal)[1])
    result = math.copysign(f.top, y) if math.isinf(y) else y
    error = abs(result - max(min(t, f.top), -f.top)) * math.ldexp(1.0, f.precision - exponent)
    if asked.subnormal or tiny or 0 < abs(t) < f.smallest_normal:
        _subnormal(y, t, error, at_zero, f, found)
        return SETTLED
    if near and error > 0.5 - delta:
        return ANEW
    if error > found.worst:
        found.worst = error
        found.worst_at = index
    k = 0
    while k < 6 and error > EDGES[k]:
        k += 1
    for edge in range(max(k - 1, 0), min(k, 5) + 1):
        if abs(error - EDGES[edge]) <= delta + EDGES[edge] * 2.0**-50:
            return edge
    found.buckets[k] += 1
    return SETTLED


@jit
def _file_plainly(e: Array, first: int, largest: float, delta: float, found: Any, doubts: Array, n_doubts: int) -> int:
    """Count errors without anything odd by vector compares, as few as the largest of them asks for."""
    if largest > found.worst:
        found.worst = largest
        found.worst_at = first + np.argmax(e)
    above = e.size
    for k in range(6):
        d = delta + EDGES[k] * 2.0**-50
        if largest <= EDGES[k] - d:
            found.buckets[k] += above
            return n_doubts
        low, high = _above(e, EDGES[k] - d), _above(e, EDGES[k] + d)
        found.buckets[k] += above - low
        above = high
        if low != high:
            for i in range(e.size):
                if EDGES[k] - d < e[i] <= EDGES[k] + d:
                    n_doubts = _doubt(doubts, n_doubts, first + i, k)
    found.buckets[6] += above
    return n_doubts


@jit
def _all_zero(bits: Array, sign: float, found: Any) -> bool:
    """Where the truth is as good as zero: whether all results are zeros, which is then all that is to be counted."""
    negative = 0
    other = 0
    for i in range(bits.size):
        other += (bits[i] & 0x7FFFFFFF) != 0
        negative += bits[i] < 0
    if other:
        return False
    found.subnormal += bits.size
    found.strict = max(found.strict, 0.0)
    found.contracted = max(found.contracted, 0.0)
    if sign != 0:
        found.zero_sign += negative if sign > 0 else bits.size - negative
    return True


@jit
def _over(found: Any) -> int:
    """Results above 1 ulp or in a category so far."""
    n: int = found.nan + found.infinite + found.zero + found.sign
    for k in range(2, 7):
        n += found.buckets[k]
    return n


@jit
def tally(
    x: Array,
    y: Array,
    segments: Array,
    pieces: Any,
    form: Array,
    ask: Array,
    binades: Array,
    block: int,
    founds: Array,
    doubts: Array,
) -> int:
    """Judge y = f(x), both float32, on segments (start, end, piece): one of `founds` each, to be set up by `blank`.

    `binades` says which of `ask` holds for a segment.

    Returns the number of doubts. Where there are more than `doubts` has room for the call has to be repeated.
    """
    f = form[0]
    h, t, a, r, e = np.empty(block), np.empty(block), np.empty(block), np.empty(block), np.empty(block)
    a_bits, r_bits, e_bits = a.view(np.int64), r.view(np.int64), e.view(np.int64)
    span = np.array([f.smallest_normal, f.largest, math.ldexp(1.0, f.precision - 1)]).view(np.int64)
    largest = np.zeros(1)
    n_doubts = 0
    for q in range(segments.shape[0]):
        found, asked, last, p = founds[q], ask[binades[q]], segments[q, 1], segments[q, 2]
        exact, delta = pieces.bound[p] == 0.0, math.ldexp(pieces.bound[p], f.precision)
        near = 0 if exact else NEAR
        for b in range(segments[q, 0], last, block):
            n = min(block, last - b)
            results, before = y[b : b + n], _over(found)
            found.not_monotone += _against(y[b : min(b + n + 1, last)], pieces.step[p])
            found.out_of_range += _outside(results, asked.range_low, asked.range_high)
            tiny = pieces.tiny[p] and not asked.subnormal
            if tiny and _all_zero(results.view(np.int32), pieces.coefficients[p, 0], found):
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
                or asked.subnormal
                or (low < span[0] and (high > 0 or pieces.tiny[p]))
            )
            if largest[0] > 0.5 - delta and (low - near) & MASK != (high + near) & MASK:
                odd = True  # some truth may be beside a power of two
            if odd:
                for i in range(n):
                    edge = _one(np.float64(results[i]), t[i], exact, pieces.tiny[p], delta, b + i, f, asked, found)
                    if edge != SETTLED:
                        n_doubts = _doubt(doubts, n_doubts, b + i, edge)
            else:
                n_doubts = _file_plainly(e[:n], b, largest[0], delta, found, doubts, n_doubts)
            if _over(found) > before:
                found.over += (_over(found) - before) * mass(abs(np.float64(x[b + n // 2])), f.precision)
    return n_doubts


def blank(count: int) -> Array:
    """Records of nothing found yet."""
    founds = np.zeros(count, FOUND)
    for name in PLACES:
        founds[name] = -1
    for name in ("worst", "strict", "contracted"):
        founds[name] = -1.0
    return founds
