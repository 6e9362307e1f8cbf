"""The fast truth: a function and its slope as piecewise polynomials in float64, each with a rigorous error bound.

Between two neighbouring float32 numbers nothing is asked of the truth. So the magnitudes of all float32 numbers are
halved, in the order of their bits, until on every piece a Taylor polynomial, evaluated in float64, is within BOUND of
the exact value *relative to it*: near a root the pieces shrink towards it and end in single inputs, whose value is a
constant. One evaluator then serves every activation at the same cost, tanh_shrink's cancelling tails and gelu' beyond
-12 included, and the bound is a theorem (Lagrange's remainder in ball arithmetic plus Horner's rounding) and no sample.
float16's and bfloat16's numbers are among float32's.
"""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from backends.activation import Variant
from bench import truth
from bench.accuracy import taylor
from bench.accuracy.taylor import TERMS

Values = Any  # numpy.ndarray

BOUND = 2.0**-45
"""Largest relative error of a piece: 2^-21 ulp of float32."""
TINY = 2.0**-190
"""A truth below is as good as zero: 2^-41 of the smallest subnormal of float32 and bfloat16."""
HUGE = 2.0**130
"""A truth above has overflowed in every format that is swept."""
LEVEL = 2.0**-70
"""Relative: the distances of a function that varies less, from a number of 24 bits, are one float64 number."""
UNKNOWN = 2
"""`step` of a piece of which it is not known."""
LARGEST = 0x7F7FFFFF
ROUNDOFF = 2.0**-53
STEADY = 1.25
"""By which 1 + condition number may vary on a piece, so that an error may be told in proportion to it."""
NEGLIGIBLE = 2.0**-58
"""A term smaller than that beside the least value of the polynomial is left out."""
WIDE = 4.0
"""Intervals with a larger ratio of their ends are expanded about 0, others about their middle; a middle of 24 bits
leaves x - middle exact in float64 up to a ratio of 2^28."""


@dataclass(frozen=True)
class Piece:
    """On the inputs of magnitude bits first..last: u^lead (c0 + c1 u + ...), u = (x - centre) / scale."""

    first: int
    last: int
    centre: float
    scale: float
    """A power of 2."""
    lead: int
    coefficients: tuple[float, ...]
    bound: float = 0.0
    """Of the relative error of the evaluation in float64."""
    step: int = UNKNOWN
    """Of the truth with rising magnitude: 1 rises, -1 falls, 0 is constant, 2 not known."""
    low: float = 0.0
    """Of the truth, as is `high`: not beyond it by more than the piece's error bound, save near an extremum."""
    high: float = 0.0
    condition: float = 0.0
    """The least of |x f'(x) / f(x)| at the middle and at the ends."""
    tiny: bool = False
    """Whether the truth is below TINY: then the coefficient tells its sign alone, 0 where that is not known."""


class Table(NamedTuple):
    """The pieces of one sign as arrays, in order, as the kernel reads them; the names are those of Piece."""

    last: Values
    centre: Values
    scale: Values
    lead: Values
    degree: Values
    coefficients: Values
    bound: Values
    step: Values
    condition: Values
    tiny: Values
    low: Values
    high: Values


def magnitude(bits: int) -> float:
    """The float32 number of these bits."""
    return float(np.uint32(bits).view(np.float32))


def bits_of(x: float) -> int:
    """Those of |x| in float32, rounded up."""
    near = np.float32(abs(x))
    return int(near.view(np.uint32)) + (float(near) < abs(x))


@functools.lru_cache(maxsize=16)
def table(variant: Variant, *, slope: bool, negative: bool) -> Table:
    """The pieces of f, or of f', for all inputs of one sign, zero and infinity left out."""
    with taylor.precision():
        pieces = tuple(_cut(variant, slope, negative))
    plain = ("centre", "scale", "lead", "bound", "step", "condition", "tiny", "low", "high")
    return Table(
        degree=np.array([len(p.coefficients) - 1 for p in pieces]),
        coefficients=_rows([p.coefficients for p in pieces]),
        last=np.array([p.last for p in pieces], np.uint32),
        **{name: np.array([getattr(p, name) for p in pieces]) for name in plain},
    )


def _rows(ragged: list[tuple[float, ...]]) -> Values:
    return np.array([[*row, *[0.0] * (TERMS - len(row))] for row in ragged])


def _cut(variant: Variant, slope: bool, negative: bool) -> Iterator[Piece]:
    pending = [Interval(1, LARGEST, negative)]
    while pending:
        on = pending.pop()
        piece = fit(variant, on, slope=slope)
        if piece is not None:
            yield piece
            continue
        pending += reversed(on.halves())


@dataclass(frozen=True)
class Interval:
    """All float32 numbers of one sign between two magnitudes, and where a function is expanded for them."""

    first: int
    last: int
    negative: bool

    @functools.cached_property
    def near(self) -> float:
        """The magnitude next to zero."""
        return magnitude(self.first)

    @functools.cached_property
    def far(self) -> float:
        """The magnitude away from it."""
        return magnitude(self.last)

    @property
    def sign(self) -> float:
        """Of its numbers."""
        return -1.0 if self.negative else 1.0

    @functools.cached_property
    def about_zero(self) -> bool:
        """Whether 0 is the point of expansion, not the middle."""
        return self.far > WIDE * self.near

    @functools.cached_property
    def centre(self) -> float:
        """The point of expansion, a float32 number."""
        return 0.0 if self.about_zero else self.sign * float(np.float32((self.near + self.far) / 2))

    @functools.cached_property
    def ends(self) -> tuple[arb, arb]:
        """Both, as points."""
        return arb(self.sign * self.near), arb(self.sign * self.far)

    @functools.cached_property
    def reach(self) -> float:
        """The largest |x - centre|."""
        return max(self.far - abs(self.centre), abs(self.centre) - self.near)

    @functools.cached_property
    def scale(self) -> float:
        """The power of 2 above `reach`; 1 for a single number."""
        return math.ldexp(1.0, math.frexp(self.reach)[1]) if self.reach else 1.0

    def ball(self, near: float) -> arb:
        """All numbers from `near` to the far end."""
        return self.sign * arb((arb(near) + self.far) / 2, (arb(self.far) - near) / 2)

    def halves(self) -> tuple["Interval", "Interval"]:
        """The near and the far one, of as many numbers."""
        middle = (self.first + self.last) // 2
        return Interval(self.first, middle, self.negative), Interval(middle + 1, self.last, self.negative)


def interval(of: Table, piece: int, *, negative: bool) -> Interval:
    """All inputs of a piece of the table of their sign."""
    return Interval(int(of.last[piece - 1]) + 1 if piece else 1, int(of.last[piece]), negative)


def fit(variant: Variant, on: Interval, *, slope: bool) -> Piece | None:
    """The piece of an interval; None where it has to be halved. To be called with taylor's precision."""
    try:
        taken = taylor.branches(variant, *on.ends)
        if on.first == on.last:
            return _constant(taylor.expand(variant, arb(on.centre), on.scale, taken, slope=slope), on)
        at_ends = [taylor.expand(variant, x, 1.0, taken, slope=slope)[0] for x in on.ends]
        if huge := _huge(at_ends, on):
            return huge
        if all(abs(value) < TINY for value in at_ends):
            range_ = taylor.expand(variant, on.ball(on.near), on.scale, taken, slope=slope)[0]
            if tiny := _tiny(variant, range_, on, slope=slope):
                return tiny
        return _polynomial(*expanded(variant, on, slope=slope), on)
    except taylor.UndecidedError:
        return None


def _constant(at: list[arb], on: Interval) -> Piece:
    value = float(at[0].mid())
    condition = abs(float((on.centre * at[1] / at[0]).mid())) if value else 0.0
    bound = 0.0 if at[0] == value else ROUNDOFF
    return Piece(on.first, on.last, on.centre, 1.0, 0, (value,), bound, low=value, high=value, condition=condition)


def is_orderly(variant: Variant, on: Interval, *, slope: bool) -> bool:
    """Whether f, or f', rises, falls or is level on an interval, so far as `arb` can tell."""
    with taylor.precision():
        piece = fit(variant, on, slope=slope)
        if piece is not None and piece.step != UNKNOWN:
            return True
        try:
            sized = terms(*expanded(variant, on, slope=slope), on)
        except taylor.UndecidedError:
            return False
        return sized is not None and not sized.lead and sum(sized.sizes[1:], sized.rest) < sized.least * LEVEL


def _huge(at_ends: list[arb], on: Interval) -> Piece | None:
    """A piece that has overflowed: at both ends, and so between them (a ball has no lower end to speak of there)."""
    for sign in (1, -1):
        if all(sign * value > HUGE for value in at_ends):
            low, high = sorted((sign * HUGE, sign * math.inf))
            return Piece(on.first, on.last, on.centre, 1.0, 0, (sign * HUGE,), low=low, high=high)
    return None


def _tiny(variant: Variant, range_: arb, on: Interval, *, slope: bool) -> Piece | None:
    """A piece of which only the sign matters."""
    if range_.is_zero() or not range_.is_finite() or not range_.abs_upper() < TINY:
        return None
    exact = (truth.slope if slope else truth.value)(variant, on.sign * on.far)
    sign = 1.0 if exact > 0 else -1.0 if exact < 0 else 0.0
    return Piece(on.first, on.last, on.centre, 1.0, 0, (sign * TINY,), tiny=True)


class Terms(NamedTuple):
    """How large those of an expansion may be on its interval."""

    lead: int
    """Of the first that is not zero."""
    sizes: list[arb]
    """Of it and of those that follow, over u^lead."""
    rest: arb
    """What is not expanded, over u^lead."""
    least: arb
    """The least size of all together, over u^lead."""


def expanded(variant: Variant, on: Interval, *, slope: bool) -> tuple[list[arb], arb]:
    """TERMS Taylor coefficients at the centre, and a ball that holds the next one all over the interval."""
    taken = taylor.branches(variant, *on.ends)
    whole = on.ball(0.0 if on.about_zero else on.near)
    remainder = taylor.expand(variant, whole, on.scale, taken, slope=slope)[TERMS]
    return taylor.expand(variant, arb(on.centre), on.scale, taken, slope=slope)[:TERMS], remainder


def terms(at: list[arb], remainder: arb, on: Interval) -> Terms | None:
    """Their sizes; None where the expansion does not tell the truth's from zero."""
    if not all(c.is_finite() for c in (*at, remainder)):
        return None
    lead = next((k for k, c in enumerate(at) if not c.is_zero()), None)
    if lead is None:
        return None
    reach = arb(on.reach / on.scale)
    sizes = [c.abs_upper() * reach**k for k, c in enumerate(at[lead:])]
    rest = remainder.abs_upper() * reach ** (TERMS - lead)
    least = at[lead].abs_lower() - sum(sizes[1:], arb(0)) - rest
    return Terms(lead, sizes, rest, least) if least > 0 else None


def cut_short(of: Terms, at: list[arb], on: Interval, *, negligible: float, roundoff: float) -> tuple[int, float]:
    """The degree that is enough, and the relative error of evaluating it by Horner's rule."""
    reach = arb(on.reach / on.scale)
    degree = max((k for k, size in enumerate(of.sizes) if size > of.least * negligible), default=0)
    lost = of.rest + sum(of.sizes[degree + 1 :], arb(0))
    lost += sum((c.rad() * reach**k for k, c in enumerate(at[of.lead :])), arb(0))
    rounded = (2 * degree + of.lead + 4) * roundoff * sum(of.sizes, arb(0))
    return degree, float(((lost + rounded) / of.least).abs_upper())


def _polynomial(at: list[arb], remainder: arb, on: Interval) -> Piece | None:
    if remainder.is_zero() and all(c.is_zero() for c in at):
        return Piece(on.first, on.last, on.centre, 1.0, 0, (0.0,), step=0)
    sized = terms(at, remainder, on)
    if sized is None:
        return None
    degree, bound = cut_short(sized, at, on, negligible=NEGLIGIBLE, roundoff=ROUNDOFF)
    if bound > BOUND:
        return None
    conditions = _conditions(at, on)
    if 1 + max(conditions) > STEADY * (1 + min(conditions)):
        return None
    lead = sized.lead
    step = _step(at, sized.rest * arb(on.reach / on.scale) ** lead, on)
    return Piece(
        on.first,
        on.last,
        on.centre,
        on.scale,
        lead,
        tuple(float(c.mid()) for c in at[lead : lead + degree + 1]),
        bound,
        step,
        *_limits(at, on, step),
        min(conditions),
    )


def _step(at: list[arb], rest: arb, on: Interval) -> int:
    """Which way the truth goes as the magnitude rises; see `Piece.step`."""
    k0 = next((k for k, c in enumerate(at) if k and not c.is_zero()), None)
    if k0 is None:
        return 0 if rest.is_zero() else UNKNOWN
    if k0 > 1 and not on.about_zero:
        return UNKNOWN
    reach = arb(on.reach / on.scale)
    others = sum((k * c.abs_upper() * reach**k for k, c in enumerate(at) if k > k0), TERMS * rest)
    if not k0 * at[k0].abs_lower() * reach**k0 > others:
        return UNKNOWN
    rises = (at[k0] > 0) == (not on.negative or k0 % 2 == 0)
    return 1 if rises else -1


def _limits(at: list[arb], on: Interval, step: int) -> tuple[float, float]:
    """Low and high of the polynomial: at the ends where it is monotone, otherwise by the sizes of its terms."""
    if step == UNKNOWN:
        rest = sum((c.abs_upper() * arb(on.reach / on.scale) ** k for k, c in enumerate(at) if k), arb(0))
        return float((at[0] - rest).mid()), float((at[0] + rest).mid())
    values = [
        float(sum((c * ((x - on.centre) / on.scale) ** k for k, c in enumerate(at)), arb(0)).mid()) for x in on.ends
    ]
    return min(values), max(values)


def _conditions(at: list[arb], on: Interval) -> list[float]:
    """|x f'(x) / f(x)| at the ends, and at the middle where f is expanded there."""
    found = []
    for x in (on.sign * on.near, on.sign * on.far, *([] if on.about_zero else [on.centre])):
        h = (arb(x) - on.centre) / on.scale
        value = sum((c * h**k for k, c in enumerate(at)), arb(0))
        slope = sum((k * c * h ** (k - 1) for k, c in enumerate(at) if k), arb(0))
        found.append(abs(float((x * slope / (value * on.scale)).mid())) if value != 0 else 0.0)
    return found
