"""The fast exact value: a function and its derivative as piecewise polynomials in float64 with rigorous error bounds.

Only float32 inputs matter. So the magnitudes of all float32 numbers are halved, in the order of their bits, until on
every piece a Taylor polynomial, evaluated in float64, is within BOUND of the exact value *relative to it*: near a root
the pieces shrink towards it and end in single inputs, whose value is a constant. One evaluator then serves every
activation at the same cost, tanh_shrink's cancelling tails and gelu' beyond -12 included, and the bound is a theorem
(Lagrange's remainder in interval arithmetic plus Horner's rounding) rather than a sample. float16's and bfloat16's
numbers are among float32's.
"""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from backends.activation import Variant
from bench.reference import table_store, taylor, truth
from bench.reference.taylor import TERMS

Values = Any  # numpy.ndarray

BOUND = 2.0**-45
"""The largest relative error of a piece: 2^-21 ulp of float32."""
TINY = 2.0**-190
"""The magnitude below which an exact value is as good as zero: 2^-41 of the smallest float32 and bfloat16 subnormal."""
HUGE = 2.0**130
"""The magnitude above which an exact value has overflowed in every format that is swept."""
LEVEL = 2.0**-70
"""The relative variation below which all errors of a 24-bit result are the same float64 number."""
UNKNOWN = 2
"""The `step` of a piece whose direction is not known."""
LARGEST = 0x7F7FFFFF
ROUNDOFF = 2.0**-53
STEADY = 1.25
"""The factor by which 1 + condition number may vary on a piece, so that errors can be scaled by it."""
NEGLIGIBLE = 2.0**-58
"""The size, relative to the least value of the polynomial, below which a term is left out."""
WIDE = 4.0
"""The ratio of its ends above which an interval is expanded about 0, others about their middle; a middle of 24 bits
leaves x - middle exact in float64 up to a ratio of 2^28."""


@dataclass(frozen=True)
class Piece:
    """The polynomial u^lead (c0 + c1 u + ...), u = (x - centre) / scale, for inputs of magnitude bits first..last."""

    first: int
    last: int
    centre: float
    scale: float
    """A power of 2."""
    lead: int
    coefficients: tuple[float, ...]
    bound: float = 0.0
    """The bound of the relative error of the evaluation in float64."""
    step: int = UNKNOWN
    """The direction of the exact value with rising magnitude: 1 rises, -1 falls, 0 is constant, 2 is unknown."""
    low: float = 0.0
    """The least exact value, as `high` is the largest: to within the piece's error bound, save near an extremum."""
    high: float = 0.0
    condition: float = 0.0
    """The least of |x f'(x) / f(x)| at the middle and at the ends."""
    tiny: bool = False
    """Whether the exact value is below TINY: then the coefficient holds only its sign, 0 if that is unknown."""


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
    """Return the float32 number that has these bits."""
    return float(np.uint32(bits).view(np.float32))


def bits_of(x: float) -> int:
    """Return the float32 bits of |x|, rounded up."""
    near = np.float32(abs(x))
    return int(near.view(np.uint32)) + (float(near) < abs(x))


@functools.lru_cache(maxsize=16)
def table(variant: Variant, *, slope: bool, negative: bool) -> Table:
    """Return the pieces of f, or of f', for all inputs of one sign but zero and infinity, from disk where they are.

    The revision of the exact values is that of this project's formulas, so tables of others are not kept.
    """
    if variant.activation.home != "backends":
        return build(variant, slope=slope, negative=negative)
    path = table_store.path_of(variant, slope=slope, negative=negative)
    if arrays := table_store.read(path, variant, slope=slope):
        return Table(**arrays)
    pieces = build(variant, slope=slope, negative=negative)
    table_store.write(path, pieces._asdict(), variant, slope=slope)
    return pieces


def build(variant: Variant, *, slope: bool, negative: bool) -> Table:
    """Return the pieces of `table`, computed now."""
    with taylor.precision():
        pieces = tuple(_split(variant, slope, negative))
    plain = ("centre", "scale", "lead", "bound", "step", "condition", "tiny", "low", "high")
    return Table(
        degree=np.array([len(p.coefficients) - 1 for p in pieces]),
        coefficients=_pad_rows([p.coefficients for p in pieces]),
        last=np.array([p.last for p in pieces], np.uint32),
        **{name: np.array([getattr(p, name) for p in pieces]) for name in plain},
    )


def _pad_rows(ragged: list[tuple[float, ...]]) -> Values:
    return np.array([[*row, *[0.0] * (TERMS - len(row))] for row in ragged])


def _split(variant: Variant, slope: bool, negative: bool) -> Iterator[Piece]:
    pending = [Interval(1, LARGEST, negative)]
    while pending:
        domain = pending.pop()
        piece = fit(variant, domain, slope=slope)
        if piece is not None:
            yield piece
            continue
        pending += reversed(domain.halves())


@dataclass(frozen=True)
class Interval:
    """All float32 numbers of one sign between two magnitudes, and the point of expansion for them."""

    first: int
    last: int
    negative: bool

    @functools.cached_property
    def near(self) -> float:
        """The magnitude of the end next to zero."""
        return magnitude(self.first)

    @functools.cached_property
    def far(self) -> float:
        """The magnitude of the end away from zero."""
        return magnitude(self.last)

    @property
    def sign(self) -> float:
        """The sign of the numbers."""
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
    def endpoints(self) -> tuple[arb, arb]:
        """Both ends, as points."""
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
        """Return an enclosure of all numbers from `near` to the far end."""
        return self.sign * arb((arb(near) + self.far) / 2, (arb(self.far) - near) / 2)

    def halves(self) -> tuple["Interval", "Interval"]:
        """Return the half near zero and the far one, with as many numbers each."""
        middle = (self.first + self.last) // 2
        return Interval(self.first, middle, self.negative), Interval(middle + 1, self.last, self.negative)


def interval(pieces: Table, piece: int, *, negative: bool) -> Interval:
    """Return all inputs of a piece in the table of their sign."""
    return Interval(int(pieces.last[piece - 1]) + 1 if piece else 1, int(pieces.last[piece]), negative)


def fit(variant: Variant, domain: Interval, *, slope: bool) -> Piece | None:
    """Return the piece of an interval, or None if it has to be halved. Requires `taylor.precision`."""
    try:
        choices = taylor.branches(variant, *domain.endpoints)
        if domain.first == domain.last:
            return _constant(taylor.expand(variant, arb(domain.centre), domain.scale, choices, slope=slope), domain)
        endpoint_values = [taylor.expand(variant, x, 1.0, choices, slope=slope)[0] for x in domain.endpoints]
        if huge := _huge(endpoint_values, domain):
            return huge
        if all(abs(value) < TINY for value in endpoint_values):
            range_ = taylor.expand(variant, domain.ball(domain.near), domain.scale, choices, slope=slope)[0]
            if tiny := _tiny(variant, range_, domain, slope=slope):
                return tiny
        return _polynomial(*expand(variant, domain, slope=slope), domain)
    except taylor.UndecidedError:
        return None


def _constant(coefficients: list[arb], domain: Interval) -> Piece:
    value = float(coefficients[0].mid())
    condition = abs(float((domain.centre * coefficients[1] / coefficients[0]).mid())) if value else 0.0
    bound = 0.0 if coefficients[0] == value else ROUNDOFF
    return Piece(
        domain.first, domain.last, domain.centre, 1.0, 0, (value,), bound, low=value, high=value, condition=condition
    )


def is_orderly(variant: Variant, domain: Interval, *, slope: bool) -> bool:
    """Return whether f, or f', provably rises, falls or is level on an interval."""
    with taylor.precision():
        piece = fit(variant, domain, slope=slope)
        if piece is not None and piece.step != UNKNOWN:
            return True
        try:
            expansion = terms(*expand(variant, domain, slope=slope), domain)
        except taylor.UndecidedError:
            return False
        return (
            expansion is not None
            and not expansion.lead
            and sum(expansion.sizes[1:], expansion.rest) < expansion.least * LEVEL
        )


def _huge(endpoint_values: list[arb], domain: Interval) -> Piece | None:
    """Return a piece that has overflowed at both ends, and so between: an enclosure has no useful lower bound there."""
    for sign in (1, -1):
        if all(sign * value > HUGE for value in endpoint_values):
            low, high = sorted((sign * HUGE, sign * math.inf))
            return Piece(domain.first, domain.last, domain.centre, 1.0, 0, (sign * HUGE,), low=low, high=high)
    return None


def _tiny(variant: Variant, range_: arb, domain: Interval, *, slope: bool) -> Piece | None:
    """Return a piece of which only the sign matters, or None if the interval is no such piece."""
    if range_.is_zero() or not range_.is_finite() or not range_.abs_upper() < TINY:
        return None
    exact = (truth.slope if slope else truth.value)(variant, domain.sign * domain.far)
    sign = 1.0 if exact > 0 else -1.0 if exact < 0 else 0.0
    return Piece(domain.first, domain.last, domain.centre, 1.0, 0, (sign * TINY,), tiny=True)


class Terms(NamedTuple):
    """Bounds of the terms of an expansion on its interval."""

    lead: int
    """The index of the first term that is not zero."""
    sizes: list[arb]
    """The bounds of that term and of those that follow, over u^lead."""
    rest: arb
    """The bound of the remainder, over u^lead."""
    least: arb
    """The least magnitude of the whole sum, over u^lead."""


def expand(variant: Variant, domain: Interval, *, slope: bool) -> tuple[list[arb], arb]:
    """Return TERMS Taylor coefficients at the centre, and an enclosure of the next one all over the interval."""
    choices = taylor.branches(variant, *domain.endpoints)
    whole = domain.ball(0.0 if domain.about_zero else domain.near)
    remainder = taylor.expand(variant, whole, domain.scale, choices, slope=slope)[TERMS]
    return taylor.expand(variant, arb(domain.centre), domain.scale, choices, slope=slope)[:TERMS], remainder


def terms(coefficients: list[arb], remainder: arb, domain: Interval) -> Terms | None:
    """Return the bounds of the terms, or None if the expansion does not exclude zero."""
    if not all(c.is_finite() for c in (*coefficients, remainder)):
        return None
    lead = next((k for k, c in enumerate(coefficients) if not c.is_zero()), None)
    if lead is None:
        return None
    reach = arb(domain.reach / domain.scale)
    sizes = [c.abs_upper() * reach**k for k, c in enumerate(coefficients[lead:])]
    rest = remainder.abs_upper() * reach ** (TERMS - lead)
    least = coefficients[lead].abs_lower() - sum(sizes[1:], arb(0)) - rest
    return Terms(lead, sizes, rest, least) if least > 0 else None


def truncate(
    expansion: Terms, coefficients: list[arb], domain: Interval, *, negligible: float, roundoff: float
) -> tuple[int, float]:
    """Return a sufficient degree, and the relative error of evaluating it by Horner's rule."""
    reach = arb(domain.reach / domain.scale)
    degree = max((k for k, size in enumerate(expansion.sizes) if size > expansion.least * negligible), default=0)
    lost = expansion.rest + sum(expansion.sizes[degree + 1 :], arb(0))
    lost += sum((c.rad() * reach**k for k, c in enumerate(coefficients[expansion.lead :])), arb(0))
    rounded = (2 * degree + expansion.lead + 4) * roundoff * sum(expansion.sizes, arb(0))
    return degree, float(((lost + rounded) / expansion.least).abs_upper())


def _polynomial(coefficients: list[arb], remainder: arb, domain: Interval) -> Piece | None:
    if remainder.is_zero() and all(c.is_zero() for c in coefficients):
        return Piece(domain.first, domain.last, domain.centre, 1.0, 0, (0.0,), step=0)
    expansion = terms(coefficients, remainder, domain)
    if expansion is None:
        return None
    degree, bound = truncate(expansion, coefficients, domain, negligible=NEGLIGIBLE, roundoff=ROUNDOFF)
    if bound > BOUND:
        return None
    conditions = _conditions(coefficients, domain)
    if 1 + max(conditions) > STEADY * (1 + min(conditions)):
        return None
    lead = expansion.lead
    step = _step(coefficients, expansion.rest * arb(domain.reach / domain.scale) ** lead, domain)
    return Piece(
        domain.first,
        domain.last,
        domain.centre,
        domain.scale,
        lead,
        tuple(float(c.mid()) for c in coefficients[lead : lead + degree + 1]),
        bound,
        step,
        *_limits(coefficients, domain, step),
        min(conditions),
    )


def _step(coefficients: list[arb], rest: arb, domain: Interval) -> int:
    """Return the direction of the exact value as the magnitude rises; see `Piece.step`."""
    k0 = next((k for k, c in enumerate(coefficients) if k and not c.is_zero()), None)
    if k0 is None:
        return 0 if rest.is_zero() else UNKNOWN
    if k0 > 1 and not domain.about_zero:
        return UNKNOWN
    reach = arb(domain.reach / domain.scale)
    others = sum((k * c.abs_upper() * reach**k for k, c in enumerate(coefficients) if k > k0), TERMS * rest)
    if not k0 * coefficients[k0].abs_lower() * reach**k0 > others:
        return UNKNOWN
    rises = (coefficients[k0] > 0) == (not domain.negative or k0 % 2 == 0)
    return 1 if rises else -1


def _limits(coefficients: list[arb], domain: Interval, step: int) -> tuple[float, float]:
    """Return low and high of the polynomial: at the ends where it is monotone, otherwise by the sizes of its terms."""
    if step == UNKNOWN:
        rest = sum(
            (c.abs_upper() * arb(domain.reach / domain.scale) ** k for k, c in enumerate(coefficients) if k), arb(0)
        )
        return float((coefficients[0] - rest).mid()), float((coefficients[0] + rest).mid())
    values = [
        float(sum((c * ((x - domain.centre) / domain.scale) ** k for k, c in enumerate(coefficients)), arb(0)).mid())
        for x in domain.endpoints
    ]
    return min(values), max(values)


def _conditions(coefficients: list[arb], domain: Interval) -> list[float]:
    """Return |x f'(x) / f(x)| at the ends, and at the middle where f is expanded there."""
    conditions = []
    for x in (domain.sign * domain.near, domain.sign * domain.far, *([] if domain.about_zero else [domain.centre])):
        h = (arb(x) - domain.centre) / domain.scale
        value = sum((c * h**k for k, c in enumerate(coefficients)), arb(0))
        slope = sum((k * c * h ** (k - 1) for k, c in enumerate(coefficients) if k), arb(0))
        conditions.append(abs(float((x * slope / (value * domain.scale)).mid())) if value != 0 else 0.0)
    return conditions
