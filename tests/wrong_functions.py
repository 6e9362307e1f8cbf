"""Wrong functions of the kinds that public reports describe, written once for all frameworks: check must catch them.

A function takes the operations of a framework and an array. `Wrong.evidence` is the finding that must fail, and
`Wrong.low` and `Wrong.high` bound the input of its worst case.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Array = Any
Formula = Callable[["Operations", Array], Any]


@dataclass(frozen=True)
class Operations:
    """The operations of a framework that the formulas below use."""

    exp: Callable[[Array], Array]
    log: Callable[[Array], Array]
    log1p: Callable[[Array], Array]
    tanh: Callable[[Array], Array]
    sqrt: Callable[[Array], Array]
    where: Callable[[Array, Any, Any], Array]
    cast: Callable[[Array, str], Array]
    """(array, the name of a dtype) -> array."""
    dtype: Callable[[Array], str]
    stop: Callable[[Array], Array] = lambda x: x
    """The same numbers, through which no gradient flows."""

    def wide(self, x: Array) -> Array:
        """Return 16-bit numbers as float32, and others unchanged."""
        return self.cast(x, "float32")

    def like(self, y: Array, x: Array) -> Array:
        """Return y in the dtype of x."""
        return self.cast(y, self.dtype(x))


@dataclass(frozen=True)
class Wrong:
    """A wrong function, and what must show that it is."""

    definition: str
    formula: Formula
    evidence: str
    low: float = -math.inf
    high: float = math.inf


def in_float32(formula: Formula) -> Formula:
    """Return a formula that is computed in float32 and rounded once."""
    return lambda ops, x: ops.like(formula(ops, ops.wide(x)), x)


@in_float32
def sigmoid(ops: Operations, x: Array) -> Array:
    """Return the logistic function."""
    e = ops.exp(ops.where(x > 0, -x, x))
    return ops.where(x > 0, 1 / (1 + e), e / (1 + e))


@in_float32
def silu(ops: Operations, x: Array) -> Array:
    """Return the input times its logistic function."""
    e = ops.exp(ops.where(x > 0, -x, x))
    return ops.where(x > 0, x / (1 + e), x * e / (1 + e))


@in_float32
def softplus(ops: Operations, x: Array) -> Array:
    """Return the smooth relu."""
    e = ops.exp(ops.where(x > 0, -x, x))
    return ops.where(x > 0, x + ops.log1p(e), ops.log1p(e))


def relu(ops: Operations, x: Array) -> Array:
    """Return the rectifier, which keeps NaN."""
    return ops.where(x < 0, x * 0, x)


@in_float32
def leaky_relu(ops: Operations, x: Array) -> Array:
    """Return the rectifier that leaks."""
    return ops.where(x > 0, x, x * 0.2)


@in_float32
def tanh(ops: Operations, x: Array) -> Array:
    """Return the hyperbolic tangent."""
    return ops.tanh(x)


@in_float32
def tanh_gelu(ops: Operations, x: Array) -> Array:
    """Return the approximation of gelu by tanh."""
    u = 2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
    return x / (1 + ops.exp(-u))


@in_float32
def quick_gelu(ops: Operations, x: Array) -> Array:
    """Return the approximation of gelu by a sigmoid."""
    return x / (1 + ops.exp(-1.702 * x))


def in_float16(ops: Operations, x: Array) -> Array:
    """Compute silu through a float16 intermediate."""
    return ops.like(silu(ops, ops.cast(x, "float16")), x)


@in_float32
def clipped_sigmoid(ops: Operations, x: Array) -> Array:
    """Clip the input for stability."""
    x = ops.where(x > 10, x * 0 + 10, ops.where(x < -10, x * 0 - 10, x))
    return 1 / (1 + ops.exp(-x))


@in_float32
def clipped_logarithm(ops: Operations, x: Array) -> Array:
    """Clip the argument of a logarithm for stability."""
    y = 1 / (1 + ops.exp(-x))
    return ops.log(ops.where(y < 1e-7, y * 0 + 1e-7, y))


@in_float32
def softplus_without_tail(ops: Operations, x: Array) -> Array:
    """Overflow where the smooth relu is its input."""
    return ops.log(1 + ops.exp(x))


@in_float32
def softplus_with_early_tail(ops: Operations, x: Array) -> Array:
    """Take the input itself too early."""
    return ops.where(x > 4, x, ops.log1p(ops.exp(x)))


@in_float32
def cut_constants(ops: Operations, x: Array) -> Array:
    """Compute selu with constants of three digits."""
    return ops.where(x > 0, 1.05 * x, 1.05 * 1.67 * (ops.exp(ops.where(x > 0, x * 0, x)) - 1))


@in_float32
def elu_without_one(ops: Operations, x: Array) -> Array:
    """Forget to subtract 1."""
    return ops.where(x > 0, x, ops.exp(ops.where(x > 0, x * 0, x)))


def rounded_parameter(ops: Operations, x: Array) -> Array:
    """Round the parameter 0.2 to bfloat16 first."""
    return ops.like(ops.where(ops.wide(x) > 0, ops.wide(x), ops.wide(x) * 0.2001953125), x)


def last_entries(ops: Operations, x: Array) -> Array:
    """Compute the last entries of an array, past the last whole vector of 8, by another formula."""
    y = silu(ops, x)
    remaining = x.shape[0] % 8 if len(x.shape) == 1 else 0
    return y * 1.0625 if remaining else y


WRONG: dict[str, Wrong] = {
    "tanh gelu for the exact one": Wrong("gelu", tanh_gelu, "value float16", -9, -1.5),
    "quick gelu for the exact one": Wrong("gelu", quick_gelu, "value float16", -9, -0.5),
    "quick gelu for the tanh one": Wrong("gelu[approximate=True]", quick_gelu, "value float16", -9, -0.5),
    "silu for gelu": Wrong("gelu", silu, "value float16", -25, -1),
    "silu of the negative input": Wrong("silu", lambda o, x: silu(o, -x), "value float16"),
    "silu with its factor missing": Wrong("silu", sigmoid, "value float16"),
    "silu with another slope": Wrong("silu", lambda o, x: o.like(quick_gelu(o, o.wide(x)), x), "value float16", -20, 0),
    "a float16 intermediate": Wrong("silu", in_float16, "value bfloat16"),
    "clipped for stability": Wrong("sigmoid", clipped_sigmoid, "value float16", -66000, -10),
    "a clipped logarithm": Wrong("log_sigmoid", clipped_logarithm, "value float16", -66000, -16),
    "the missing tail": Wrong("softplus", softplus_without_tail, "value float16", -16, 66000),
    "the early tail": Wrong("softplus", softplus_with_early_tail, "value float16", 4, 8),
    "relu for softplus": Wrong("softplus", relu, "value float16", -17, 11),
    "softplus for relu": Wrong("relu", softplus, "value float16"),
    "constants of three digits": Wrong("selu", cut_constants, "value float16"),
    "elu without its 1": Wrong("elu", elu_without_one, "value float16", -66000, 0),
    "relu for elu": Wrong("elu", relu, "value float16", -66000, 0),
    "elu for leaky relu": Wrong("leaky_relu", elu_without_one, "value float16", -66000, 0),
    "another default": Wrong("leaky_relu", lambda o, x: o.where(x > 0, x, x * 0.01), "value float16", -66000, 0),
    "a parameter rounded to bfloat16": Wrong("leaky_relu", rounded_parameter, "value float32", -math.inf, 0),
    "branches swapped": Wrong("relu", lambda o, x: o.where(x > 0, x * 0, x), "value float16"),
    "the absolute value": Wrong("relu", lambda o, x: o.where(x > 0, x, -x), "value float16", -66000, 0),
    "relu6 for relu": Wrong("relu", lambda o, x: o.where(x > 6, x * 0 + 6, relu(o, x)), "value float16", 6, 66000),
    "relu for relu6": Wrong("relu6", relu, "value float16", 6, 66000),
    "a ceiling of 5": Wrong("relu6", lambda o, x: o.where(x > 5, x * 0 + 5, relu(o, x)), "value float16", 5, 66000),
    "NaN swallowed": Wrong("relu", lambda o, x: o.where(x > 0, x, 0.0), "value float16"),
    "tanh by a rational": Wrong("tanh", lambda _, x: x * (27 + x * x) / (27 + 9 * x * x), "value float16"),
    "sigmoid for tanh": Wrong("tanh", sigmoid, "value float16"),
    "scaled by 1.002": Wrong("silu", lambda o, x: o.like(o.wide(silu(o, x)) * 1.002, x), "value float16"),
    "an offset of 1e-4": Wrong("silu", lambda o, x: o.like(o.wide(silu(o, x)) + 1e-4, x), "value float16"),
    "one input wrong": Wrong(
        "silu", lambda o, x: o.where(x == 1.5, silu(o, x) * 1.01, silu(o, x)), "value float16", 1.5, 1.5
    ),
    "one tail wrong": Wrong("silu", lambda o, x: o.where(x > 1e4, x * 0.99, silu(o, x)), "value float16", 1e4, 66000),
    "an integer result": Wrong("relu", lambda o, x: o.cast(relu(o, x), "int32"), "form value"),
    "float64 inside": Wrong("silu", lambda o, x: o.cast(silu(o, x), "float64"), "form value"),
    "float32 for 16 bits": Wrong("silu", lambda o, x: o.wide(silu(o, x)), "form value"),
    "one dimension more": Wrong("relu", lambda o, x: relu(o, x)[None], "form value"),
    "one number for all": Wrong("relu", lambda o, x: relu(o, x)[..., :1], "form value"),
    "no result": Wrong("relu", lambda *_: None, "form value"),
    "a list": Wrong("relu", lambda o, x: [relu(o, x)], "form value"),
    "the input itself": Wrong("relu", lambda _, x: x, "value float16"),
    "another length, another result": Wrong("silu", last_entries, "parity value"),
}
"""Wrong functions by name."""

WRONG_GRADIENTS: dict[str, Wrong] = {
    "a detached factor": Wrong("silu", lambda o, x: x * o.stop(sigmoid(o, x)), "gradient float16"),
    "straight through": Wrong("relu", lambda o, x: x + o.stop(relu(o, x) - x), "gradient float16", -66000, 0),
    "the root of a square": Wrong("relu", lambda o, x: (x + o.sqrt(x * x)) / 2, "gradient float16"),
    "NaN behind a branch": Wrong(
        "softplus", in_float32(lambda o, x: o.where(x > 20, x, o.log1p(o.exp(x)))), "gradient float16", 20, 66000
    ),
    "a derivative twice as large": Wrong("tanh", lambda o, x: 2 * tanh(o, x) - o.stop(tanh(o, x)), "gradient float16"),
}
"""Functions with right values, or nearly, and wrong gradients, by name."""

RIGHT: dict[str, tuple[str, Formula]] = {
    "sigmoid": ("sigmoid", sigmoid),
    "silu": ("silu", silu),
    "softplus": ("softplus", softplus),
    "relu": ("relu", relu),
    "leaky relu": ("leaky_relu", leaky_relu),
    "tanh": ("tanh", tanh),
}
"""Right functions: for each a definition and a formula."""
