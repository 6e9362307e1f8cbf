"""The error of one result: an error class, or otherwise the error in units in the last place.

The ulp error is |y - f(x)| / ulp(f(x)), fractional, against the unrounded exact value, with the ulp of the output's
format in the binade of the exact value. An error class (NaN for a finite value, zero for a normal number, ...) is
counted and never turned into ulps.
"""

import math
from dataclasses import dataclass
from typing import Literal

from flint import arb

Category = Literal["nan", "infinite", "zero", "sign"]


@dataclass(frozen=True)
class Format:
    """A binary floating-point format: IEEE 754's p and emax, emin = 1 - emax."""

    precision: int
    emax: int

    @property
    def emin(self) -> int:
        return 1 - self.emax

    @property
    def smallest_normal(self) -> float:
        return math.ldexp(1.0, self.emin)

    @property
    def smallest_subnormal(self) -> float:
        return math.ldexp(1.0, self.emin - self.precision + 1)

    @property
    def largest(self) -> float:
        return math.ldexp(2.0 - math.ldexp(1.0, 1 - self.precision), self.emax)

    @property
    def epsilon(self) -> float:
        return math.ldexp(1.0, 1 - self.precision)


FORMATS = {
    "float16": Format(11, 15),
    "bfloat16": Format(8, 127),
    "float32": Format(24, 127),
    "float64": Format(53, 1023),
}


@dataclass(frozen=True)
class Error:
    """The error of one result: `category` or `ulps`; `flushed` where a subnormal exact value became 0."""

    ulps: float
    category: Category | None = None
    flushed: bool = False

    def __str__(self) -> str:
        return self.category or f"{self.ulps:.3g} ulp"


def error(y: float, truth: arb, dtype: str) -> Error:
    """Return the error of `y`, a number of format `dtype`, against the exact value `truth`."""
    fmt = FORMATS[dtype]
    if math.isnan(y):
        return Error(math.nan, "nan")
    # infinity counts as one step above the largest finite number, for the result and for the exact value
    top = arb(2) ** (fmt.emax + 1)
    exact = -top if truth < -top else top if truth > top else truth
    if math.isinf(y) and abs(exact) < arb(fmt.largest) * (1 + arb(fmt.epsilon) / 4):
        return Error(math.inf, "infinite")
    normal = exact >= fmt.smallest_normal or exact <= -fmt.smallest_normal
    if normal and y == 0:
        return Error(math.inf, "zero")
    if normal and (y < 0) != bool(exact < 0):
        return Error(math.inf, "sign")
    result = exact * 0 + (math.copysign(1, y) * top if math.isinf(y) else arb(y))
    ulps = float(abs(result - exact) / ulp(exact, fmt))
    return Error(ulps, flushed=y == 0 and not normal and not exact.is_zero())


def ulp(truth: arb, fmt: Format) -> arb:
    """Return the spacing of the format's numbers in the binade of `truth`, or the subnormal spacing below it.

    An enclosure of a power of 2 that no precision can separate from it (1 - exp(-1e30)) counts as that power.
    """
    if -fmt.smallest_normal < truth < fmt.smallest_normal:
        return arb(fmt.smallest_subnormal)
    # not of abs(truth), which flint rounds: 1 - 2^-60 would lie in the binade of 1
    mantissa, exponent = truth.mid().man_exp()
    binade = int(exponent) + abs(int(mantissa)).bit_length() - 1
    above = arb(2) ** (binade + 1)
    if not -above < truth < above:
        binade += 1
    return arb(2) ** (min(binade, fmt.emax) - fmt.precision + 1)
