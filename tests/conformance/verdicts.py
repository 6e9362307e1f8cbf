"""Judge single results: right where the error is at most k (1 + condition number) ulp and no error class applies.

Subnormal numbers may be flushed: a subnormal exact value may come out as zero, and a subnormal input may be
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
from bench.reference import truth, ulp

K = {"float16": 4.0, "bfloat16": 4.0, "float32": 6.0, "float64": 6.0}
"""The factor k by dtype, as good kernels need it.

Native gradients of silu and gelu, with five roundings and that of the cotangent, come to 5 ulp. Half precision that is
computed in float32 needs 1; a backend that rounds at every step needs more.
"""

F = TypeVar("F", bound=Callable[..., Any])


def with_high_precision(function: F) -> F:
    """Return the function run with flint at 256 bits instead of its default of 53."""
    return flint.ctx.workprec(256)(function)  # type: ignore[no-any-return]  # flint is untyped


@dataclass(frozen=True)
class Failure:
    """A wrong result at input `x`, which in a row is the entry whose output is wrong."""

    x: float
    message: str
    badness: float = math.inf

    def __str__(self) -> str:
        return f"at {self.x!r}: {self.message}"


def subnormal(x: float, dtype: str) -> bool:
    """Return whether x is subnormal: a backend that flushes takes it for zero."""
    return 0 < abs(x) < ulp.FORMATS[dtype].smallest_normal


@functools.cache
def conditioning(variant: Variant, x: float, *, of_slope: bool = False) -> float:
    """Return the condition number; 1 at a kink, where it does not exist, and 0 where the exact value is 0."""
    if x in variant.kinks:
        return 1.0
    condition = truth.condition(variant, x, of_slope=of_slope)
    return condition if math.isfinite(condition) else 0.0


def judge(y: float, exact: arb, tolerance: float, dtype: str) -> tuple[str, float] | None:
    """Return the error of `y`, as a message and as a number to sort by; None where it is right."""
    error = ulp.error(y, exact, dtype)
    if error.flushed or (not error.category and error.ulps <= tolerance):
        return None
    message = f"{y!r} instead of {float(exact)!r}: {error}"
    return (message, math.inf) if error.category else (f"{message}, allowed {tolerance:.3g}", error.ulps / tolerance)


def judge_alternatives(alternatives: Iterable[Callable[[], tuple[str, float] | None]]) -> tuple[str, float] | None:
    """Return None where any alternative is right, otherwise the error against the first."""
    first_error = None
    for alternative in alternatives:
        error = alternative()
        if error is None:
            return None
        first_error = first_error or error
    return first_error


def values(variant: Variant, dtype: str, xs: list[float], ys: list[float]) -> list[Failure]:
    """Return the wrong ones among the values `ys` of an elementwise variant at finite `xs`."""

    def judge_value(x: float, y: float) -> tuple[str, float] | None:
        return judge(y, truth.value(variant, x), K[dtype] * (1 + conditioning(variant, x)), dtype)

    errors = {
        x: judge_alternatives(functools.partial(judge_value, v, y) for v in _readings(x, dtype))
        for x, y in zip(xs, ys, strict=True)
    }
    return [Failure(x, *error) for x, error in errors.items() if error]


def _readings(x: float, dtype: str) -> tuple[float, ...]:
    return (x, 0.0) if subnormal(x, dtype) else (x,)


def slopes(variant: Variant, dtype: str, xs: list[float], dys: list[float], dxs: list[float]) -> list[Failure]:
    """Return the wrong ones among the gradients `dxs` at finite `xs` for the cotangents `dys`."""

    def judge_gradient(x: float, dy: float, dx: float) -> tuple[str, float] | None:
        return _judge_gradient(variant, dtype, x, dy, dx)

    triples = zip(xs, dys, dxs, strict=True)
    errors = [
        (x, judge_alternatives(functools.partial(judge_gradient, v, dy, dx) for v in _readings(x, dtype)))
        for x, dy, dx in triples
    ]
    return [Failure(x, *error) for x, error in errors if error]


@with_high_precision
def _judge_gradient(variant: Variant, dtype: str, x: float, dy: float, dx: float) -> tuple[str, float] | None:
    derivatives = truth.slopes(variant, x)
    low, high = sorted((arb(dy) * derivatives[0], arb(dy) * derivatives[1]), key=float)
    if low < dx < high:
        return None  # at a kink any derivative in the interval is valid
    exact = high if abs(high - dx) < abs(low - dx) else low
    if _is_derivative_lost(max(map(abs, derivatives), key=float), dx, ulp.FORMATS[dtype]):
        return None
    return judge(dx, exact, _slope_tolerance(variant, dtype, x, exact), dtype)


def _is_derivative_lost(size: arb, dx: float, fmt: ulp.Format) -> bool:
    """Return whether the derivative underflows to 0 or overflows before the product with the cotangent."""
    return bool(size < fmt.smallest_normal) if dx == 0 else math.isinf(dx) and bool(size > fmt.largest)


def _slope_tolerance(variant: Variant, dtype: str, x: float, exact: arb) -> float:
    if exact.is_zero() and x not in variant.kinks and truth.condition(variant, x, of_slope=True) == math.inf:
        # an exact root, such as hard_silu' at -1.5: allow what one rounding of x does to the derivative
        fmt = ulp.FORMATS[dtype]
        neighbour = truth.slope(variant, x * (1 + fmt.epsilon))
        return K[dtype] * float(abs(neighbour) / fmt.smallest_subnormal)
    return K[dtype] * (1 + conditioning(variant, x, of_slope=True))
