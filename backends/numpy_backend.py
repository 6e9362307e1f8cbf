"""NumPy. Forward and backward are ours: accurate to a few ulp over the whole range, tails and kinks included.

Beside each function stands `backprop_<name>(dy, x, ...)`, its vector-Jacobian product. Throughout,
e = exp(-|x|) lies in [0, 1], and h = exp(-|x| / 2) is used twice where x h h is still a normal number
although e is not. Inputs are clipped where infinity would meet zero, far beyond where the result is.
"""

import functools
import math
import sys
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
from scipy.special import erfc

from backends.catalogue import SELU_ALPHA, SELU_SCALE
from backends.divergence import Divergence
from backends.interface import Array, Function, Host, Mode
from backends.numpy_kernel import along, elementwise

MODES: tuple[Mode, ...] = ("eager",)
OUT_OF_MEMORY: tuple[type[BaseException], ...] = ()  # NumPy raises MemoryError
DIVERGENCES: tuple[Divergence, ...] = ()

_DTYPES = {
    "float16": np.dtype(np.float16),
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    "float32": np.dtype(np.float32),
    "float64": np.dtype(np.float64),
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}

FAR = 2000.0
"""Beyond it exp(-|x|), in any dtype, is 0 whatever multiplies it."""


def version() -> str:
    return np.__version__


def build() -> dict[str, str]:
    found: dict[str, Any] = np.show_config(mode="dicts")  # type: ignore[assignment]  # a TypedDict of no fixed keys
    simd = found.get("SIMD Extensions", {}).get("found", ["none"])
    return {"simd": str(simd[-1]), "blas": str(found.get("Build Dependencies", {}).get("blas", {}).get("name"))}


def devices() -> tuple[str, ...]:
    return ("cpu",)


def configure(*, threads: int) -> None:  # noqa: ARG001  # elementwise NumPy runs on the calling thread
    return


def compile_obstacle() -> str | None:
    return "NumPy has no compiler"


def graphs() -> int:
    return 0


def asarray(values: Host, *, dtype: str, device: str) -> Array:  # noqa: ARG001  # there is one device
    with np.errstate(over="ignore"):
        return np.array(values, dtype=_DTYPES[dtype], order="C")


def to_numpy(x: Array) -> Host:
    return np.array(x)


def dtype(x: Array) -> str:
    if not isinstance(x, np.ndarray) or x.dtype not in _NAMES:
        kind = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"numpy: expected an array of {', '.join(_DTYPES)}, not {kind}")
    return _NAMES[x.dtype]


def synchronize(x: Array) -> None:  # noqa: ARG001  # nothing here is asynchronous
    return


def copy(x: Array) -> Array:
    return x.copy()


def _backprop(function: Function) -> Callable[[Array, Array], Array]:
    """The function of (dy, x) beside the forward one, wherever that was written."""
    forward_of: functools.partial[Array] = function  # type: ignore[assignment]  # see interface.Function
    module = sys.modules[forward_of.func.__module__]
    return functools.partial(getattr(module, f"backprop_{forward_of.func.__name__}"), **forward_of.keywords)


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    _refuse(compiled)
    return function


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    _refuse(compiled)
    backprop = _backprop(function)
    return lambda dy: backprop(dy, x)


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    _refuse(compiled)
    backprop = _backprop(function)
    return lambda x, dy: (function(x), backprop(dy, x))


def _refuse(compiled: bool) -> None:
    if compiled:
        raise NotImplementedError("NumPy has no compiler")


def _decay(x: Array) -> tuple[Array, Array]:
    """(h, e) = exp(-|x| / 2), exp(-|x|)."""
    h = np.exp(np.abs(x) * -0.5)
    return h, h * h


@elementwise
def relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    above = x if max_value is None else np.clip(x, 0.0, max_value)
    if not threshold and not negative_slope:
        return np.maximum(above, 0.0)
    below = negative_slope * (x - threshold) if negative_slope else 0.0
    return np.where(x <= threshold, below, above)


@elementwise
def backprop_relu(dy: Array, x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    slope = np.where(x > threshold, 1.0, negative_slope)
    if max_value is not None:
        slope = np.where((x > threshold) & ((x <= 0.0) | (x >= max_value)), 0.0, slope)
    return dy * slope


@elementwise
def leaky_relu(x: Array, *, negative_slope: float) -> Array:
    if not negative_slope:
        return np.maximum(x, 0.0)  # 0 * -inf would be NaN
    return (np.maximum if negative_slope <= 1 else np.minimum)(x, negative_slope * x)


@elementwise
def backprop_leaky_relu(dy: Array, x: Array, *, negative_slope: float) -> Array:
    return np.where(x > 0, dy, negative_slope * dy)


@elementwise
def relu6(x: Array) -> Array:
    return np.clip(x, 0.0, 6.0)


@elementwise
def backprop_relu6(dy: Array, x: Array) -> Array:
    return dy * ((x > 0) & (x < 6))


@elementwise
def elu(x: Array, *, alpha: float) -> Array:
    return np.maximum(x, 0.0) + alpha * np.expm1(np.minimum(x, 0.0))


@elementwise
def backprop_elu(dy: Array, x: Array, *, alpha: float) -> Array:
    return dy * np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0.0)))


@elementwise
def selu(x: Array) -> Array:
    return SELU_SCALE * np.maximum(x, 0.0) + SELU_SCALE * SELU_ALPHA * np.expm1(np.minimum(x, 0.0))


@elementwise
def backprop_selu(dy: Array, x: Array) -> Array:
    return dy * np.where(x > 0, SELU_SCALE, SELU_SCALE * SELU_ALPHA * np.exp(np.minimum(x, 0.0)))


@elementwise
def celu(x: Array, *, alpha: float) -> Array:
    return np.maximum(x, 0.0) + alpha * np.expm1(np.minimum(x, 0.0) / alpha)


@elementwise
def backprop_celu(dy: Array, x: Array, *, alpha: float) -> Array:
    return dy * np.exp(np.minimum(x, 0.0) / alpha)


@elementwise(wide=True)
def softplus(x: Array) -> Array:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


@elementwise(wide=True)
def backprop_softplus(dy: Array, x: Array) -> Array:
    return dy * _sigmoid(x)


@elementwise
def softsign(x: Array) -> Array:
    largest = np.finfo(x.dtype).max
    x = np.clip(x, -largest, largest)  # the limit at infinity is 1, not inf / inf
    return x / (1.0 + np.abs(x))


@elementwise
def backprop_softsign(dy: Array, x: Array) -> Array:
    root = 1.0 / (1.0 + np.abs(x))  # squared last: (1 + |x|)^2 overflows
    return dy * root * root


@elementwise
def soft_shrink(x: Array, *, threshold: float) -> Array:
    return x - np.clip(x, -threshold, threshold)


@elementwise
def backprop_soft_shrink(dy: Array, x: Array, *, threshold: float) -> Array:
    return dy * (np.abs(x) > threshold)


@elementwise
def hard_shrink(x: Array, *, threshold: float) -> Array:
    return np.where(np.abs(x) <= threshold, 0.0, x)


@elementwise
def backprop_hard_shrink(dy: Array, x: Array, *, threshold: float) -> Array:
    return dy * (np.abs(x) > threshold)


@elementwise
def threshold(x: Array, *, threshold: float, default_value: float) -> Array:
    return np.where(x <= threshold, default_value, x)


@elementwise
def backprop_threshold(dy: Array, x: Array, *, threshold: float, default_value: float) -> Array:  # noqa: ARG001
    return dy * (x > threshold)


@elementwise
def sparse_plus(x: Array) -> Array:
    half = np.clip(x, -1.0, 1.0) * 0.5 + 0.5
    return np.where(x < 1.0, half * half, x)


@elementwise
def backprop_sparse_plus(dy: Array, x: Array) -> Array:
    return dy * (np.clip(x, -1.0, 1.0) * 0.5 + 0.5)


@elementwise
def sparse_sigmoid(x: Array) -> Array:
    return np.clip(x, -1.0, 1.0) * 0.5 + 0.5


@elementwise
def backprop_sparse_sigmoid(dy: Array, x: Array) -> Array:
    return dy * (0.5 * (np.abs(x) < 1.0))


@elementwise(wide=True)
def silu(x: Array) -> Array:
    x = np.maximum(x, -FAR)
    h, _ = _decay(np.minimum(x, 0.0))
    return x * h / (1.0 + np.exp(-np.abs(x))) * h


@elementwise(wide=True)
def backprop_silu(dy: Array, x: Array) -> Array:
    x = np.clip(x, -FAR, FAR)
    h, _ = _decay(np.minimum(x, 0.0))
    return dy * (h * (1.0 + x * _sigmoid(-x)) / (1.0 + np.exp(-np.abs(x))) * h)


@elementwise(wide=True)
def squareplus(x: Array, *, b: float) -> Array:
    if not b:
        return np.maximum(x, 0.0)
    size = np.abs(x)
    return np.maximum(x, 0.0) + 0.5 * b / (size + np.hypot(size, math.sqrt(b)))


@elementwise(wide=True)
def backprop_squareplus(dy: Array, x: Array, *, b: float) -> Array:
    if not b:
        return dy * (x > 0)
    size = np.abs(x)
    root = np.hypot(size, math.sqrt(b))
    left = 0.5 * b / (size + root) / root  # (1 + x / root) / 2 cancels for x < 0
    return dy * np.where(x > 0, 1.0 - left, left)


# sqrt(2 / pi) and 1 / sqrt(2 pi) to float64's 17 digits
_SQRT_2_OVER_PI = 0.79788456080286536
_DENSITY_AT_0 = 0.39894228040143268


@elementwise(wide=True)
def gelu(x: Array, *, approximate: bool) -> Array:
    x = np.maximum(x, -FAR)
    if not approximate:
        return x * (erfc(x * -math.sqrt(0.5)) * 0.5)  # not 1 + erf: the sum cancels below -2
    near = np.clip(x, -100.0, 100.0)  # x^3 overflows
    twice = 2.0 * _SQRT_2_OVER_PI * near * (1.0 + 0.044715 * near * near)
    h, _ = _decay(np.minimum(twice, 0.0))
    return x * h / (1.0 + np.exp(-np.abs(twice))) * h


@elementwise(wide=True)
def backprop_gelu(dy: Array, x: Array, *, approximate: bool) -> Array:
    x = np.clip(x, -100.0, 100.0)
    if not approximate:
        h = np.exp(-0.25 * x * x)
        return dy * (erfc(x * -math.sqrt(0.5)) * 0.5 + x * _DENSITY_AT_0 * h * h)
    twice = 2.0 * _SQRT_2_OVER_PI * x * (1.0 + 0.044715 * x * x)
    slope = 2.0 * _SQRT_2_OVER_PI * (1.0 + 3 * 0.044715 * x * x)
    h, _ = _decay(np.minimum(twice, 0.0))
    return dy * (h * (1.0 + x * slope * _sigmoid(-twice)) / (1.0 + np.exp(-np.abs(twice))) * h)


def glu(x: Array, *, axis: int) -> Array:
    return _gate(*np.split(x, 2, axis))


def backprop_glu(dy: Array, x: Array, *, axis: int) -> Array:
    a, b = np.split(x, 2, axis)
    return np.concatenate([_gate(dy, b), _gate_slope(dy, a, b)], axis)


@elementwise(wide=True)
def _gate(a: Array, b: Array) -> Array:
    b = np.clip(b, -FAR, FAR)
    h, _ = _decay(np.minimum(b, 0.0))
    return a * h / (1.0 + np.exp(-np.abs(b))) * h


@elementwise(wide=True)
def _gate_slope(dy: Array, a: Array, b: Array) -> Array:
    h, e = _decay(np.clip(b, -FAR, FAR))
    return dy * (a * h / (1.0 + e) / (1.0 + e) * h)


@elementwise
def tanh(x: Array) -> Array:
    return np.tanh(x)


@elementwise(wide=True)
def backprop_tanh(dy: Array, x: Array) -> Array:
    e = np.exp(-np.abs(x))
    sech = 2.0 * e / (1.0 + e * e)  # 1 - tanh^2 cancels from |x| = 2 on and is 0 from 9
    return dy * (sech * sech)


# x cosh x - sinh x = sum of 2 k / (2 k + 1)! x^(2 k + 1): all of one sign, 13 terms to 2^-60 for |x| < 1.5
_SHRINK = [2 * k / math.factorial(2 * k + 1) for k in range(13, 0, -1)]


@elementwise(wide=True)
def tanh_shrink(x: Array) -> Array:
    near = np.clip(x, -1.5, 1.5)
    series = near * near * near * np.polyval(_SHRINK, near * near) / np.cosh(near)
    return np.where(np.abs(x) < 1.5, series, x - np.tanh(x))


@elementwise(wide=True)
def backprop_tanh_shrink(dy: Array, x: Array) -> Array:
    y = np.tanh(x)
    return dy * (y * y)


@elementwise
def hard_tanh(x: Array) -> Array:
    return np.clip(x, -1.0, 1.0)


@elementwise
def backprop_hard_tanh(dy: Array, x: Array) -> Array:
    return dy * (np.abs(x) < 1.0)


def _sigmoid(x: Array) -> Array:
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(-np.abs(x)))


@elementwise(wide=True)
def sigmoid(x: Array) -> Array:
    return _sigmoid(x)


@elementwise(wide=True)
def backprop_sigmoid(dy: Array, x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return dy * (e / ((1.0 + e) * (1.0 + e)))  # y (1 - y) cancels for x > 0


@elementwise
def hard_sigmoid(x: Array) -> Array:
    return np.clip((x + 3.0) / 6.0, 0.0, 1.0)


@elementwise
def backprop_hard_sigmoid(dy: Array, x: Array) -> Array:
    return dy * (np.abs(x) < 3.0) / 6.0


@elementwise
def hard_silu(x: Array) -> Array:
    return np.maximum(x, -3.0) * np.clip((x + 3.0) / 6.0, 0.0, 1.0)


@elementwise
def backprop_hard_silu(dy: Array, x: Array) -> Array:
    near = np.clip(x, -3.0, 3.0)
    return dy * np.where(x < 3.0, np.where(x > -3.0, (2.0 * near + 3.0) / 6.0, 0.0), 1.0)


@elementwise(wide=True)
def log_sigmoid(x: Array) -> Array:
    return np.minimum(x, 0.0) - np.log1p(np.exp(-np.abs(x)))


@elementwise(wide=True)
def backprop_log_sigmoid(dy: Array, x: Array) -> Array:
    return dy * _sigmoid(-x)


@elementwise
def exponential(x: Array) -> Array:
    return np.exp(x)


@elementwise
def backprop_exponential(dy: Array, x: Array) -> Array:
    return dy * np.exp(x)


def linear(x: Array) -> Array:
    return x.copy()


def backprop_linear(dy: Array, x: Array) -> Array:  # noqa: ARG001  # the slope is 1 everywhere
    return dy.copy()


@elementwise(wide=True)
def mish(x: Array) -> Array:
    x = np.maximum(x, -FAR)
    h, e = _decay(x)
    left = x * h * (2.0 + e) / (e * (2.0 + e) + 2.0) * h
    return np.where(x > 0, x * ((1.0 + 2.0 * e) / (1.0 + 2.0 * e * (1.0 + e))), left)


@elementwise(wide=True)
def backprop_mish(dy: Array, x: Array) -> Array:
    x = np.clip(x, -FAR, FAR)
    h, e = _decay(x)
    right = (1.0 + e * (4.0 + e * (4.0 * x + 6.0 + e * 4.0 * (x + 1.0)))) / np.square(1.0 + 2.0 * e * (1.0 + e))
    left = h * (4.0 * (x + 1.0) + e * (4.0 * x + 6.0 + e * (4.0 + e))) / np.square(2.0 + e * (2.0 + e)) * h
    return dy * np.where(x > 0, right, left)


@along
def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


_softmax = softmax.__wrapped__  # type: ignore[attr-defined]  # of rows, already in the dtype it computes in


@along
def backprop_softmax(dy: Array, x: Array) -> Array:
    y = _softmax(x)
    return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


@along
def log_softmax(x: Array) -> Array:
    top = x.argmax(axis=-1, keepdims=True)
    shifted = x - np.take_along_axis(x, top, -1)
    e = np.exp(shifted)
    np.put_along_axis(e, top, 0.0, -1)  # log(1 + the others): a dominant entry's own value does not cancel
    return shifted - np.log1p(e.sum(axis=-1, keepdims=True))


@along
def backprop_log_softmax(dy: Array, x: Array) -> Array:
    return dy - _softmax(x) * dy.sum(axis=-1, keepdims=True)


@along
def sparsemax(x: Array) -> Array:
    shifted = x - x.max(axis=-1, keepdims=True)
    return np.maximum(shifted - _tau(shifted), 0.0)


def _tau(x: Array) -> Array:
    """The shift that makes max(x - tau, 0) sum to 1, by row; `x` has 0 as its maximum."""
    ranked = -np.sort(-x, axis=-1)
    ranked = np.maximum(ranked, -2.0)  # further down than 1 is never in the support; -inf would spoil the sums
    totals = np.cumsum(ranked, axis=-1)
    count = (1.0 + np.arange(1, x.shape[-1] + 1) * ranked > totals).sum(axis=-1, keepdims=True)
    return (np.take_along_axis(totals, np.maximum(count, 1) - 1, -1) - 1.0) / count


@along
def backprop_sparsemax(dy: Array, x: Array) -> Array:
    shifted = x - x.max(axis=-1, keepdims=True)
    support = shifted > _tau(shifted)
    mean = (dy * support).sum(axis=-1, keepdims=True) / support.sum(axis=-1, keepdims=True)
    return np.where(support, dy - mean, 0.0)
