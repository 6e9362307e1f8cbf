"""Divergences of PyTorch 2.13 on the CPU, in the dtypes, modes and inputs in which they were measured."""

import math

from backends.departures import COMPILED, EAGER, declare
from backends.divergence import Divergence

_EXPM1 = "torch.compile computes exp(x) - 1, which cancels"
_TAIL = "exp(-x) overflows where x exp(x) is a normal number"
_VALUE = "the slope is taken from the rounded value, as 1 - y or 1 - y^2, which cancels"
_SUM = "a sum of terms of both signs, which cancels"
_RIGHT = "the slope right of 0 is composed of terms rounded one by one"
_SIGN = "1 / (1 + |x|) - |x| / (1 + |x|)^2 cancels"
_ERF = "1 + erf or 1 + tanh cancels"
_LIMIT = "infinity times 0, or divided by infinity, is NaN: the limit is not taken"
_SIXTH = "1/6 is held in float32"
_LINEAR = "softplus(x) is taken for x beyond 20"

_EXACT = (
    *declare("elu selu celu", "value", _EXPM1, COMPILED, bfloat16=(-1e-6, -1e-38), float32=(-0.13, -1e-38)),
    *declare("elu selu celu", "value", _EXPM1, COMPILED, float64=(-0.13, -2.2e-308)),
    *declare("softplus", "value slope", _LINEAR, float64=(20.0, 36.0)),
    *declare("softsign", "slope", _SIGN, EAGER, float16=(5.0, 3e3)),
    *declare("softsign", "slope", _SIGN, EAGER, float16=(-3e3, -5.0)),
    *declare("softsign", "slope", _SIGN, single=(5.0, 3.5e38), float64=(5.0, 1.8e308)),
    *declare("softsign", "slope", _SIGN, single=(-3.5e38, -5.0), float64=(-1.8e308, -5.0)),
    *declare("silu", "value slope", _TAIL, single=(-92.5, -88.7), float64=(-716.0, -709.7)),
    *declare("mish", "slope", _TAIL, single=(-102.5, -88.7), float64=(-744.0, -709.7)),
    *declare("silu", "slope", _RIGHT, float32=(4.0, 18.5), float64=(4.0, 39.0)),
    *declare("mish", "slope", _RIGHT, float64=(4.0, 20.0)),
    *declare("gelu", "value", _ERF, bfloat16=(-13.2, -5.0), float32=(-13.9, -0.3), float64=(-38.5, -2.1)),
    *declare("gelu", "value", "x (1 + erf) overflows before it is halved", EAGER, single=(1.7e38, 3.5e38)),
    *declare("gelu", "slope", _ERF, EAGER, bfloat16=(-13.5, -5.0)),
    *declare("gelu", "slope", _ERF, float32=(-14.1, 0.2), float64=(-38.5, -1.3)),
    *declare("gelu[approximate=True]", "slope", _RIGHT, EAGER, float64=(4.0, 7.5)),
    *declare("gelu[approximate=True]", "slope", "x^3 overflows", float32=(-3.5e38, -1.8e19)),
    *declare("gelu[approximate=True]", "slope", "x^3 overflows", float32=(1.8e19, 3.5e38)),
    *declare("gelu[approximate=True]", "slope", "x^3 overflows", EAGER, bfloat16=(-3.5e38, -1.8e19)),
    *declare("gelu[approximate=True]", "slope", "x^3 overflows", EAGER, bfloat16=(1.8e19, 3.5e38)),
    *declare("gelu[approximate=True]", "slope", "x^3 overflows", EAGER, float64=(-1.8e308, -1e102)),
    *declare("gelu[approximate=True]", "slope", "x^3 overflows", EAGER, float64=(1e102, 1.8e308)),
    *declare("glu", "value", _TAIL, single=(88.0, 88.0)),
    *declare("glu", "slope", _TAIL, float32=(-89.0, -89.0)),
    *declare("glu", "slope", _VALUE, EAGER, float16=(3.0, 13.0), bfloat16=(3.0, 88.0)),
    *declare("glu", "slope", _VALUE, float32=(3.0, 88.0), float64=(3.0, 709.0)),
    *declare("tanh", "slope", _VALUE, float16=(2.2, 7.0), single=(2.2, 44.5), float64=(2.2, 355.0)),
    *declare("tanh", "slope", _VALUE, float16=(-7.0, -2.2), single=(-44.5, -2.2), float64=(-355.0, -2.2)),
    *declare("tanh_shrink", "value slope", _SUM, EAGER, float16=(-0.36, 0.36)),
    *declare("tanh_shrink", "value slope", _SUM, single=(-0.36, 0.36), float64=(-0.36, 0.36)),
    *declare("sigmoid", "slope", _VALUE, float16=(2.6, 13.0), single=(2.6, 88.0), float64=(2.6, 709.0)),
    *declare("hard_sigmoid", "slope", _SIXTH, EAGER, float64=(-3.0, 3.0)),
    *declare("hard_silu", "value", "6 x overflows", single=(5.6e37, 3.5e38), float64=(2.9e307, 1.8e308)),
    *declare("log_softmax", "value", "the logarithm of a sum near 1: the others are absorbed", single=(30.0, 30.0)),
    *declare("log_softmax", "value", "the logarithm of a sum near 1: the others are absorbed", float64=(30.0, 30.0)),
)

_LIMITS = (
    *declare("leaky_relu[negative_slope=0.0]", "special", _LIMIT, EAGER, every=(-math.inf, -math.inf)),
    # the tests compile a second case in float32 only
    *declare("leaky_relu[negative_slope=0.0]", "special", _LIMIT, COMPILED, float32=(-math.inf, -math.inf)),
    *declare("softsign silu gelu mish", "special", _LIMIT, every=(math.inf, math.inf)),
    *declare("softsign silu gelu hard_silu mish", "special", _LIMIT, every=(-math.inf, -math.inf)),
)

# Keras' torch and JAX backends are both wrong there, and this backend is not.
_SQUARE = "Keras squares x, which overflows"
_KERAS_SUM = "x + sqrt(x^2 + b) cancels in Keras, and x^2 overflows"
_PROJECTION = "not the projection in Keras 3.15.1 (keras#23425)"
_JUMP = "at the jump the left slope; Keras has 0, which is neither side's"
_JUMPING = "relu[negative_slope=0.25,max_value=6.0,threshold=1.0]"

_KERAS = (
    *declare(_JUMPING, "keras_slope", _JUMP, EAGER, "by_design", both=(1.0, 1.0)),
    *declare("sparse_plus", "keras_slope", _SQUARE, EAGER, both=(-1.8e308, -1e38)),
    *declare("sparse_plus", "keras_slope", _SQUARE, EAGER, both=(1e38, 1.8e308)),
    *declare("squareplus", "keras_value keras_slope", _KERAS_SUM, EAGER, both=(-1.8e308, -5.0)),
    *declare("squareplus", "keras_value keras_slope", _SQUARE, EAGER, both=(1e19, 1.8e308)),
    *declare("mish", "keras_slope", "an intermediate overflows in Keras", EAGER, both=(3e38, 1.8e308)),
    *declare("sparsemax", "keras_value keras_slope", _PROJECTION, EAGER, both=(-1.8e308, 1.8e308)),
)

DIVERGENCES: tuple[Divergence, ...] = (*_EXACT, *_LIMITS, *_KERAS)
