"""Whether the output that was timed is right: shape, dtype, finiteness, and values at sampled places.

Samples are held to the exact value with a tolerance of TOLERANCE * (1 + condition) ulp, generous beside
the conformance suite's: this finds a program that computes something else, not one that rounds badly.
Results below the smallest normal number may be flushed. Inputs that the backend declares in
DIVERGENCES are left out.
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
from backends.divergence import Divergence, applying
from backends.interface import Array, Backend
from bench import inputs, truth, ulp
from bench.cases import Case

TOLERANCE = {"float16": 16, "bfloat16": 16, "float32": 64, "float64": 64}
"""In ulp, per 1 + condition. 1e-5 relative, the smallest slip to be found in float32, is 84 ulp or more."""
SAMPLES = 96  # of an elementwise result, the ends and the extremes among them; about 10 ms of exact arithmetic
FEWER = 24  # of results beside the first one, which are of the same program: a wrong one is wrong in most places
ENTRIES = 3  # of a row's gradient in two rows, one in one beside the first; an entry of a row of 1000 costs about 20 ms
CANDIDATES = 64  # rows, of which the one is taken whose largest entries are the closest
LONG_ROW = 10_000  # one entry alone beyond it: at 1e6, two axes at once, an entry costs 8 s

Values = Any  # numpy.ndarray


@dataclass(frozen=True)
class Check:
    """One output of one case, on the host as float64: `value` is f(x), `slope` is dy f'(x)."""

    variant: Variant
    kind: str
    dtype: str
    excused: tuple[Divergence, ...]
    x: Values
    dy: Values
    y: Values
    number: int = 0
    """Of the arguments: results beside the first one are looked at in fewer places, and in other ones."""

    @property
    def samples(self) -> int:
        """How many places of an elementwise result are looked at."""
        return FEWER if self.number else SAMPLES

    def covered(self, x: float) -> bool:
        """Whether the backend declares that it departs at this input."""
        return any(divergence.covers(x) for divergence in self.excused)


def fault(backend: Backend, case: Case, output: Any, *, number: int = 0) -> str:
    """What is wrong with the output of the case's program on its arguments of this number; empty if nothing is."""
    if found := form_fault(backend, case, output):
        return found
    for kind, part in labelled(case, output):
        if found := wrong_values(backend, case, kind, part, number):
            return f"{kind}: {found}"
    return ""


def form_fault(backend: Backend, case: Case, output: Any) -> str:
    """What is wrong with the dtype or the shape of an output; empty if nothing is."""
    for kind, part in labelled(case, output):
        shape = case.output_shape if kind == "value" else case.shape
        if found := wrong_form(backend, part, case.dtype, shape):
            return f"{kind}: {found}"
    return ""


def labelled(case: Case, output: Any) -> list[tuple[str, Array]]:
    """The arrays of an output, each with the name of the check that it is held to."""
    parts = output if case.direction == "step" else (output,)
    kinds = {"forward": ("value",), "backward": ("slope",), "step": ("value", "slope")}[case.direction]
    return list(zip(kinds, parts, strict=True))


def wrong_form(backend: Backend, y: Array, dtype: str, shape: tuple[int, ...]) -> str:
    """A fault of dtype or shape, in words."""
    try:
        got = backend.dtype(y)
    except TypeError as error:
        return str(error)
    if got != dtype:
        return f"dtype is {got}, not {dtype}"
    return "" if tuple(y.shape) == shape else f"shape is {tuple(y.shape)}, not {shape}"


def wrong_values(backend: Backend, case: Case, kind: str, part: Array, number: int) -> str:
    """The first sampled value that is wrong, in words."""
    operands = inputs.buffers(case).operands(case, number)
    x, dy, y = (backend.to_numpy(a).astype(np.float64) for a in (*operands, part))
    if not np.isfinite(y).all():
        return f"{np.count_nonzero(~np.isfinite(y))} entries are not finite"
    if case.is_copy:
        return "" if np.array_equal(x, y) else "differs from its input"
    variant = case.variant
    excused = applying(backend.DIVERGENCES, variant.id, kind, case.dtype, case.mode)
    check = Check(variant, kind, case.dtype, excused, x, dy, y, number)
    with flint.ctx.workprec(truth.FIRST_BITS):  # sums and products of exact values need more than arb's 53 bits
        return elementwise(check) if variant.activation.kind == "elementwise" else rowwise(check)


def elementwise(check: Check) -> str:
    """Samples of an elementwise value, or of dy * f'(x)."""
    xs, dys, ys = check.x.ravel(), check.dy.ravel(), check.y.ravel()
    for i in sampled(xs, check.samples, check.number):
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
    """Whether y lies in [low, high] or near one of its ends; flushing to zero is allowed."""
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


def sampled(x: Values, count: int, number: int = 0) -> Iterable[int]:
    """Indices: both ends, the extreme inputs, the smallest, and random ones."""
    ends = (0, 1, 2, 3, *range(x.size - 4, x.size))
    extremes = (int(x.argmin()), int(x.argmax()), int(np.abs(x).argmin()))
    places = (*(i for i in ends if 0 <= i < x.size), *extremes)
    return dict.fromkeys((*places, *_random(x.size, max(count - len(places), 0), number)))


def rowwise(check: Check) -> str:
    """Samples of some rows, cut along the axis."""
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
            truths = row_truth(check.variant, row)[i] if check.kind == "value" else None
            exact, condition = truths or vjp_truth(check.variant, row, cotangent, i)
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
    """A matrix whose rows are what the formula takes."""
    axis = variant.parameters["axis"]
    axes = axis if isinstance(axis, tuple) else (axis,)
    last = np.moveaxis(values, axes, range(-len(axes), 0))
    length = math.prod(last.shape[values.ndim - len(axes) :])
    return last.reshape(-1, length)


@functools.lru_cache(maxsize=64)
def row_truth(variant: Variant, row: tuple[float, ...]) -> list[tuple[arb, float]]:
    """Each entry of f(row), and its condition: what scaling and shaking the row by 2^-20 does to it."""
    step = 2.0**-20  # row * (1 + step) is exact in float64 for inputs of 24 bits
    exact = truth.row_value(variant, list(row))
    scaled = truth.row_value(variant, [v * (1 + step) for v in row])
    shaken = truth.row_value(variant, [v * (1 + (-1) ** i * step) for i, v in enumerate(row)])
    conditions = (
        sum(float(abs((moved - e) / e)) / step if not e.is_zero() else 0.0 for moved in both)
        for e, both in zip(exact, zip(scaled, shaken, strict=True), strict=True)
    )
    return list(zip(exact, conditions, strict=True))


@functools.lru_cache(maxsize=64)
def vjp_truth(variant: Variant, row: tuple[float, ...], cotangent: tuple[float, ...], index: int) -> tuple[arb, float]:
    """One entry of the row's vjp, and by how much its terms cancel."""
    terms = truth.row_vjp_terms(variant, list(row), list(cotangent), index)
    total = sum(terms, arb(0))
    size = sum((abs(t) for t in terms), arb(0))
    if size.is_zero():
        return total, 0.0
    return total, math.inf if total.contains(0) else float(size / abs(total))
