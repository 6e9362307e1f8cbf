"""Divergences of JAX 0.10.2 on the CPU, in the dtypes, modes and inputs in which they were measured."""

import math
from collections.abc import Iterator

from backends.departures import COMPILED, EAGER, declare
from backends.divergence import Divergence, Kind
from backends.interface import MODES


def _both(names: str, checks: str, reason: str, **intervals: tuple[float, float]) -> Iterator[Divergence]:
    """Yield divergences on both sides of 0; the intervals are of |x|."""
    yield from declare(names, checks, reason, MODES, "upstream", **intervals)
    yield from declare(
        names, checks, reason, MODES, "upstream", **{dtypes: (-high, -low) for dtypes, (low, high) in intervals.items()}
    )


def _eager(kind: Kind, names: str, checks: str, reason: str, **intervals: tuple[float, float]) -> Iterator[Divergence]:
    """Yield divergences of eager calls only."""
    yield from declare(names, checks, reason, EAGER, kind, **intervals)


_TAIL = "sigmoid(x), tanh(softplus(x)) is subnormal or 0 where x times it is not"
_HUGE = "dy x overflows, and inf times the slope 0 of the other factor is NaN"
_EXPM1 = "the slope of expm1(x) is taken as expm1(x) + 1, which cancels"
_SQUARE = "x^2 overflows; for x < 0 the sum x + sqrt(x^2 + b) cancels"
_FLUSH = "subnormals count as 0: x >= 0 holds, and x comes back whole"
_CUBE = "x^3 overflows, and inf times 0 is NaN"
_ONTO = "x + 3 rounds onto the kink at 6"
_LOG = "the slope of logaddexp is exp(x - y), which magnifies the rounding of y"
_GATE = "the slope of sigmoid is y (1 - y), which cancels; sigmoid(b) is subnormal or 0 where a times it is not"
_INF = math.inf
_LIMIT = "the formula as it stands is NaN there: 0 times infinity, or infinity over or less infinity"
_ONE = "the logarithm of a sum near 1, not log1p of the rest"
_KINK = "of the valid slopes at the threshold the left one, Keras 0"
_UNSTABLE = "Keras subtracts tanh(x) from x, which cancels"
_PROJECTION = "Keras 3.15.1 does not compute the projection (keras#23425)"
_BRANCH = "the slope 2 (x + 1) of the branch not taken overflows, and 0 times infinity is NaN"

DIVERGENCES: tuple[Divergence, ...] = (
    *declare(
        "leaky_relu relu[negative_slope=0.7]", "value", _FLUSH, single=(-1.1755e-38, 0.0), float64=(-2.226e-308, 0.0)
    ),
    *declare("elu selu", "slope", _EXPM1, float16=(-10.5, -4.5), single=(-89.0, -4.0), float64=(-710.0, -4.0)),
    *declare("celu", "slope", _EXPM1, float16=(-20.0, -2.0), single=(-175.0, -2.0), float64=(-1420.0, -2.0)),
    *declare(
        "celu[alpha=2.0]",
        "value",
        "x / alpha is subnormal: 0",
        single=(-2.4e-38, -1.1e-38),
        float64=(-4.5e-308, -2.2e-308),
    ),
    *declare("softplus", "slope", _LOG, float64=(8.0, 36.0)),
    *declare("log_sigmoid", "slope", _LOG, float64=(-36.0, -8.0)),
    *_both("softsign", "slope", "1/(1 + |x|) - |x|/(1 + |x|)^2 cancels", every=(5.5, _INF)),
    *_both("sparse_plus", "slope", _BRANCH, float16=(3.2e4, _INF), single=(1.7e38, _INF), float64=(8.9e307, _INF)),
    *declare("silu mish", "slope", _HUGE, float16=(3.2e4, _INF), single=(1.7e38, _INF), float64=(8.9e307, _INF)),
    *declare("sparse_sigmoid", "slope", "x + 1 rounds onto the kink at 2", every=(0.99, 1.01)),
    *declare("silu", "value slope", _TAIL, float16=(-12.5, -11.0), single=(-92.0, -87.3), float64=(-715.0, -708.3)),
    *declare(
        "silu",
        "slope",
        "the slope of sigmoid is y (1 - y), which cancels",
        float32=(6.0, 19.0),
        float64=(6.0, 39.0),
    ),
    *declare("mish", "value slope", _TAIL, single=(-92.0, -87.3), float64=(-715.0, -708.3)),
    *declare("mish", "slope", "the slope of tanh is 1 - y^2, which cancels", float32=(2.6, 10.0), float64=(2.6, 21.0)),
    *declare("squareplus", "value slope", _SQUARE, every=(-_INF, -1.9)),
    *declare(
        "squareplus", "value slope", _SQUARE, float16=(255.0, _INF), single=(1.8e19, _INF), float64=(1.3e154, _INF)
    ),
    *declare("gelu", "slope", _HUGE, float16=(3.2e4, _INF)),
    *declare("gelu", "slope", "erfc is subnormal where x erfc is not", float32=(-13.3, -13.0)),
    *declare(
        "gelu[approximate=True]",
        "value slope",
        "1 + tanh cancels",
        float16=(-4.5, -1.2),
        single=(-10.3, -1.2),
        float64=(-22.0, -1.2),
    ),
    *declare("gelu[approximate=True]", "slope", "1 - tanh^2 cancels", float32=(2.7, 5.5), float64=(2.7, 7.5)),
    *_both(
        "gelu[approximate=True]", "slope", _CUBE, float16=(150.0, _INF), single=(1.8e19, _INF), float64=(1.3e154, _INF)
    ),
    *declare("glu", "value", _GATE, float16=(11.0, 13.0), single=(87.0, 91.0)),
    *declare("glu", "slope", _GATE, float16=(5.0, 12.0), single=(3.5, 90.0), float64=(5.0, 710.0)),
    *declare("glu", "slope", _GATE, float16=(-12.0, -11.0), float32=(-90.0, -88.0)),
    *_both("glu", "slope", "dy a overflows before it is multiplied by the slope", float16=(0.0, 1.0)),
    *_both("tanh", "slope", "1 - y^2 cancels", float16=(1.8, 5.6), single=(1.3, 45.0), float64=(1.3, 355.0)),
    *declare("sigmoid", "slope", "y (1 - y) cancels", float16=(3.0, 10.0), single=(2.6, 88.0), float64=(2.6, 709.0)),
    *declare("hard_sigmoid hard_silu", "slope", _ONTO, every=(2.98, 3.0)),
    *declare("log_softmax", "value", _ONE, single=(20.0, 40.0), float64=(20.0, 40.0)),
    *declare("softsign silu squareplus gelu mish", "special", _LIMIT, MODES, "by_design", every=(_INF, _INF)),
    *declare(
        "softsign silu squareplus gelu mish hard_silu", "special", _LIMIT, MODES, "by_design", every=(-_INF, -_INF)
    ),
    *declare("sparse_plus", "special", _BRANCH, MODES, "by_design", every=(-_INF, -_INF)),
    *declare("sparse_plus", "special", _BRANCH, MODES, "by_design", every=(_INF, _INF)),
    *_eager("by_design", "leaky_relu[negative_slope=0.0]", "special", _LIMIT, every=(-_INF, -_INF)),
    *declare(
        "leaky_relu[negative_slope=0.0]", "special", _LIMIT, COMPILED, "by_design", float32=(-_INF, -_INF)
    ),  # the only dtype in which the tests compile a second case
    *_eager(
        "by_design", "relu[negative_slope=0.25,max_value=6.0,threshold=1.0]", "keras_slope", _KINK, both=(1.0, 1.0)
    ),
    *_eager("upstream", "tanh", "keras_slope", "1 - y^2 cancels", float64=(-20.0, -2.5)),
    *_eager("upstream", "tanh", "keras_slope", "1 - y^2 cancels", float64=(2.5, 20.0)),
    *_eager("by_design", "tanh_shrink", "keras_value keras_slope", _UNSTABLE, both=(-0.03, 0.03)),
    *_eager("upstream", "log_softmax[axis=(0,1)]", "keras_value", _ONE, float64=(30.0, 30.0)),
    *_eager("by_design", "sparsemax", "keras_value keras_slope", _PROJECTION, both=(-1003.0, 1003.0)),
)
