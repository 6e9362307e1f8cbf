"""Divergences of TensorFlow 2.21 on the CPU, in the dtypes, modes and inputs in which they were measured."""

import itertools
import math
from collections.abc import Iterator
from typing import cast

from backends.divergence import Check, Divergence, Kind
from backends.interface import DTYPES

Bounds = tuple[float, float]
_ALL = " ".join(DTYPES)


def _declare(
    activation: str,
    checks: str,
    dtypes: str,
    intervals: tuple[Bounds, ...],
    reason: str,
    *,
    modes: str = "eager compiled",
    kind: Kind = "upstream",
) -> Iterator[Divergence]:
    """Yield a divergence for each check and interval; only eager float32 and float64 are compared with Keras."""
    for check, (low, high) in itertools.product(checks.split(), intervals):
        against_keras = check.startswith("keras")
        yield Divergence(
            activation=activation,
            check=cast(Check, check),
            dtypes=tuple(d for d in dtypes.split() if not against_keras or d in ("float32", "float64")),
            kind=kind,
            reason=reason,
            modes=("eager",) if against_keras else tuple(modes.split()),
            low=low,
            high=high,
        )


def _keras(activation: str, checks: str, intervals: tuple[Bounds, ...], reason: str) -> Iterator[Divergence]:
    """Yield divergences where Keras' value or derivative is inexact or follows another convention at a kink."""
    return _declare(activation, checks, "float32 float64", intervals, reason, kind="by_design")


def _no_limit(
    activation: str, *points: float, modes: str = "eager compiled", dtypes: str = _ALL
) -> Iterator[Divergence]:
    reason = "the formula as it stands is NaN there, 0 times infinity or infinity over infinity"
    intervals = tuple((x, x) for x in points)
    return _declare(activation, "special", dtypes, intervals, reason, modes=modes, kind="by_design")


_INF = math.inf
_ALPHA = "tf.nn.leaky_relu keeps its slope as a float32"
_EXP_1 = "the eager kernel computes exp(x) - 1"
_ELU = "the gradient is taken from the rounded output, y + 1"
_SELU = "the gradient tells the branch by the output, which is 0 for small negative x"
_SILU = "sigmoid(x) is 0 where x sigmoid(x) is still a normal number"
_SILU_SLOPE = "1 - sigmoid(x) cancels"
_ERF = "constants of float32 in float64"
_TANH = "1 + tanh(u) cancels"
_CUBE = "x^3 overflows, and the gradient multiplies it by 0"
_FLUSHED = "a subnormal input counts as zero"
_BOUNDS = "tf.clip_by_value passes the gradient at its bounds, Keras does not"
_SUM = "Keras adds x and the root, which cancels, and x^2 overflows"
_ONEDNN = "oneDNN's kernel, taken where the processor has AVX-512 VNNI, leaves a NaN out of a row's sum"
_APPROXIMATE = "gelu[approximate=True]"
DIVERGENCES: tuple[Divergence, ...] = (
    *_keras("relu[negative_slope=0.7]", "keras_slope", ((0.0, 1.2e-38),), _FLUSHED),
    *_keras(
        "relu[negative_slope=0.25,max_value=6.0,threshold=1.0]",
        "keras_slope",
        ((1.0, 1.0),),
        "Keras adds two parts, and neither has a slope at the threshold",
    ),
    *_declare("leaky_relu", "value slope keras_value keras_slope", "float64", ((-_INF, 0.0),), _ALPHA),
    *_declare("leaky_relu", "special", "float64", ((-_INF, -_INF),), _ALPHA),
    *_keras("leaky_relu", "keras_slope", ((0.0, 1.2e-38),), _FLUSHED),
    *_no_limit("leaky_relu[negative_slope=0.0]", -_INF, modes="eager"),
    *_no_limit("leaky_relu[negative_slope=0.0]", -_INF, modes="compiled", dtypes="float32"),  # others are not compiled
    *_declare("elu", "value keras_value", _ALL, ((-0.04, 0.0),), _EXP_1, modes="eager"),
    *_declare("elu", "slope", _ALL, ((-745.2, -3.9),), _ELU),
    *_declare("selu", "value keras_value", _ALL, ((-0.04, 0.0),), _EXP_1, modes="eager"),
    *_declare("selu", "slope keras_slope", _ALL, ((-745.2, -3.9),), _ELU),
    *_declare("selu", "slope keras_slope", _ALL, ((-0.004, 0.0),), _SELU, modes="eager"),
    *_declare("celu", "properties", "float32", ((-0.04, 0.0),), f"elu, at alpha = 1: {_EXP_1}", modes="eager"),
    *_no_limit("softsign", -_INF, _INF),
    *_keras("softsign", "keras_slope", ((-_INF, -38.0), (38.0, _INF)), "Keras' slope is a difference that cancels"),
    *_keras("sparse_plus", "keras_slope", ((-_INF, -1.8e19), (1.8e19, _INF)), "Keras squares x in a branch not taken"),
    *_keras("sparse_sigmoid", "keras_slope", ((-1.0, -1.0), (1.0, 1.0)), _BOUNDS),
    *_declare("silu", "value slope", "float16", ((-12.5, -11.0),), _SILU, modes="compiled"),
    *_declare("silu", "value slope", "bfloat16 float32", ((-92.0, -87.3),), _SILU),
    *_declare("silu", "value slope", "float64", ((-715.0, -708.3),), _SILU),
    *_declare("silu", "slope keras_slope", "float64", ((7.5, 40.0),), _SILU_SLOPE),
    *_declare("silu", "slope", "float32", ((7.5, 40.0),), _SILU_SLOPE, modes="compiled"),
    *_no_limit("silu", -_INF, _INF),
    *_keras("squareplus", "keras_value keras_slope", ((-_INF, -4.0), (1.8e19, _INF)), _SUM),
    *_declare("gelu", "value keras_value", "float64", ((-38.5, 7.0),), _ERF),
    *_declare("gelu", "slope keras_slope", "float64", ((-38.5, 7.5),), _ERF),
    *_declare("gelu", "slope", "float32", ((-14.0, -12.5),), "a subnormal density is multiplied by x"),
    *_declare("gelu", "slope", "float16", ((-1.5, -1.2),), "rounded at every step", modes="compiled"),
    *_declare("gelu", "slope", "float16", ((32000.0, _INF),), "cotangent times x overflows, and meets a density of 0"),
    *_no_limit("gelu", -_INF, _INF),
    *_declare(_APPROXIMATE, "value slope", "float16 bfloat16", ((-12.0, -1.2),), _TANH, modes="eager"),
    *_declare(_APPROXIMATE, "value slope keras_value keras_slope", "float32", ((-12.0, -1.2),), _TANH),
    *_declare(_APPROXIMATE, "slope keras_slope", "float32", ((2.5, 8.0),), _TANH),
    *_declare(_APPROXIMATE, "slope", "float16", ((-_INF, -250.0), (250.0, _INF)), _CUBE, modes="eager"),
    *_declare(_APPROXIMATE, "slope", "bfloat16", ((-_INF, -1.8e19), (1.8e19, _INF)), _CUBE, modes="eager"),
    *_declare(_APPROXIMATE, "slope", "float32", ((-_INF, -1.8e19), (1.8e19, _INF)), _CUBE),
    *_declare(_APPROXIMATE, "slope", "float64", ((-_INF, -1e150), (1e150, _INF)), _CUBE, modes="eager"),
    *_keras("glu", "keras_slope", ((4.0, 710.0),), "Keras' slope of sigmoid is y (1 - y), which cancels"),
    *_declare("glu", "keras_slope", "float32", ((-89.0, -89.0),), _SILU, kind="by_design"),
    *_declare("glu", "keras_value", "float32", ((88.0, 88.0),), _SILU, kind="by_design"),
    *_declare(
        "tanh",
        "slope keras_slope",
        _ALL,
        ((-373.0, -1.3), (1.3, 373.0)),
        "the gradient is taken from the rounded output, 1 - y^2",
    ),
    *_keras("tanh_shrink", "keras_value keras_slope", ((-0.03, 0.03),), "Keras subtracts tanh(x) from x: it cancels"),
    *_declare(
        "sigmoid",
        "slope keras_slope",
        _ALL,
        ((2.7, 745.2),),
        "the gradient is taken from the rounded output, y (1 - y)",
    ),
    *_keras("hard_sigmoid", "keras_slope", ((-3.0, -3.0), (2.999, 3.0)), _BOUNDS),
    *_keras("hard_silu", "keras_slope", ((-3.0, -3.0), (3.0, 3.0)), _BOUNDS),
    *_keras("mish", "keras_slope", ((8e37, _INF),), "Keras' slope is 0 times infinity there"),
    *_declare("softmax", "special", "bfloat16 float32", ((math.nan, math.nan),), _ONEDNN, modes="eager"),
    *_declare(
        "log_softmax",
        "value",
        "bfloat16 float32 float64",
        ((30.0, 30.0),),
        "log(1 + tiny) is 0 where one entry dominates",
    ),
    *_keras(
        "sparsemax",
        "keras_value keras_slope",
        ((-1004.0, 1004.0),),
        "Keras 3.15.1 does not compute the projection (keras#23425)",
    ),
)
