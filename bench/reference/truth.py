"""Exact values of activations and their derivatives, by rigorous interval arithmetic.

The catalogue's formula is evaluated over `arb` balls (python-flint), the derivative by dual numbers over these balls.
Precision is doubled until the ball is narrower than 2^-80 of its value, or too close to zero to matter in any format:
2^-80 decides any comparison with a 53-bit number that is not a tie.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
from flint import arb

from backends.activation import Variant

FIRST_BITS = 192
LAST_BITS = 12288
WANTED_BITS = 80
# 2^-3000: far below the smallest float64 subnormal, 2^-1074
NOTHING = arb(2) ** -3000
CACHE_ENTRIES = 2**15
# An input at which every activation with parameters of ordinary size has reached its limit, in any format.
FAR = float(2**1000)


@dataclass(frozen=True, slots=True)
class Dual:
    """value + slope * epsilon, epsilon^2 = 0: arithmetic that carries the first derivative."""

    value: arb
    slope: arb

    def __add__(self, other: Any) -> "Dual":
        o = _dual(other)
        return Dual(self.value + o.value, self.slope + o.slope)

    def __sub__(self, other: Any) -> "Dual":
        o = _dual(other)
        return Dual(self.value - o.value, self.slope - o.slope)

    def __mul__(self, other: Any) -> "Dual":
        o = _dual(other)
        return Dual(self.value * o.value, self.slope * o.value + self.value * o.slope)

    def __truediv__(self, other: Any) -> "Dual":
        o = _dual(other)
        quotient = self.value / o.value
        return Dual(quotient, (self.slope - quotient * o.slope) / o.value)

    def __neg__(self) -> "Dual":
        return Dual(-self.value, -self.slope)

    def __pow__(self, n: int) -> "Dual":
        return Dual(self.value**n, n * self.value ** (n - 1) * self.slope)

    def __rsub__(self, other: Any) -> "Dual":
        return _dual(other) - self

    def __rtruediv__(self, other: Any) -> "Dual":
        return _dual(other) / self

    __radd__ = __add__
    __rmul__ = __mul__

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < _dual(other).value)

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > _dual(other).value)


def _dual(x: Any) -> Dual:
    return x if isinstance(x, Dual) else Dual(arb(x), arb(0))


class Balls:
    """The number context of `arb`."""

    def __init__(self) -> None:
        self.pi = arb.pi()

    number = staticmethod(arb)
    exp = staticmethod(arb.exp)
    expm1 = staticmethod(arb.expm1)
    log = staticmethod(arb.log)
    log1p = staticmethod(arb.log1p)
    sqrt = staticmethod(arb.sqrt)
    tanh = staticmethod(arb.tanh)
    erfc = staticmethod(arb.erfc)

    @staticmethod
    def where(condition: bool, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        return yes() if condition else no()


def _lift(value: Callable[[arb], arb], slope: Callable[[arb, arb], arb]) -> Callable[[Any], Dual]:
    """Return a function on duals from one on balls and its derivative, a function of the argument and the value."""

    def lifted(x: Any) -> Dual:
        x = _dual(x)
        y = value(x.value)
        return Dual(y, slope(x.value, y) * x.slope)

    return lifted


class Duals(Balls):
    """The number context of dual numbers over `arb`."""

    number = staticmethod(_dual)
    exp = staticmethod(_lift(arb.exp, lambda x, y: y))
    expm1 = staticmethod(_lift(arb.expm1, lambda x, y: x.exp()))
    log = staticmethod(_lift(arb.log, lambda x, y: 1 / x))
    log1p = staticmethod(_lift(arb.log1p, lambda x, y: 1 / (1 + x)))
    sqrt = staticmethod(_lift(arb.sqrt, lambda x, y: 1 / (2 * y)))
    tanh = staticmethod(_lift(arb.tanh, lambda x, y: x.sech() ** 2))
    erfc = staticmethod(_lift(arb.erfc, lambda x, y: -2 / arb.pi().sqrt() * (-x * x).exp()))


def _narrow(ball: arb) -> bool:
    if not ball.is_finite():
        return False
    return ball.rel_accuracy_bits() >= WANTED_BITS or bool(abs(ball) < NOTHING)


def refine(evaluate: Callable[[], list[arb]]) -> list[arb]:
    """Return the balls of `evaluate`, with its precision raised until each is narrow.

    Raise ArithmeticError where the highest precision does not suffice.
    """
    before, bits = flint.ctx.prec, FIRST_BITS
    try:
        while bits <= LAST_BITS:
            flint.ctx.prec = bits
            balls = evaluate()
            if all(map(_narrow, balls)):
                return balls
            bits *= 2
    finally:
        flint.ctx.prec = before
    raise ArithmeticError(f"not decided at {LAST_BITS} bits: {balls}")


@functools.lru_cache(maxsize=CACHE_ENTRIES)
def value(variant: Variant, x: float) -> arb:
    """Return f(x) of an elementwise variant at a finite x."""
    return refine(lambda: [arb(variant.formula(Balls(), arb(x)))])[0]


@functools.lru_cache(maxsize=CACHE_ENTRIES)
def slope(variant: Variant, x: float) -> arb:
    """Return f'(x) of an elementwise variant at a finite x; at a kink, that of the branch the formula takes."""
    return refine(lambda: [_slope_at(variant, arb(x))])[0]


def _slope_at(variant: Variant, x: arb) -> arb:
    return _dual(variant.formula(Duals(), Dual(x, arb(1)))).slope


@functools.lru_cache(maxsize=CACHE_ENTRIES)
def slopes(variant: Variant, x: float) -> tuple[arb, arb]:
    """Return the interval of valid derivatives at x, (low, high): wider than a point only at a kink."""
    if x not in variant.kinks:
        return slope(variant, x), slope(variant, x)
    # decides the branch at 192 bits and moves the derivative by less than 2^-100; no other kink is so near to 0
    step = abs(arb(x)) * arb(2) ** -120 if x else arb(2) ** -1200
    sides = refine(lambda: [_slope_at(variant, arb(x) - step), _slope_at(variant, arb(x) + step)])
    low, high = sorted(sides, key=float)
    return low, high


@functools.lru_cache(maxsize=CACHE_ENTRIES)
def condition(variant: Variant, x: float, *, of_slope: bool = False) -> float:
    """Return the condition number |x f'(x) / f(x)|, or that of f' where `of_slope`; inf at a root.

    It is computed as a difference over 2^-120 of x: only its magnitude matters.
    """
    evaluate = _slope_at if of_slope else (lambda v, t: arb(v.formula(Balls(), t)))
    before, flint.ctx.prec = flint.ctx.prec, 768
    try:
        exact = evaluate(variant, arb(x))
        shifted = evaluate(variant, arb(x) * (1 + arb(2) ** -120))
        if exact.is_zero() or not exact.is_finite():
            return 0.0 if shifted.is_zero() else float("inf")
        quotient = abs((shifted - exact) / exact) * arb(2) ** 120
    finally:
        flint.ctx.prec = before
    return float(quotient) if quotient.is_finite() else float("inf")


@functools.cache
def derivative_shift(variant: Variant, x: float) -> float:
    """Return |x f''(x)|, by which a relative error of x shifts the derivative; 0 at a kink.

    It is computed as a difference, like `condition`. The precision depends on the exponent: the dual derivative of
    x / (1 + |x|) cancels twice its digits.
    """
    if x in variant.kinks or x == 0:
        return 0.0
    with flint.ctx.workprec(768 + 6 * abs(math.frexp(x)[1])):
        difference = _slope_at(variant, arb(x) * (1 + arb(2) ** -120)) - _slope_at(variant, arb(x))
        shift = abs(difference) * arb(2) ** 120
    return float(shift) if shift.is_finite() else math.inf


def row_value(variant: Variant, row: list[float]) -> list[arb]:
    """Return f(row) of a rowwise or gated variant: one number per output entry."""
    return refine(lambda: [arb(v) for v in variant.formula(Balls(), [arb(x) for x in row])])


def row_vjp_terms(variant: Variant, row: list[float], cotangent: list[float], index: int) -> list[arb]:
    """Return the terms cotangent_j * df_j/dx_index whose sum is entry `index` of the row's vjp."""

    def evaluate() -> list[arb]:
        duals = [Dual(arb(x), arb(1 if i == index else 0)) for i, x in enumerate(row)]
        return [arb(c) * _dual(y).slope for c, y in zip(cotangent, variant.formula(Duals(), duals), strict=True)]

    return refine(evaluate)
