"""The NumPy backend, on the CPU. NumPy has no activations and no gradients, so both are written here.

Three rules shape the formulas:

* Both tails are exact: no intermediate overflows, cancels or is subnormal where the result is a normal number.
* Branches are sums of clipped parts or products with a mask: `np.where` on random signs costs 30 passes.
* Extra work for far inputs is done only in blocks that hold such inputs, which their minimum or maximum tells.

`backprop_<name>(dy, x, **parameters)` is the gradient of `<name>`, dy times the derivative; `backward` looks it up by
name.
"""

import functools
import math
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from backends import numpy_departures, numpy_extremes, numpy_gelu, numpy_rows, numpy_shrink
from backends.catalogue import SELU_ALPHA, SELU_SCALE
from backends.interface import DTYPES, Array, Function, Host, Mode
from backends.numpy_kernel import along, at_least, at_most, choose, elementwise, mask, use_threads
from backends.numpy_rows import FAR
from backends.rounding import is_held, is_normal, largest, round_array, round_down, round_nearest

MODES: tuple[Mode, ...] = ("eager",)
VARIABLES: dict[str, str] = {}
RESULT_VARIABLES = ("NPY_DISABLE_CPU_FEATURES", "NPY_ENABLE_CPU_FEATURES")
OUT_OF_MEMORY: tuple[type[BaseException], ...] = ()
ALIASES: tuple[str, ...] = ()
DIVERGENCES = numpy_departures.DIVERGENCES

# exp(LOW - FAR) is 0; x exp(-x) and exp(-x) vanish beside 1 at HIGH, and x exp(-2 x) does at TOP
LOW, TOP, HIGH = -1500.0, 22.0, 42.0
_NAMES = {np.dtype(name): name for name in DTYPES}


def version() -> str:
    return str(np.__version__)


def build() -> dict[str, str]:
    config = np.show_config(mode="dicts")
    return {
        "blas": str(config["Build Dependencies"]["blas"]["name"]),
        "instruction_set": " ".join(config["SIMD Extensions"].get("found", [])),
        "compiler": str(config["Compilers"]["c"]["name"]),
    }


def devices() -> tuple[str, ...]:
    return ("cpu",)


def configure(*, threads: int) -> None:
    use_threads(threads)


def compile_obstacle() -> str | None:
    return "NumPy has no compiler"


def graphs() -> int:
    return 0


def asarray(values: Host, *, dtype: str, device: str) -> Array:  # noqa: ARG001  # there is one device
    return round_array(values, dtype)


def to_numpy(x: Array) -> Host:
    return np.array(x)


def dtype(x: Array) -> str:
    # other subclasses give the same memory another meaning: masks, fields, matrix products
    if type(x) not in (np.ndarray, np.memmap):
        raise TypeError(f"numpy: expected a plain numpy.ndarray of {', '.join(DTYPES)}, not {type(x).__name__}")
    if x.dtype.name not in DTYPES:
        raise TypeError(f"numpy: expected an array of {', '.join(DTYPES)}, not {x.dtype.name}")
    return str(x.dtype.name)


def synchronize(x: Array) -> None:
    pass


def memory(x: Array) -> tuple[int, int]:
    first, end = np.lib.array_utils.byte_bounds(x)
    return int(first), int(end)


def copy(x: Array) -> Array:
    return x.copy()


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    if compiled:
        raise NotImplementedError(compile_obstacle())
    return function


def _backprop(function: Function, *, compiled: bool) -> Callable[[Array, Array], Array]:
    forward(function, compiled=compiled)
    activation = function.func  # type: ignore[attr-defined]  # a functools.partial
    gradient = getattr(sys.modules[activation.__module__], f"backprop_{activation.__name__}", None)
    if gradient is None:
        raise NotImplementedError(f"{activation.__module__} has no backprop_{activation.__name__}")
    return functools.partial(gradient, **function.keywords)  # type: ignore[attr-defined]  # likewise


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    gradient = _backprop(function, compiled=compiled)
    return lambda dy: gradient(dy, x)


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    gradient = _backprop(function, compiled=compiled)
    return lambda x, dy: (function(x), gradient(dy, x))


def saved_bytes(function: Function, x: Array, *, compiled: bool) -> int:
    forward(function, compiled=compiled)
    return 0 if function.func is linear else int(x.nbytes)  # type: ignore[attr-defined]  # a functools.partial


def peak_bytes(program: Callable[..., Any], *arguments: Array) -> int:
    traced = tracemalloc.is_tracing()
    if not traced:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        results = program(*arguments)
        peak = tracemalloc.get_traced_memory()[1]
        del results
    finally:
        if not traced:
            tracemalloc.stop()
    return peak - before


def device_seconds(work: Callable[[], Any], *, device: str) -> None:  # noqa: ARG001  # a CPU has the host's clock
    return None


def device_state(device: str) -> dict[str, int | str]:  # noqa: ARG001  # there is one device
    return {}


def _tail_exp(x: Array) -> tuple[Array, Array]:
    """Return two factors of exp(x), neither of them subnormal; only the first matters beside 1."""
    return np.exp(at_least(x, FAR)), np.exp(at_most(x - FAR, 0.0))


def _bound(value: float, x: Array) -> float:
    """Return the largest number of x's dtype that is not above a parameter; x > value is x > bound, exactly."""
    return round_down(value, "float32") if value and x.itemsize == 4 else value


def _factor(value: float, x: Array) -> Any:
    """Return a parameter as a factor: in x's dtype, or in float64, like the product, if it over- or underflows."""
    return np.float64(value) if x.itemsize == 8 or not is_normal("float32", value) else np.float32(value)


def relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    top = None if max_value is None else round_nearest(max_value, _NAMES[x.dtype])
    return _relu(x, negative_slope=negative_slope, max_value=top, threshold=threshold)


@elementwise
def _relu(x: Array, y: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    bound = _bound(threshold, x)
    at_least(x, bound if bound > -math.inf else -largest("float32"), out=y)
    if not threshold:
        np.abs(y, out=y)  # -0 becomes 0
    if max_value is not None:
        y.clip(0.0, max_value, out=y)
    if threshold or max_value is not None:
        y *= x > bound
    if negative_slope:
        y += _leak(x, negative_slope, threshold)
    return y


def _leak(x: Array, negative_slope: float, threshold: float) -> Array:
    """Return negative_slope * min(x - threshold, 0); a threshold below ulp(largest) / 2 cannot make x overflow."""
    near = abs(threshold) <= (2.0**102 if x.itemsize == 4 else 2.0**969)
    if x.itemsize == 4 and not (near and is_held("float32", threshold) and is_normal("float32", negative_slope)):
        x, near = x.astype(np.float64), True
    if not near:
        return negative_slope * at_most(0.5 * x - 0.5 * threshold, 0.0) * 2.0
    return negative_slope * at_most(x - threshold, 0.0)


@elementwise
def backprop_relu(
    dy: Array, x: Array, y: Array, *, negative_slope: float, max_value: float | None, threshold: float
) -> Array:
    bound = _bound(threshold, x)
    mask(np.greater, x, bound, out=y)
    if max_value is not None:
        y *= (x <= _bound(max_value, x)) & (x > 0.0)
    if negative_slope:
        leak = _factor(negative_slope, x) * (x <= bound)
        y = np.add(y, leak, out=y if leak.dtype == y.dtype else leak)  # before dy: dy times the slope may overflow
    y *= dy
    return y


@elementwise
def leaky_relu(x: Array, y: Array, *, negative_slope: float) -> Array:
    if not negative_slope:
        return at_least(x, 0.0, out=y)
    np.multiply(x, _factor(negative_slope, x), out=y, casting="same_kind")
    return (np.maximum if negative_slope <= 1 else np.minimum)(x, y, out=y)


@elementwise
def backprop_leaky_relu(dy: Array, x: Array, y: Array, *, negative_slope: float) -> Array:
    derivative = mask(np.greater, x, 0, out=y)
    if not is_normal("float32", negative_slope) and x.itemsize == 4:
        return (derivative + _factor(negative_slope, x) * (1 - derivative)) * dy
    if negative_slope <= 1:
        at_least(derivative, negative_slope, out=derivative)
    else:
        derivative -= 1
        derivative *= -negative_slope
        at_least(derivative, 1.0, out=derivative)
    derivative *= dy
    return derivative


@elementwise
def relu6(x: Array, y: Array) -> Array:
    return x.clip(0.0, 6.0, out=y)


@elementwise
def backprop_relu6(dy: Array, x: Array, y: Array) -> Array:
    mask(np.greater, x, 0, out=y)
    y *= x < 6
    y *= dy
    return y


@elementwise
def elu(x: Array, y: Array, *, alpha: float) -> Array:
    np.expm1(at_most(x, 0.0, out=y), out=y)
    if alpha == 1:  # expm1(x) is never below x
        return np.maximum(x, y, out=y)
    y *= _factor(alpha, x)
    y += at_least(x, 0.0)
    return y


@elementwise
def backprop_elu(dy: Array, x: Array, y: Array, *, alpha: float) -> Array:
    if alpha > 2.0**32 or not is_normal("float32", alpha):
        return numpy_extremes.backprop_elu(dy, x, alpha=alpha)
    gradient = np.exp(at_most(x, 0.0, out=y), out=y)
    gradient *= dy
    if alpha == 1:
        return gradient
    gradient *= x <= 0  # before alpha, whose product with dy may overflow
    gradient *= alpha
    gradient += dy * (x > 0)
    return gradient


@elementwise
def selu(x: Array, y: Array) -> Array:
    np.expm1(at_most(x, 0.0, out=y), out=y)
    y *= SELU_SCALE * SELU_ALPHA
    y += SELU_SCALE * at_least(x, 0.0)
    return y


@elementwise
def backprop_selu(dy: Array, x: Array, y: Array) -> Array:
    np.exp(at_most(x, 0.0, out=y), out=y)
    y *= SELU_SCALE * SELU_ALPHA
    y -= (x > 0) * x.dtype.type(SELU_SCALE * SELU_ALPHA - SELU_SCALE)
    y *= dy
    return y


@elementwise
def celu(x: Array, y: Array, *, alpha: float) -> Array:
    if alpha > 4 or not is_normal("float32", alpha):  # up to 4, x / alpha loses two bits of a normal number at most
        return numpy_extremes.celu(x, alpha=alpha)
    at_most(x, 0.0, out=y)
    if alpha == 1:
        return np.maximum(x, np.expm1(y, out=y), out=y)
    np.expm1(np.divide(y, alpha, out=y), out=y)
    y *= alpha
    return np.maximum(x, y, out=y)  # alpha expm1(x / alpha) is never below x


@elementwise
def backprop_celu(dy: Array, x: Array, y: Array, *, alpha: float) -> Array:
    if not is_normal("float32", alpha):
        return numpy_extremes.backprop_celu(dy, x, alpha=alpha)
    at_most(x, 0.0, out=y)
    if alpha != 1:
        y /= alpha
    return np.multiply(dy, np.exp(y, out=y), out=y)


def _log1p_exp(x: Array, y: Array) -> Array:
    """Return log(1 + exp(-|x|))."""
    np.negative(np.abs(x, out=y), out=y)
    return np.log1p(np.exp(y, out=y), out=y)


@elementwise
def softplus(x: Array, y: Array) -> Array:
    return np.add(_log1p_exp(x, y), at_least(x, 0.0), out=y)


@elementwise
def backprop_softplus(dy: Array, x: Array, y: Array) -> Array:
    return np.multiply(dy, _sigmoid(x, y), out=y)


@elementwise
def softsign(x: Array, y: Array) -> Array:
    below = np.abs(x, out=y)
    below += 1
    if not below.max() < np.inf:
        top = float(np.finfo(x.dtype).max)
        x = at_least(at_most(x, top), -top)
        below = 1 + np.abs(x)
    return np.divide(x, below, out=y)


@elementwise
def backprop_softsign(dy: Array, x: Array, y: Array) -> Array:
    r = np.abs(x, out=y)
    r += 1
    np.divide(1, r, out=r)
    return np.multiply(dy * r, r, out=y)


@elementwise
def soft_shrink(x: Array, y: Array, *, threshold: float) -> Array:
    if x.itemsize == 4 and not is_held("float32", threshold):
        x = x.astype(np.float64)
        return x - x.clip(-threshold, threshold)
    x.clip(-threshold, threshold, out=y)
    return np.subtract(x, y, out=y)


@elementwise
def backprop_soft_shrink(dy: Array, x: Array, y: Array, *, threshold: float) -> Array:
    return _backprop_shrink(dy, x, y, threshold)


@elementwise
def hard_shrink(x: Array, y: Array, *, threshold: float) -> Array:
    return np.multiply(x, mask(np.greater, np.abs(x, out=y), _bound(threshold, x), out=y), out=y)


@elementwise
def backprop_hard_shrink(dy: Array, x: Array, y: Array, *, threshold: float) -> Array:
    return _backprop_shrink(dy, x, y, threshold)


def _backprop_shrink(dy: Array, x: Array, y: Array, threshold: float) -> Array:
    """Return dy where |x| is above the threshold, else 0; for the threshold 0, the identity, return dy everywhere."""
    return np.multiply(dy, mask(np.greater, np.abs(x, out=y), _bound(threshold, x), out=y), out=y) if threshold else dy


def threshold(x: Array, *, threshold: float, default_value: float) -> Array:
    return _threshold(x, threshold=threshold, default_value=round_nearest(default_value, _NAMES[x.dtype]))


@elementwise
def _threshold(x: Array, y: Array, *, threshold: float, default_value: float) -> Array:
    return choose(x <= _bound(threshold, x), default_value, x, out=y)


@elementwise
def backprop_threshold(dy: Array, x: Array, y: Array, *, threshold: float, default_value: float) -> Array:  # noqa: ARG001  # only the value uses default_value
    return np.multiply(dy, mask(np.greater, x, _bound(threshold, x), out=y), out=y)


def _half_step(x: Array, y: Array) -> Array:
    """Return (x + 1) / 2, clipped to [0, 1]."""
    np.add(x, 1, out=y)
    y *= 0.5
    return y.clip(0.0, 1.0, out=y)


@elementwise
def sparse_plus(x: Array, y: Array) -> Array:
    np.square(_half_step(x, y), out=y)
    right = x - 1
    y += at_least(right, 0.0, out=right)
    return y


@elementwise
def backprop_sparse_plus(dy: Array, x: Array, y: Array) -> Array:
    return np.multiply(dy, _half_step(x, y), out=y)


@elementwise
def sparse_sigmoid(x: Array, y: Array) -> Array:
    return _half_step(x, y)


@elementwise
def backprop_sparse_sigmoid(dy: Array, x: Array, y: Array) -> Array:
    mask(np.less, np.abs(x, out=y), 1, out=y)
    y *= 0.5
    y *= dy
    return y


@elementwise
def silu(x: Array, y: Array) -> Array:
    if x.min() >= FAR:
        e = np.exp(np.negative(x, out=y), out=y)
        e += 1
        return np.divide(x, e, out=y)
    x = at_least(x, LOW)
    e, far = _tail_exp(at_most(x, HIGH))
    return np.multiply(x * (e / (1 + e)), far, out=y)


@elementwise
def backprop_silu(dy: Array, x: Array, y: Array) -> Array:
    near, c = x.min() >= FAR, at_most(x, HIGH, out=y)
    if not near:
        at_least(c, LOW, out=c)
    e, far = (np.exp(c), None) if near else _tail_exp(c)
    s = 1 + e
    np.divide(1, s, out=s)
    c += 1
    c += e
    c *= s
    e *= s
    e *= dy
    y *= e
    return y if far is None else y * far


def _half_hypot(x: Array, b: float) -> tuple[Array, Array]:
    """Return |x| / 2 and sqrt(x^2 + b) / 2, with the larger term taken out of the root so that no square overflows."""
    h, s = 0.5 * np.abs(x), 0.5 * b**0.5
    large, small = at_least(h, s), at_most(h, s)
    ratio = small / large
    return h, large * np.sqrt(1 + ratio * ratio)


def _root(x: Array, b: float, y: Array) -> Array:
    """Return sqrt(x^2 + b)."""
    np.square(x, out=y)
    y += b
    return np.sqrt(y, out=y)


@elementwise
def squareplus(x: Array, y: Array, *, b: float) -> Array:
    if not b:
        return at_least(x, 0.0, out=y)
    if not 2.0**-63 <= b <= 2.0**63:
        return numpy_extremes.squareplus(x, b=b)
    total = np.abs(x)
    total += _root(x, b, y)
    if total.max() < np.inf:
        np.divide(0.5 * b, total, out=total)
    else:
        h, root = _half_hypot(x, b)
        total = 0.25 * b / (h + root)
    return np.add(total, at_least(x, 0.0, out=y), out=y)


@elementwise
def backprop_squareplus(dy: Array, x: Array, y: Array, *, b: float) -> Array:
    if b and not 2.0**-63 <= b <= 2.0**63:
        return numpy_extremes.backprop_squareplus(dy, x, b=b)
    positive = mask(np.greater, x, 0, out=np.empty_like(x))
    if not b:
        return np.multiply(dy, positive, out=y)
    total = np.abs(x)
    root = _root(x, b, y)
    total += root
    if total.max() < np.inf:
        np.divide(np.divide(0.5 * b, total, out=total), root, out=y)
    else:
        h, root = _half_hypot(x, b)
        s = 0.5 * b**0.5
        np.multiply(0.5 * (s / root), s / (h + root), out=y)
    np.abs(np.subtract(positive, y, out=y), out=y)  # f'(x) + f'(-x) = 1
    y *= dy
    return y


@elementwise
def gelu(x: Array, y: Array, *, approximate: bool) -> Array:
    return (numpy_gelu.tanh_form if approximate else numpy_gelu.erf_form)(x, y)


@elementwise
def backprop_gelu(dy: Array, x: Array, y: Array, *, approximate: bool) -> Array:
    return (numpy_gelu.backprop_tanh_form if approximate else numpy_gelu.backprop_erf_form)(dy, x, y)


def glu(x: Array, *, axis: int) -> Array:
    return along(axis, numpy_rows.glu, x, shrink=2)


def backprop_glu(dy: Array, x: Array, *, axis: int) -> Array:
    return along(axis, numpy_rows.backprop_glu, dy, x)


@elementwise
def tanh(x: Array, y: Array) -> Array:
    return np.tanh(x, out=y)


@elementwise
def backprop_tanh(dy: Array, x: Array, y: Array) -> Array:
    e = np.exp(x, out=y)
    e += 1 / e
    r = np.divide(2, e, out=e)  # 1 / cosh(x), whose square is 0 long before e overflows
    return np.multiply(dy * r, r, out=y)


@elementwise
def tanh_shrink(x: Array, y: Array) -> Array:
    if x.itemsize == 4 and max(x.max(), -x.min()) <= numpy_shrink.NEAR:
        return numpy_shrink.near(x, y)
    return numpy_shrink.far(x, y)


@elementwise
def backprop_tanh_shrink(dy: Array, x: Array, y: Array) -> Array:
    t = np.tanh(x, out=y)
    return np.multiply(dy * t, t, out=y)


@elementwise
def hard_tanh(x: Array, y: Array) -> Array:
    return x.clip(-1.0, 1.0, out=y)


@elementwise
def backprop_hard_tanh(dy: Array, x: Array, y: Array) -> Array:
    return np.multiply(dy, mask(np.less, np.abs(x, out=y), 1, out=y), out=y)


def _sigmoid(x: Array, y: Array) -> Array:
    e = np.exp(at_most(x, HIGH, out=y), out=y)  # not 1 / (1 + exp(-x)): that is 0 where the result is subnormal
    return np.divide(e, 1 + e, out=y)


@elementwise
def sigmoid(x: Array, y: Array) -> Array:
    return _sigmoid(x, y)


@elementwise
def backprop_sigmoid(dy: Array, x: Array, y: Array) -> Array:
    e = np.exp(x, out=y)
    e += 1 / e
    e += 2
    return np.divide(dy, e, out=y)  # e / (1 + e)^2


def _six_steps(x: Array, y: Array) -> Array:
    """Return (x + 3) / 6, clipped to [0, 1]."""
    np.add(x, 3, out=y).clip(0.0, 6.0, out=y)
    y /= 6
    return y


@elementwise
def hard_sigmoid(x: Array, y: Array) -> Array:
    return _six_steps(x, y)


@elementwise
def backprop_hard_sigmoid(dy: Array, x: Array, y: Array) -> Array:
    mask(np.less, np.abs(x, out=y), 3, out=y)
    y *= dy
    y /= 6
    return y


@elementwise
def hard_silu(x: Array, y: Array) -> Array:
    return np.multiply(at_least(x, -3.0), _six_steps(x, y), out=y)


@elementwise
def backprop_hard_silu(dy: Array, x: Array, y: Array) -> Array:
    derivative = x.clip(-3.0, 3.0, out=y)
    derivative += 1.5
    derivative /= 3
    derivative *= x > -3
    derivative -= (x >= 3) * x.dtype.type(0.5)
    derivative *= dy
    return derivative


@elementwise
def log_sigmoid(x: Array, y: Array) -> Array:
    return np.subtract(at_most(x, 0.0), _log1p_exp(x, y), out=y)


@elementwise
def backprop_log_sigmoid(dy: Array, x: Array, y: Array) -> Array:
    return np.multiply(dy, _sigmoid(np.negative(x, out=y), y), out=y)


@elementwise
def exponential(x: Array, y: Array) -> Array:
    return np.exp(x, out=y)


@elementwise
def backprop_exponential(dy: Array, x: Array, y: Array) -> Array:
    return np.multiply(dy, np.exp(x, out=y), out=y)


@elementwise
def linear(x: Array, y: Array) -> Array:  # noqa: ARG001  # the kernel copies x to y
    return x


@elementwise
def backprop_linear(dy: Array, x: Array, y: Array) -> Array:  # noqa: ARG001  # the derivative is 1 everywhere
    return dy


@elementwise
def mish(x: Array, y: Array) -> Array:
    near, c = x.min() >= FAR, at_most(x, TOP, out=y)
    if not near:
        at_least(c, LOW, out=c)
        x = at_least(x, LOW)
    e, far = (np.exp(c, out=c), None) if near else _tail_exp(c)
    w = e + 2
    w *= e
    np.divide(w, w + 2, out=y)
    y *= x
    return y if far is None else y * far


@elementwise
def backprop_mish(dy: Array, x: Array, y: Array) -> Array:
    near, c = x.min() >= FAR, at_most(x, TOP, out=y)
    if not near:
        at_least(c, LOW, out=c)
    e, far = (np.exp(c), None) if near else _tail_exp(c)
    s = e + 2
    s *= e
    s += 2
    np.divide(1, s, out=s)
    # e s ((4 (x + 1) + e (4 x + 6 + e (4 + e))) s): this sum keeps most digits at the derivative's root, -1.19
    c += 1
    c *= 4
    inner = e + 4
    inner *= e
    inner += c
    inner += 2
    inner *= e
    c += inner
    c *= s
    e *= s
    e *= dy
    c *= e
    return c if far is None else c * far


def softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return along(axis, numpy_rows.softmax, x)


def backprop_softmax(dy: Array, x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return along(axis, numpy_rows.backprop_softmax, dy, x)


def log_softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return along(axis, numpy_rows.log_softmax, x)


def backprop_log_softmax(dy: Array, x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return along(axis, numpy_rows.backprop_log_softmax, dy, x)


def sparsemax(x: Array, *, axis: int) -> Array:
    return along(axis, numpy_rows.sparsemax, x)


def backprop_sparsemax(dy: Array, x: Array, *, axis: int) -> Array:
    return along(axis, numpy_rows.backprop_sparsemax, dy, x)
