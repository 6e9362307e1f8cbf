"""When a result is right: error <= k (1 + condition number) ulp of the exact value, categories first.

Contracted policy throughout: a subnormal truth may come out as zero, and a subnormal input may be
taken for zero, since XLA and TensorFlow flush on their own threads.
"""

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import flint
from flint import arb

from backends.activation import Variant
from bench import truth, ulp

# What good kernels need: native slopes of silu and gelu, five roundings and the cotangent's, come to
# 5 ulp. Half precision computed in float32 needs 1; a backend that rounds at every step shows it.
K = {"float16": 4.0, "bfloat16": 4.0, "float32": 6.0, "float64": 6.0}


F = TypeVar("F", bound=Callable[..., Any])


def exactly(function: F) -> F:
    """The function with flint at 256 bits: it computes with 53 unless told otherwise."""
    return flint.ctx.workprec(256)(function)  # type: ignore[no-any-return]  # flint is untyped


@dataclass(frozen=True)
class Failure:
    """A wrong result at input `x`; in a row, `x` is the entry whose output is wrong."""

    x: float
    message: str
    badness: float = math.inf

    def __str__(self) -> str:
        return f"at {self.x!r}: {self.message}"


def subnormal(x: float, dtype: str) -> bool:
    """Whether a backend that flushes takes x for zero."""
    return 0 < abs(x) < ulp.FORMATS[dtype].smallest_normal


@functools.cache
def conditioning(variant: Variant, x: float, *, of_slope: bool = False) -> float:
    """The condition number; 1 at a kink, where it does not exist, and 0 where an exact zero is due."""
    if x in variant.kinks:
        return 1.0
    condition = truth.condition(variant, x, of_slope=of_slope)
    return condition if math.isfinite(condition) else 0.0


def judge(y: float, exact: arb, tolerance: float, dtype: str) -> tuple[str, float] | None:
    """What is wrong with `y`, in words and as a number to sort by; None where it is right."""
    found = ulp.error(y, exact, dtype)
    if found.flushed or (not found.category and found.ulps <= tolerance):
        return None
    words = f"{y!r} instead of {float(exact)!r}: {found}"
    return (words, math.inf) if found.category else (f"{words}, allowed {tolerance:.3g}", found.ulps / tolerance)


def first_right(alternatives: Iterable[Callable[[], tuple[str, float] | None]]) -> tuple[str, float] | None:
    """None where any alternative is right; otherwise what is wrong with the first."""
    first = None
    for alternative in alternatives:
        wrong = alternative()
        if wrong is None:
            return None
        first = first or wrong
    return first


def values(variant: Variant, dtype: str, xs: list[float], ys: list[float]) -> list[Failure]:
    """What is wrong with the values `ys` of an elementwise variant at finite `xs`."""

    def at(x: float, y: float) -> tuple[str, float] | None:
        return judge(y, truth.value(variant, x), K[dtype] * (1 + conditioning(variant, x)), dtype)

    wrong = {
        x: first_right(functools.partial(at, v, y) for v in _readings(x, dtype)) for x, y in zip(xs, ys, strict=True)
    }
    return [Failure(x, *found) for x, found in wrong.items() if found]


def _readings(x: float, dtype: str) -> tuple[float, ...]:
    return (x, 0.0) if subnormal(x, dtype) else (x,)


def slopes(variant: Variant, dtype: str, xs: list[float], dys: list[float], dxs: list[float]) -> list[Failure]:
    """What is wrong with the gradients `dxs` at finite `xs` for the cotangents `dys`."""

    def at(x: float, dy: float, dx: float) -> tuple[str, float] | None:
        return _slope(variant, dtype, x, dy, dx)

    triples = zip(xs, dys, dxs, strict=True)
    wrong = [(x, first_right(functools.partial(at, v, dy, dx) for v in _readings(x, dtype))) for x, dy, dx in triples]
    return [Failure(x, *found) for x, found in wrong if found]


@exactly
def _slope(variant: Variant, dtype: str, x: float, dy: float, dx: float) -> tuple[str, float] | None:
    ends = truth.slopes(variant, x)
    low, high = sorted((arb(dy) * ends[0], arb(dy) * ends[1]), key=float)
    if low < dx < high:
        return None  # at a kink: any slope of the interval is valid
    exact = high if abs(high - dx) < abs(low - dx) else low
    if _lost_before_the_product(max(map(abs, ends), key=float), dx, ulp.FORMATS[dtype]):
        return None
    return judge(dx, exact, _slope_tolerance(variant, dtype, x, exact), dtype)


def _lost_before_the_product(size: arb, dx: float, fmt: ulp.Format) -> bool:
    """Whether the slope alone is subnormal or overflows, whatever the cotangent makes of it."""
    return bool(size < fmt.smallest_normal) if dx == 0 else math.isinf(dx) and bool(size > fmt.largest)


def _slope_tolerance(variant: Variant, dtype: str, x: float, exact: arb) -> float:
    if exact.is_zero() and x not in variant.kinks and truth.condition(variant, x, of_slope=True) == math.inf:
        # an exact root, such as hard_silu' at -1.5: what one rounding of x makes of the slope
        fmt = ulp.FORMATS[dtype]
        beside = truth.slope(variant, x * (1 + fmt.epsilon))
        return K[dtype] * float(abs(beside) / fmt.smallest_subnormal)
    return K[dtype] * (1 + conditioning(variant, x, of_slope=True))
