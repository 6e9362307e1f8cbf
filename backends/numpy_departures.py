"""Divergences of the NumPy backend, all from Keras: its torch and JAX backends are both wrong there."""

import math

from backends.departures import EAGER, declare
from backends.divergence import Divergence

SQUARE = "Keras squares x or 1 + |x|, which overflows"
SLOPE_FROM_VALUE = "Keras takes the slope from the rounded value, 1 - y or 1 - y^2, which cancels"
TAIL = "exp(-x) overflows in Keras where x exp(x) is a normal number"
PROJECTION = "not the projection in Keras 3.15.1 (keras#23425)"

DIVERGENCES: tuple[Divergence, ...] = (
    *declare(
        "relu[negative_slope=0.25,max_value=6.0,threshold=1.0]",
        "keras_slope",
        "at the jump the left slope; Keras has 0, which is neither side's",
        EAGER,
        "by_design",
        both=(1.0, 1.0),
    ),
    *declare("softsign", "keras_slope", SQUARE, EAGER, both=(-math.inf, -80.0)),
    *declare("softsign", "keras_slope", SQUARE, EAGER, both=(80.0, math.inf)),
    *declare("sparse_plus", "keras_slope", SQUARE, EAGER, both=(-math.inf, -1e38)),
    *declare("sparse_plus", "keras_slope", SQUARE, EAGER, both=(1e38, math.inf)),
    *declare("silu", "keras_value keras_slope", TAIL, EAGER, both=(-746.0, -87.0)),
    *declare("silu", "keras_slope", SLOPE_FROM_VALUE, EAGER, float64=(36.0, 37.0)),
    *declare(
        "squareplus",
        "keras_value",
        "x + sqrt(x^2 + b) cancels in Keras, and x^2 overflows",
        EAGER,
        both=(-math.inf, -5.0),
    ),
    *declare("squareplus", "keras_value", SQUARE, EAGER, both=(1e19, math.inf)),
    *declare(
        "squareplus",
        "keras_slope",
        "1 + x / sqrt(x^2 + b) cancels in Keras, and x^2 overflows",
        EAGER,
        both=(-math.inf, -5.0),
    ),
    *declare("squareplus", "keras_slope", SQUARE, EAGER, both=(1e19, math.inf)),
    *declare("gelu[approximate=True]", "keras_value", "1 + tanh cancels in Keras", EAGER, both=(-30.0, -3.0)),
    *declare(
        "gelu[approximate=True]",
        "keras_slope",
        "1 + tanh cancels in Keras, and x^3 overflows",
        EAGER,
        both=(-math.inf, -3.0),
    ),
    *declare("gelu[approximate=True]", "keras_slope", "x^3 overflows in Keras", EAGER, both=(1e19, math.inf)),
    *declare("glu", "keras_slope", SLOPE_FROM_VALUE, EAGER, both=(5.0, 746.0)),
    *declare("glu", "keras_value", TAIL, EAGER, float32=(88.0, 88.0)),
    *declare("glu", "keras_slope", TAIL, EAGER, float32=(-89.0, -89.0)),
    *declare("tanh", "keras_slope", SLOPE_FROM_VALUE, EAGER, both=(-746.0, -4.0)),
    *declare("tanh", "keras_slope", SLOPE_FROM_VALUE, EAGER, both=(4.0, 746.0)),
    *declare("tanh_shrink", "keras_value", "x - tanh(x) cancels in Keras", EAGER, both=(-1.0, 1.0)),
    *declare("tanh_shrink", "keras_slope", "1 - tanh'(x) cancels in Keras", EAGER, both=(-1.0, 1.0)),
    *declare("sigmoid", "keras_slope", SLOPE_FROM_VALUE, EAGER, both=(5.0, 746.0)),
    *declare("hard_sigmoid", "keras_slope", "x / 6 + 1/2 rounds onto the kink in Keras", EAGER, float64=(2.9, 3.0)),
    *declare("mish", "keras_slope", "an intermediate overflows in Keras", EAGER, both=(3e38, math.inf)),
    *declare(
        "log_softmax",
        "keras_value",
        "the logarithm of a sum near 1 in Keras: the others are absorbed",
        EAGER,
        both=(30.0, 30.0),
    ),
    *declare("sparsemax", "keras_value keras_slope", PROJECTION, EAGER, both=(-math.inf, math.inf)),
)
