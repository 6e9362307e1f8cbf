"""The coefficients of the normal tail are what their recipe gives, and as near as they say."""

from collections.abc import Callable

import pytest
from flint import arb, arb_mat, ctx

from backends import numpy_normal

DIGITS = {"float32": 10, "float64": 20}
TOP = {"float32": 15, "float64": 40}
DEGREES = {"M": {"float32": (5, 6), "float64": (10, 11)}, "S": {"float32": (5, 5), "float64": (10, 10)}}
# the interpolation is near to 2^-31 and 2^-58; rounding the float64 constants to 53 bits is what is left of it there
NEAR = {"float32": 2.0**-31, "float64": 2.0**-53}


@pytest.fixture(autouse=True)
def _precision() -> object:
    before, ctx.prec = ctx.prec, 400
    yield
    ctx.prec = before


def mills(q: arb) -> arb:
    """M(q) = exp(q^2 / 2) erfc(q / sqrt(2)) / 2."""
    return (q * q / 2).exp() * (q / arb(2).sqrt()).erfc() / 2


def root() -> arb:
    """Where gelu's slope is 0: M(q) = q / sqrt(2 pi), by Newton's method."""
    q = arb(numpy_normal.ROOT)
    for _ in range(8):
        density = q / (2 * arb.pi()).sqrt()
        step = (mills(q) - density) / (q * mills(q) - 2 / (2 * arb.pi()).sqrt())
        q = (q - step).mid()
    return q


def shrunken(q: arb) -> arb:
    """S(q) = (M(q) - q / sqrt(2 pi)) / (root - q)."""
    return (mills(q) - q / (2 * arb.pi()).sqrt()) / (root() - q)


EXACT: dict[str, Callable[[arb], arb]] = {"M": mills, "S": shrunken}


def interpolated(name: str, dtype: str) -> tuple[list[arb], list[arb]]:
    """Numerator and denominator through Chebyshev points of (q - 4) / (q + 4) on [0, TOP]."""
    above, below = DEGREES[name][dtype]
    count = above + below + 1
    end = arb(TOP[dtype] - 4) / (TOP[dtype] + 4)
    rows, right = [], []
    for i in range(count):
        t = -1 + (end + 1) * (1 - (arb.pi() * (2 * i + 1) / (2 * count)).cos()) / 2
        q = 4 * (1 + t) / (1 - t)
        y = EXACT[name](q)
        rows.append([q**j for j in range(above + 1)] + [-y * q**j for j in range(1, below + 1)])
        right.append([y])
    solved = arb_mat(rows).solve(arb_mat(right))
    found = [solved[j, 0] for j in range(count)]
    return found[: above + 1], [arb(1), *found[above + 1 :]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["M", "S"])
def test_coefficients_are_the_recipe_rounded(name: str, dtype: str) -> None:
    """Each constant is the interpolation's, to the digits that are kept."""
    tables = getattr(numpy_normal, name)[dtype]

    for kept, exact in zip(tables, interpolated(name, dtype), strict=True):
        rounded = [float(c.mid().str(DIGITS[dtype], radius=False)) for c in exact]
        assert kept == pytest.approx(
            rounded, rel=1e-15, abs=0
        )  # the interpolation is that ill-conditioned in its last places


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["M", "S"])
def test_coefficients_are_as_near_as_they_say(name: str, dtype: str) -> None:
    """The rational function with the rounded constants is within its bound between the points too."""
    above, below = getattr(numpy_normal, name)[dtype]

    for step in range(200):
        q = arb(TOP[dtype]) * step / 199
        ratio = sum(arb(c) * q**j for j, c in enumerate(above)) / sum(arb(c) * q**j for j, c in enumerate(below))
        assert abs(ratio / EXACT[name](q) - 1) < NEAR[dtype]
