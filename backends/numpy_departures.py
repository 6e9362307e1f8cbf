"""Where the NumPy backend departs: only from Keras, whose torch and JAX backends are both wrong there."""

import math

from backends.divergence import Check, Divergence

BOTH = ("float32", "float64")
SQUARE = "Keras squares x or 1 + |x|, which overflows"
SLOPE_FROM_VALUE = "Keras takes the slope from the rounded value, 1 - y or 1 - y^2, which cancels"
TAIL = "exp(-x) overflows in Keras where x exp(x) is a normal number"


def _keras(activation: str, check: Check, low: float, high: float, reason: str) -> Divergence:
    return Divergence(
        activation=activation, check=check, dtypes=BOTH, kind="upstream", reason=reason, low=low, high=high
    )


DIVERGENCES: tuple[Divergence, ...] = (
    Divergence(
        activation="relu[negative_slope=0.25,max_value=6.0,threshold=1.0]",
        check="keras_slope",
        dtypes=BOTH,
        kind="by_design",
        reason="at the jump the left slope; Keras has 0, which is neither side's",
        low=1.0,
        high=1.0,
    ),
    _keras("softsign", "keras_slope", -math.inf, -80.0, SQUARE),
    _keras("softsign", "keras_slope", 80.0, math.inf, SQUARE),
    _keras("sparse_plus", "keras_slope", -math.inf, -1e38, SQUARE),
    _keras("sparse_plus", "keras_slope", 1e38, math.inf, SQUARE),
    _keras("silu", "keras_value", -746.0, -87.0, TAIL),
    _keras("silu", "keras_slope", -746.0, -87.0, TAIL),
    Divergence(
        activation="silu",
        check="keras_slope",
        dtypes=("float64",),
        kind="upstream",
        reason=SLOPE_FROM_VALUE,
        low=36.0,
        high=37.0,
    ),
    _keras("squareplus", "keras_value", -math.inf, -5.0, "x + sqrt(x^2 + b) cancels in Keras, and x^2 overflows"),
    _keras("squareplus", "keras_value", 1e19, math.inf, SQUARE),
    _keras("squareplus", "keras_slope", -math.inf, -5.0, "1 + x / sqrt(x^2 + b) cancels in Keras, and x^2 overflows"),
    _keras("squareplus", "keras_slope", 1e19, math.inf, SQUARE),
    _keras("gelu[approximate=True]", "keras_value", -30.0, -3.0, "1 + tanh cancels in Keras"),
    _keras("gelu[approximate=True]", "keras_slope", -math.inf, -3.0, "1 + tanh cancels in Keras, and x^3 overflows"),
    _keras("gelu[approximate=True]", "keras_slope", 1e19, math.inf, "x^3 overflows in Keras"),
    _keras("glu", "keras_slope", 5.0, 746.0, SLOPE_FROM_VALUE),
    Divergence(
        activation="glu",
        check="keras_value",
        dtypes=("float32",),
        kind="upstream",
        reason=TAIL,
        low=88.0,
        high=88.0,
    ),
    Divergence(
        activation="glu",
        check="keras_slope",
        dtypes=("float32",),
        kind="upstream",
        reason=TAIL,
        low=-89.0,
        high=-89.0,
    ),
    _keras("tanh", "keras_slope", -746.0, -4.0, SLOPE_FROM_VALUE),
    _keras("tanh", "keras_slope", 4.0, 746.0, SLOPE_FROM_VALUE),
    _keras("tanh_shrink", "keras_value", -1.0, 1.0, "x - tanh(x) cancels in Keras"),
    _keras("tanh_shrink", "keras_slope", -1.0, 1.0, "1 - tanh'(x) cancels in Keras"),
    _keras("sigmoid", "keras_slope", 5.0, 746.0, SLOPE_FROM_VALUE),
    Divergence(
        activation="hard_sigmoid",
        check="keras_slope",
        dtypes=("float64",),
        kind="upstream",
        reason="x / 6 + 1/2 rounds onto the kink in Keras",
        low=2.9,
        high=3.0,
    ),
    _keras("mish", "keras_slope", 3e38, math.inf, "an intermediate overflows in Keras"),
    _keras("log_softmax", "keras_value", 30.0, 30.0, "the logarithm of a sum near 1 in Keras: the others are absorbed"),
    _keras("sparsemax", "keras_value", -math.inf, math.inf, "not the projection in Keras 3.15.1 (keras#23425)"),
    _keras("sparsemax", "keras_slope", -math.inf, math.inf, "not the projection in Keras 3.15.1 (keras#23425)"),
)
