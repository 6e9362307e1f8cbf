"""The exact value of an activation and of its slope, in rigorous interval arithmetic.

The catalogue's formula is evaluated over `arb` balls (python-flint), the slope by dual numbers over
the same balls. Precision is doubled until the ball is narrower than 2^-80 of its value, or so close
to zero that no format can tell: 2^-80 decides any comparison with a 53-bit number that is not a tie.
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
REMEMBERED = 2**15
# An input at which every activation with parameters of ordinary size has reached its limit, whatever the format.
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
    """A function on duals from it and its slope, a function of the argument and the value."""

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


def decided(evaluate: Callable[[], list[arb]]) -> list[arb]:
    """The balls of `evaluate`, its precision raised until each is narrow.

    Raises ArithmeticError where the last precision does not suffice.
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


@functools.lru_cache(maxsize=REMEMBERED)
def value(variant: Variant, x: float) -> arb:
    """f(x) of an elementwise variant at a finite x."""
    return decided(lambda: [arb(variant.formula(Balls(), arb(x)))])[0]


@functools.lru_cache(maxsize=REMEMBERED)
def slope(variant: Variant, x: float) -> arb:
    """f'(x) of an elementwise variant at a finite x; at a kink, of the branch the formula takes."""
    return decided(lambda: [_slope_at(variant, arb(x))])[0]


def _slope_at(variant: Variant, x: arb) -> arb:
    return _dual(variant.formula(Duals(), Dual(x, arb(1)))).slope


@functools.lru_cache(maxsize=REMEMBERED)
def slopes(variant: Variant, x: float) -> tuple[arb, arb]:
    """The interval of valid slopes at x, (low, high): wider than a point only at a kink."""
    if x not in variant.kinks:
        return slope(variant, x), slope(variant, x)
    # decides the branch at 192 bits and moves the slope by less than 2^-100; from 0, no other kink is so near
    step = abs(arb(x)) * arb(2) ** -120 if x else arb(2) ** -1200
    ends = decided(lambda: [_slope_at(variant, arb(x) - step), _slope_at(variant, arb(x) + step)])
    low, high = sorted(ends, key=float)
    return low, high


@functools.lru_cache(maxsize=REMEMBERED)
def condition(variant: Variant, x: float, *, of_slope: bool = False) -> float:
    """|x f'(x) / f(x)|: by how much a relative error of x is magnified (of f' where `of_slope`).

    inf at a root. A difference over 2^-120 of x: only its magnitude matters.
    """
    at = _slope_at if of_slope else (lambda v, t: arb(v.formula(Balls(), t)))
    before, flint.ctx.prec = flint.ctx.prec, 768
    try:
        here = at(variant, arb(x))
        there = at(variant, arb(x) * (1 + arb(2) ** -120))
        if here.is_zero() or not here.is_finite():
            return 0.0 if there.is_zero() else float("inf")
        quotient = abs((there - here) / here) * arb(2) ** 120
    finally:
        flint.ctx.prec = before
    return float(quotient) if quotient.is_finite() else float("inf")


@functools.cache
def bend(variant: Variant, x: float) -> float:
    """|x f''(x)|, by how much a relative error of x moves the slope; 0 at a kink. A difference, as for `condition`.

    The precision follows the exponent: the dual slope of x / (1 + |x|) cancels twice its digits.
    """
    if x in variant.kinks or x == 0:
        return 0.0
    with flint.ctx.workprec(768 + 6 * abs(math.frexp(x)[1])):
        away = _slope_at(variant, arb(x) * (1 + arb(2) ** -120)) - _slope_at(variant, arb(x))
        moved = abs(away) * arb(2) ** 120
    return float(moved) if moved.is_finite() else math.inf


def row_value(variant: Variant, row: list[float]) -> list[arb]:
    """f(row) of a rowwise or gated variant: one number per output entry."""
    return decided(lambda: [arb(v) for v in variant.formula(Balls(), [arb(x) for x in row])])


def row_vjp_terms(variant: Variant, row: list[float], cotangent: list[float], index: int) -> list[arb]:
    """The terms cotangent_j * df_j/dx_index whose sum is entry `index` of the row's vjp."""

    def evaluate() -> list[arb]:
        duals = [Dual(arb(x), arb(1 if i == index else 0)) for i, x in enumerate(row)]
        return [arb(c) * _dual(y).slope for c, y in zip(cotangent, variant.formula(Duals(), duals), strict=True)]

    return decided(evaluate)
