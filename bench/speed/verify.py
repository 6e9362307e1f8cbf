"""Verification of timed outputs: shape, dtype, finiteness, and values at sampled places.

Samples are compared with the exact value within TOLERANCE * (1 + condition) ulp, which is more generous than in the
conformance suite: this detects a program that computes something else, not one that rounds badly. Results below the
smallest normal number may be flushed. Inputs that the backend declares in DIVERGENCES are left out.
"""

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import flint
import ml_dtypes  # noqa: F401  # gives NumPy the name bfloat16
import numpy as np
from flint import arb

from backends.activation import Variant
from backends.divergence import Divergence, select_divergences
from backends.interface import Array, Backend
from bench.core.cases import Case
from bench.reference import truth, ulp
from bench.speed import inputs

TOLERANCE = {"float16": 16, "bfloat16": 16, "float32": 64, "float64": 64}
"""The tolerance in ulp, per 1 + condition. 1e-5 relative, the smallest error to find in float32, is at least 84 ulp."""
SAMPLES = 96  # of an elementwise result, including both ends and the extremes; about 10 ms of exact arithmetic
LATER_SAMPLES = 24  # of later results of the same program: a wrong one is wrong in most places
ENTRIES = 3  # of gradients in each of two rows, one entry in later results; an entry of a row of 1000 takes about 20 ms
CANDIDATES = 64  # rows, of which the one with the closest two largest entries is used
LONG_ROW = 10_000  # longer rows are checked at one entry: at 1e6, two axes at once, an entry takes 8 s

Values = Any  # numpy.ndarray


@dataclass(frozen=True)
class Check:
    """An output of a case, on the host as float64; of kind `value` it is f(x), of kind `slope` dy f'(x)."""

    variant: Variant
    kind: str
    dtype: str
    excused: tuple[Divergence, ...]
    x: Values
    dy: Values
    y: Values
    number: int = 0
    """The number of the arguments: results after the first are checked in fewer and in different places."""
    extremes: tuple[int, ...] | None = None
    """The indices of the extreme inputs of `x` and of the one closest to zero, where they are known."""

    @property
    def samples(self) -> int:
        """The number of places checked in an elementwise result."""
        return LATER_SAMPLES if self.number else SAMPLES

    def covered(self, x: float) -> bool:
        """Return whether the backend declares a divergence at this input."""
        return any(divergence.covers(x) for divergence in self.excused)


def fault(backend: Backend, case: Case, output: Any, *, number: int = 0) -> str:
    """Return the fault of an output for the arguments of this number; empty if there is none."""
    if message := form_fault(backend, case, output):
        return message
    for kind, part in parts_by_kind(case, output):
        if message := wrong_values(backend, case, kind, part, number):
            return f"{kind}: {message}"
    return ""


def form_fault(backend: Backend, case: Case, output: Any) -> str:
    """Return the fault in dtype or shape of an output; empty if there is none."""
    for kind, part in parts_by_kind(case, output):
        shape = case.output_shape if kind == "value" else case.shape
        if message := wrong_form(backend, part, case.dtype, shape):
            return f"{kind}: {message}"
    return ""


def parts_by_kind(case: Case, output: Any) -> list[tuple[str, Array]]:
    """Return the arrays of an output, each with the kind of check that applies to it."""
    parts = output if case.direction == "step" else (output,)
    kinds = {"forward": ("value",), "backward": ("slope",), "step": ("value", "slope")}[case.direction]
    return list(zip(kinds, parts, strict=True))


def wrong_form(backend: Backend, y: Array, dtype: str, shape: tuple[int, ...]) -> str:
    """Return a fault in dtype or shape of an array; empty if there is none."""
    try:
        actual = backend.dtype(y)
    except TypeError as error:
        return str(error)
    if actual != dtype:
        return f"dtype is {actual}, not {dtype}"
    return "" if tuple(y.shape) == shape else f"shape is {tuple(y.shape)}, not {shape}"


def wrong_values(backend: Backend, case: Case, kind: str, part: Array, number: int) -> str:
    """Return the first sampled value that is wrong, in words; empty if none is."""
    data, y = inputs.buffers(case), backend.to_numpy(part)
    if not np.isfinite(y).all():
        return f"{np.count_nonzero(~np.isfinite(y))} entries are not finite"
    if case.is_copy:
        return "" if data.inputs.digests[number] == inputs.digest(backend, part) else "differs from its input"
    variant, (x, dy) = case.variant, inputs.on_host(case, number)
    excused = select_divergences(backend.DIVERGENCES, variant.id, kind, case.dtype, case.mode)
    if variant.activation.kind != "elementwise":
        y = y.astype(np.float64)
    check = Check(variant, kind, case.dtype, excused, x.values, dy.values, y, number, x.extremes)
    with flint.ctx.workprec(truth.FIRST_BITS):  # sums and products of exact values need more than arb's 53 bits
        return elementwise(check) if variant.activation.kind == "elementwise" else rowwise(check)


def elementwise(check: Check) -> str:
    """Check samples of an elementwise value, or of dy * f'(x); return the first fault, empty if there is none."""
    xs, dys, ys = check.x.ravel(), check.dy.ravel(), check.y.ravel()
    for i in sampled(xs, check.samples, check.number, check.extremes):
        x, y = float(xs[i]), float(ys[i])
        if check.covered(x):
            continue
        if check.kind == "value":
            low = high = truth.value(check.variant, x)
        else:
            low, high = sorted((slope * float(dys[i]) for slope in truth.slopes(check.variant, x)), key=float)
        condition = truth.condition(check.variant, x, of_slope=check.kind == "slope")
        if not right(y, low, high, check.dtype, condition):
            return f"{y!r} at input {x!r}, exact {float(low)!r}"
    return ""


def right(y: float, low: arb, high: arb, dtype: str, condition: float) -> bool:
    """Return whether y lies in [low, high] or near one of its ends; flushing to zero is allowed."""
    if bool(low <= y) and bool(y <= high):
        return True
    smallest = ulp.FORMATS[dtype].smallest_normal
    for end in (low, high):
        if y == 0 and abs(end) <= 2 * smallest:
            return True
        if ulp.error(y, end, dtype).ulps <= TOLERANCE[dtype] * (1 + condition):
            return True
    return False


@functools.lru_cache(maxsize=8)
def _random(size: int, count: int, number: int = 0) -> tuple[int, ...]:
    return tuple(int(i) for i in np.random.default_rng((inputs.SEED, number)).integers(0, size, count))


def sampled(x: Values, count: int, number: int = 0, extremes: tuple[int, ...] | None = None) -> Iterable[int]:
    """Return indices of both ends, the extreme inputs, the one closest to zero, and random ones."""
    edges = (0, 1, 2, 3, *range(x.size - 4, x.size))
    places = (*(i for i in edges if 0 <= i < x.size), *(extremes or inputs.extremes(x)))
    return dict.fromkeys((*places, *_random(x.size, max(count - len(places), 0), number)))


def rowwise(check: Check) -> str:
    """Check samples of some rows along the axis; return the first fault, empty if there is none."""
    xs, dys, ys = (rows(check.variant, a) for a in (check.x, check.dy, check.y))
    entries = ENTRIES if xs.shape[1] <= LONG_ROW and not check.number else 1
    row_number = closest_row(xs, set(_random(xs.shape[0], CANDIDATES, check.number)))
    for r in dict.fromkeys([row_number] if check.number else [0, row_number]):
        row, cotangent = tuple(xs[r].tolist()), tuple(dys[r].tolist())
        places = (
            sampled(ys[r], check.samples) if check.kind == "value" else gradient_places(xs[r], entries, check.number)
        )
        for i in places:
            if check.covered(row[i]):
                continue
            entry = exact_row(check.variant, row)[i] if check.kind == "value" else None
            exact, condition = entry or exact_vjp(check.variant, row, cotangent, i)
            if not right(float(ys[r, i]), exact, exact, check.dtype, condition):
                return f"{float(ys[r, i])!r} in row {r} at {i}, exact {float(exact)!r}"
    return ""


def closest_row(xs: Values, candidates: set[int]) -> int:
    """Return the row whose two largest entries are the closest: sparsemax has no gradient where one is ahead by 1."""
    if xs.shape[1] < 2:
        return min(candidates)
    return min(sorted(candidates), key=lambda r: float(np.subtract(*np.partition(xs[r], -2)[:-3:-1])))


def gradient_places(row: Values, count: int, number: int = 0) -> list[int]:
    """Return the two largest entries of a row, since elsewhere the gradient can be zero or tiny, then random ones."""
    largest = np.argpartition(row, -2)[:-3:-1] if row.size > 1 else np.array([0])
    return list(dict.fromkeys((*map(int, largest), *_random(row.size, count, number))))[:count]


def rows(variant: Variant, values: Values) -> Values:
    """Return the values as a matrix whose rows are the arguments of the formula."""
    axis = variant.parameters["axis"]
    axes = axis if isinstance(axis, tuple) else (axis,)
    last = np.moveaxis(values, axes, range(-len(axes), 0))
    length = math.prod(last.shape[values.ndim - len(axes) :])
    return last.reshape(-1, length)


@functools.lru_cache(maxsize=64)
def exact_row(variant: Variant, row: tuple[float, ...]) -> list[tuple[arb, float]]:
    """Return each entry of f(row) with its condition, from scaling the row, and from perturbing it, by 2^-20."""
    step = 2.0**-20  # row * (1 + step) is exact in float64 for inputs of 24 bits
    exact = truth.row_value(variant, list(row))
    scaled = truth.row_value(variant, [v * (1 + step) for v in row])
    perturbed = truth.row_value(variant, [v * (1 + (-1) ** i * step) for i, v in enumerate(row)])
    conditions = (
        sum(float(abs((changed - e) / e)) / step if not e.is_zero() else 0.0 for changed in both)
        for e, both in zip(exact, zip(scaled, perturbed, strict=True), strict=True)
    )
    return list(zip(exact, conditions, strict=True))


@functools.lru_cache(maxsize=64)
def exact_vjp(variant: Variant, row: tuple[float, ...], cotangent: tuple[float, ...], index: int) -> tuple[arb, float]:
    """Return an entry of the row's vjp, and the factor by which its terms cancel."""
    terms = truth.row_vjp_terms(variant, list(row), list(cotangent), index)
    total = sum(terms, arb(0))
    size = sum((abs(t) for t in terms), arb(0))
    if size.is_zero():
        return total, 0.0
    return total, math.inf if total.contains(0) else float(size / abs(total))
