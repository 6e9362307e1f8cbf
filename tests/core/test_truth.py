"""The exact value and derivative, compared with independent results."""

import decimal
import math
from collections.abc import Iterator

import flint
import pytest
from flint import arb

from backends.activation import Variant, catalogue, find, find_variant, variants
from bench.reference import truth

ELEMENTWISE = [v for v in variants() if v.activation.kind == "elementwise"]
POINTS = (-30.25, -2.75, -0.3, 0.1, 0.8, 2.2, 40.0)


@pytest.fixture(autouse=True)
def _wide() -> Iterator[None]:
    """Compare at 256 bits, as flint's default is 53."""
    with flint.ctx.workprec(256):
        yield


def first(name: str) -> Variant:
    """Return the default case."""
    return catalogue()[name].variants[0]


def test_known_values() -> None:
    """The standard library's decimals with 60 digits give the same numbers."""
    with decimal.localcontext(prec=60):
        e5, e12 = decimal.Decimal(5).exp(), decimal.Decimal(12).exp()
        references = {
            ("sigmoid", -5.0): 1 / (1 + e5),
            ("tanh", 6.0): (e12 - 1) / (e12 + 1),
            ("softplus", 0.0): decimal.Decimal(2).ln(),
            ("silu", 5.0): 5 / (1 + 1 / e5),
        }
        for (name, x), digits in references.items():
            assert abs(truth.value(first(name), x) / arb(str(digits)) - 1) < 1e-50


def test_known_gelu() -> None:
    """Gelu agrees with math.erfc, which is accurate to about 1e-15."""
    assert float(truth.value(first("gelu"), -5.0)) == pytest.approx(-2.5 * math.erfc(5 / math.sqrt(2)), rel=1e-14)


@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda v: v.id)
def test_slope_is_the_difference_quotient(variant: Variant) -> None:
    """The derivative by dual numbers is the difference quotient of the values, away from kinks."""
    for x in POINTS:
        step = 2.0**-30
        quotient = (truth.value(variant, x + step) - truth.value(variant, x - step)) / (2 * step)
        assert abs(quotient - truth.slope(variant, x)) < 2.0**-50 * (1 + abs(truth.slope(variant, x)))


@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda v: v.id)
def test_kinks_are_where_the_slope_jumps(variant: Variant) -> None:
    """The interval of valid derivatives is wide at a kink, and a point elsewhere."""
    for kink in variant.kinks:
        low, high = truth.slopes(variant, kink)
        jump = abs(truth.value(variant, math.nextafter(kink, 1e3)) - truth.value(variant, math.nextafter(kink, -1e3)))
        assert low < high or jump > 1e-6
    low, high = truth.slopes(variant, 0.3)
    assert low is high or low.mid() == high.mid()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("relu", {"negative_slope": 1.0}),
        ("relu", {"max_value": 0.0}),
        ("relu", {"max_value": 0.0, "threshold": -1.0}),
        ("leaky_relu", {"negative_slope": 1.0}),
        ("elu", {"alpha": 1.0}),
        ("soft_shrink", {"threshold": 0.0}),
        ("hard_shrink", {"threshold": 0.0}),
    ],
)
def test_a_kink_that_vanishes_is_none(name: str, parameters: dict[str, float]) -> None:
    """At such a parameter the derivative at 0 is that on both sides."""
    variant = find_variant(name, parameters)
    beside = [truth.slope(variant, x) for x in (-(2.0**-100), 2.0**-100)]

    assert variant.kinks == ()
    assert all(abs(truth.slope(variant, 0.0) - slope) < 2.0**-90 for slope in beside)


def test_only_the_kink_that_vanishes_is_left_out() -> None:
    """If relu with a ceiling is 0 on both sides of a negative threshold, its other two kinks stay."""
    assert find_variant("relu", {"max_value": 6.0, "threshold": -1.0}).kinks == (0.0, 6.0)
    assert find_variant("relu", {"negative_slope": 1.0, "max_value": 6.0}).kinks == (6.0,)
    assert find_variant("relu", {"max_value": 3.0, "threshold": 3.0}).kinks == (3.0,)


@pytest.mark.parametrize("threshold", [1e-46, 1e-300, 0.3, 1e39, 1e300])
def test_slopes_at_a_kink_of_any_size(threshold: float) -> None:
    """The two sides of a kink are distinguished however small or large it is, and so are close kinks."""
    for variant in (
        find_variant("hard_shrink", {"threshold": threshold}),
        find_variant("relu", {"max_value": threshold}),
    ):
        for kink in variant.kinks:
            assert sorted(map(float, truth.slopes(variant, kink))) == [0.0, 1.0]


def test_a_parameter_is_taken_exactly() -> None:
    """The float32 number next above 0.3 is above the threshold, and the one below is not."""
    above = float.fromhex("0x1.333334p-2")
    variant = find_variant("hard_shrink", {"threshold": 0.3})

    assert (float(truth.value(variant, above)), float(truth.slope(variant, above))) == (above, 1.0)
    assert float(truth.value(variant, above - 2.0**-25)) == 0.0


@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda v: v.id)
def test_narrow(variant: Variant) -> None:
    """Every enclosure is narrower than the last bit of any format, or next to nothing."""
    for x in (*POINTS, 700.0, -700.0, truth.FAR, -truth.FAR):
        for ball in (truth.value(variant, x), truth.slope(variant, x)):
            assert ball.rel_accuracy_bits() >= truth.WANTED_BITS or abs(ball) < truth.NOTHING


def test_condition() -> None:
    """The condition |x f' / f| is x for exp, 1 for the identity, and infinite at a root."""
    assert truth.condition(first("exponential"), 20.0) == pytest.approx(20)
    assert truth.condition(first("linear"), 3.0) == pytest.approx(1)
    assert truth.condition(first("hard_silu"), -1.5, of_slope=True) == math.inf


def test_bend() -> None:
    """The figure |x f''| is x exp(x) for exp, 2 x / (1 + x)^3 for softsign however large x is, and 0 for a line."""
    assert truth.derivative_shift(first("exponential"), 2.0) == pytest.approx(2 * math.exp(2))
    assert truth.derivative_shift(first("softsign"), 2.0**60) == pytest.approx(2.0**-119)
    assert truth.derivative_shift(first("linear"), 3.0) == 0


def test_undecided() -> None:
    """What no precision decides is an error, never a guess."""
    with pytest.raises(ArithmeticError, match="not decided at"):
        truth.refine(lambda: [arb(0, 1)])


def test_row() -> None:
    """A softmax row sums to 1, and its vjp with equal cotangents to 0."""
    variant, row = find("softmax").variants[0], [1.0, 2.0, -3.0]

    assert sum(truth.row_value(variant, row), arb(0)).contains(arb(1))
    assert abs(sum(truth.row_vjp_terms(variant, row, [1.0] * 3, 0), arb(0))) < 1e-50
