"""Taylor series of a catalogue formula over `arb`: the rigorous base of the fast exact value.

The formula is evaluated on the series x0 + h. At a point x0 that gives the Taylor coefficients; at an enclosure [low,
high] the last coefficient encloses its values at every x0 in it, which is Lagrange's bound of the remainder.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import flint
from flint import arb, arb_series

from backends.activation import Variant
from bench.reference import truth


class UndecidedError(ArithmeticError):
    """Raised if the interval holds a kink or a threshold between two branches, or is too wide to tell."""


class EndpointContext(truth.Balls):
    """The number context of one endpoint of an interval: exact, and recording the branches of the formula."""

    def __init__(self) -> None:
        super().__init__()
        self.choices: list[bool] = []

    def where(self, condition: bool, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Return the value of a branch, and record the choice."""
        self.choices.append(condition)
        return yes() if condition else no()


def branches(variant: Variant, *endpoints: arb) -> list[bool]:
    """Return the branches that the formula takes on an interval; raise UndecidedError if its endpoints differ.

    The endpoints decide, since all that a formula compares is monotone in x.
    """
    first, *others = [
        [] if variant.formula(context := EndpointContext(), endpoint) is None else context.choices
        for endpoint in endpoints
    ]
    if any(other != first for other in others):
        raise UndecidedError
    return first


class Series:
    """A truncated power series in h over `arb`. The result of its comparisons is not used: `branches` has decided."""

    __slots__ = ("s",)

    def __init__(self, s: arb_series) -> None:
        self.s = s

    def __add__(self, other: Any) -> "Series":
        return Series(self.s + _plain(other))

    def __sub__(self, other: Any) -> "Series":
        return Series(self.s - _plain(other))

    def __rsub__(self, other: Any) -> "Series":
        return Series(_plain(other) - self.s)

    def __mul__(self, other: Any) -> "Series":
        return Series(self.s * _plain(other))

    def __truediv__(self, other: Any) -> "Series":
        return Series(self.s / _plain(other))

    def __rtruediv__(self, other: Any) -> "Series":
        return Series(_plain(other) / self.s)

    def __neg__(self) -> "Series":
        return Series(-self.s)

    def __pow__(self, n: int) -> "Series":
        power = self
        for _ in range(n - 1):
            power = power * self
        return power

    __radd__ = __add__
    __rmul__ = __mul__

    def __gt__(self, other: Any) -> bool:
        return False

    __lt__ = __gt__


def _plain(x: Any) -> Any:
    return x.s if isinstance(x, Series) else arb(x)


def _lift(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def lifted(x: Any) -> Any:
        return Series(function(x.s)) if isinstance(x, Series) else function(arb_series([x]))[0]

    return lifted


def _tanh(s: arb_series) -> arb_series:
    if s[0] < 0:
        return -_tanh(-s)
    e = (-2 * s).exp()  # at 2^-149 the difference keeps half of BITS
    return (1 - e) / (1 + e)


class Context:
    """The number context of series; `expm1` and `log1p` cancel, which BITS allows for."""

    def __init__(self, choices: list[bool]) -> None:
        self.pi = arb.pi()
        self.choices = iter(choices)

    number = staticmethod(arb)
    exp = staticmethod(_lift(arb_series.exp))
    expm1 = staticmethod(_lift(lambda s: s.exp() - 1))
    log = staticmethod(_lift(arb_series.log))
    log1p = staticmethod(_lift(lambda s: (1 + s).log()))
    sqrt = staticmethod(_lift(arb_series.sqrt))
    tanh = staticmethod(_lift(_tanh))
    erfc = staticmethod(_lift(arb_series.erfc))

    def where(self, _condition: bool, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
        """Return the value of the branch that the whole interval takes."""
        return yes() if next(self.choices) else no()


BITS = 384
"""The precision of the arithmetic in bits: 2^-149 beside 1 leaves 235."""
TERMS = 13
"""The number of terms of a polynomial. With 13, exp needs some 400 pieces for all float32 numbers of one sign."""


@contextlib.contextmanager
def precision() -> Iterator[None]:
    """Set flint's precision and series length for `expand`, and restore them."""
    cap, flint.ctx.cap = flint.ctx.cap, TERMS + 2
    try:
        with flint.ctx.workprec(BITS):
            yield
    finally:
        flint.ctx.cap = cap


def expand(variant: Variant, x0: arb, reach: float, choices: list[bool], *, slope: bool) -> list[arb]:
    """Return TERMS + 1 Taylor coefficients of f, or of f', about x0, a point or an enclosure, by `branches`' choices.

    They are those of powers of u = h / reach, a power of 2: of similar size, so that neither the series arithmetic,
    whose error is relative to the largest, nor float64 loses any.
    """
    try:
        result = variant.formula(Context(choices), Series(arb_series([x0, arb(reach)])))
    except ValueError:  # division by an enclosure of zero
        raise UndecidedError from None
    series = result.s if isinstance(result, Series) else arb_series([result])
    coefficients = [c / arb(reach) for c in series.derivative().coeffs()] if slope else series.coeffs()
    return [*coefficients, *[arb(0)] * (TERMS + 1)][: TERMS + 1]
