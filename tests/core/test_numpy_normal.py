"""The coefficients of the normal tail and of tanh_shrink follow from their recipe and are as accurate as stated."""

from collections.abc import Callable

import pytest
from flint import arb, arb_mat, ctx

from backends import numpy_normal, numpy_shrink

DIGITS = {"near": 10, "float32": 10, "float64": 20}
TOP = {"near": 6, "float32": 15, "float64": 40}
DEGREES = {
    "M": {"near": (4, 4), "float32": (5, 6), "float64": (10, 11)},
    "S": {"near": (4, 4), "float32": (5, 5), "float64": (10, 10)},
}
# the interpolation is accurate to 2^-26, 2^-31 and 2^-58; rounding the float64 constants to 53 bits leaves 2^-53
NEAR = {"near": 2.0**-26, "float32": 2.0**-31, "float64": 2.0**-53}


@pytest.fixture(autouse=True)
def _precision() -> object:
    before, ctx.prec = ctx.prec, 400
    yield
    ctx.prec = before


def mills(q: arb) -> arb:
    """Return M(q) = exp(q^2 / 2) erfc(q / sqrt(2)) / 2."""
    return (q * q / 2).exp() * (q / arb(2).sqrt()).erfc() / 2


def root() -> arb:
    """Return the root of gelu's derivative, where M(q) = q / sqrt(2 pi), by Newton's method."""
    q = arb(numpy_normal.ROOT)
    for _ in range(8):
        density = q / (2 * arb.pi()).sqrt()
        step = (mills(q) - density) / (q * mills(q) - 2 / (2 * arb.pi()).sqrt())
        q = (q - step).mid()
    return q


def shrunken(q: arb) -> arb:
    """Return S(q) = (M(q) - q / sqrt(2 pi)) / (root - q)."""
    return (mills(q) - q / (2 * arb.pi()).sqrt()) / (root() - q)


EXACT: dict[str, Callable[[arb], arb]] = {"M": mills, "S": shrunken}


def interpolated(name: str, dtype: str) -> tuple[list[arb], list[arb]]:
    """Return numerator and denominator for the table's range and degrees."""
    return rational(EXACT[name], DEGREES[name][dtype], top=TOP[dtype], middle=4)


def rational(
    function: Callable[[arb], arb], degrees: tuple[int, int], *, top: int, middle: int
) -> tuple[list[arb], list[arb]]:
    """Return the interpolation through Chebyshev points of (q - middle) / (q + middle) on [0, top]."""
    numerator_degree, denominator_degree = degrees
    count = numerator_degree + denominator_degree + 1
    end = arb(top - middle) / (top + middle)
    rows, right = [], []
    for i in range(count):
        t = -1 + (end + 1) * (1 - (arb.pi() * (2 * i + 1) / (2 * count)).cos()) / 2
        q = middle * (1 + t) / (1 - t)
        y = function(q)
        rows.append([q**j for j in range(numerator_degree + 1)] + [-y * q**j for j in range(1, denominator_degree + 1)])
        right.append([y])
    solved = arb_mat(rows).solve(arb_mat(right))
    coefficients = [solved[j, 0] for j in range(count)]
    return coefficients[: numerator_degree + 1], [arb(1), *coefficients[numerator_degree + 1 :]]


@pytest.mark.parametrize("dtype", ["near", "float32", "float64"])
@pytest.mark.parametrize("name", ["M", "S"])
def test_coefficients_are_the_recipe_rounded(name: str, dtype: str) -> None:
    """Each constant is the interpolation's, rounded to the stored digits."""
    tables = getattr(numpy_normal, name)[dtype]

    for stored, exact in zip(tables, interpolated(name, dtype), strict=True):
        rounded = [float(c.mid().str(DIGITS[dtype], radius=False)) for c in exact]
        # the interpolation is ill-conditioned in its last places
        assert stored == pytest.approx(rounded, rel=1e-15, abs=0)


@pytest.mark.parametrize("dtype", ["near", "float32", "float64"])
@pytest.mark.parametrize("name", ["M", "S"])
def test_coefficients_are_as_near_as_they_say(name: str, dtype: str) -> None:
    """The rational function with rounded constants is within its bound between the points too."""
    numerator, denominator = getattr(numpy_normal, name)[dtype]

    for step in range(200):
        q = arb(TOP[dtype]) * step / 199
        assert abs(polynomial(numerator, q) / polynomial(denominator, q) / EXACT[name](q) - 1) < NEAR[dtype]


def polynomial(coefficients: tuple[float, ...], q: arb) -> arb:
    """Return the polynomial's value."""
    return sum((arb(c) * q**j for j, c in enumerate(coefficients)), arb(0))


def cubic(s: arb) -> arb:
    """Return (x - tanh x) / x^3 for s = x^2."""
    x = s.sqrt()
    return (x - x.tanh()) / (x * s)


def test_tanh_shrink_coefficients() -> None:
    """The coefficients are the recipe's, rounded to ten digits, and within their bound."""
    numerator, denominator = numpy_shrink.CUBIC
    top = int(numpy_shrink.NEAR**2)
    for stored, exact in zip((numerator, denominator), rational(cubic, (4, 4), top=top, middle=16), strict=True):
        assert stored == pytest.approx([float(c.mid().str(10, radius=False)) for c in exact], rel=1e-15, abs=0)

    for step in range(1, 200):
        s = arb(top) * step / 199
        assert abs(polynomial(numerator, s) / polynomial(denominator, s) / cubic(s) - 1) < 2.0**-33
