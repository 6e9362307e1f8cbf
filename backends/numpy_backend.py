"""NumPy on the CPU: every activation and its backward pass our own, since NumPy has neither.

Three things decide what is written here:

* Both tails are exact: no intermediate overflows, cancels or is subnormal where the result is a normal number.
* Branches are sums of clipped parts or products with a mask: `np.where` on random signs costs 50 passes, and
  `np.maximum` with a number twice what `np.clip` does.
* Inputs are clipped where the result no longer changes, so that infinities have their limits.

`backprop_<name>(dy, x, **parameters)` is dy times the slope, found by `backward` beside the function.
"""

import functools
import sys
from collections.abc import Callable

import numpy as np

from backends import numpy_departures
from backends.catalogue import SELU_ALPHA, SELU_SCALE
from backends.interface import DTYPES, Array, Function, Host, Mode
from backends.numpy_kernel import along, elementwise
from backends.numpy_normal import CUBIC, LINEAR, ROOT, ROOT_REST, M, S, cubic_exp, gauss, ratio
from backends.rounding import rounded

MODES: tuple[Mode, ...] = ("eager",)
OUT_OF_MEMORY: tuple[type[BaseException], ...] = ()
DIVERGENCES = numpy_departures.DIVERGENCES

# exp(LOW - FAR) is 0; at HIGH both x exp(-x) and exp(-x) vanish beside 1; at TOP so does x exp(-2 x)
LOW, FAR, TOP, HIGH = -1500.0, -64.0, 22.0, 42.0


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


def configure(*, threads: int) -> None:  # elementwise NumPy has one thread
    pass


def compile_obstacle() -> str | None:
    return "NumPy has no compiler"


def graphs() -> int:
    return 0


def asarray(values: Host, *, dtype: str, device: str) -> Array:  # noqa: ARG001  # there is one device
    return rounded(values, dtype)


def to_numpy(x: Array) -> Host:
    return np.array(x)


def dtype(x: Array) -> str:
    if not isinstance(x, np.ndarray) or x.dtype.name not in DTYPES:
        kind = x.dtype.name if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(f"numpy: expected an array of {', '.join(DTYPES)}, not {kind}")
    return str(x.dtype.name)


def synchronize(x: Array) -> None:
    pass


def copy(x: Array) -> Array:
    return x.copy()


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    if compiled:
        raise NotImplementedError(compile_obstacle())
    return function


def _backprop(function: Function, *, compiled: bool) -> Callable[[Array, Array], Array]:
    forward(function, compiled=compiled)
    inner = function.func  # type: ignore[attr-defined]  # a functools.partial
    found = getattr(sys.modules[inner.__module__], f"backprop_{inner.__name__}")
    return functools.partial(found, **function.keywords)  # type: ignore[attr-defined]  # likewise


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    slope = _backprop(function, compiled=compiled)
    return lambda dy: slope(dy, x)


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    slope = _backprop(function, compiled=compiled)
    return lambda x, dy: (function(x), slope(dy, x))


def _positive(x: Array) -> Array:
    return np.clip(x, 0.0, np.inf)


def _negative(x: Array) -> Array:
    return np.clip(x, -np.inf, 0.0)


def _tail_exp(x: Array) -> tuple[Array, Array | float]:
    """exp(x) as a product of two, neither of them subnormal; the first alone counts beside 1."""
    beyond = not x.min() >= FAR  # not <: a NaN elsewhere in the block must not hide it
    return np.exp(np.clip(x, FAR, np.inf)), np.exp(_negative(x - FAR)) if beyond else 1.0


@elementwise
def relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    above = np.maximum(x, threshold)
    if max_value is not None:
        above = np.clip(above, 0.0, max_value)
    y = above * (x > threshold) if threshold or max_value is not None else above
    return y + negative_slope * _negative(x - threshold) if negative_slope else y


@elementwise
def backprop_relu(dy: Array, x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    above = x > threshold
    if max_value is not None:
        above &= (x <= max_value) & (x > 0.0)
    y = dy * above
    return y + negative_slope * dy * (x <= threshold) if negative_slope else y


@elementwise
def leaky_relu(x: Array, *, negative_slope: float) -> Array:
    if not negative_slope:
        return _positive(x)
    return (np.maximum if negative_slope <= 1 else np.minimum)(x, negative_slope * x)


@elementwise
def backprop_leaky_relu(dy: Array, x: Array, *, negative_slope: float) -> Array:
    return dy * (x > 0) + negative_slope * dy * (x <= 0)


@elementwise
def relu6(x: Array) -> Array:
    return np.clip(x, 0.0, 6.0)


@elementwise
def backprop_relu6(dy: Array, x: Array) -> Array:
    return dy * ((x > 0) & (x < 6))


@elementwise
def elu(x: Array, *, alpha: float) -> Array:
    return _positive(x) + alpha * np.expm1(_negative(x))


@elementwise
def backprop_elu(dy: Array, x: Array, *, alpha: float) -> Array:
    left = dy * np.exp(_negative(x))
    return left if alpha == 1 else alpha * left * (x <= 0) + dy * (x > 0)


@elementwise
def selu(x: Array) -> Array:
    return SELU_SCALE * _positive(x) + SELU_SCALE * SELU_ALPHA * np.expm1(_negative(x))


@elementwise
def backprop_selu(dy: Array, x: Array) -> Array:
    left = SELU_SCALE * SELU_ALPHA * dy * np.exp(_negative(x))
    return left * (x <= 0) + SELU_SCALE * dy * (x > 0)


@elementwise
def celu(x: Array, *, alpha: float) -> Array:
    return _positive(x) + alpha * np.expm1(_negative(x) / alpha)


@elementwise
def backprop_celu(dy: Array, x: Array, *, alpha: float) -> Array:
    return dy * np.exp(_negative(x) / alpha)


@elementwise
def softplus(x: Array) -> Array:
    return _positive(x) + np.log1p(np.exp(-np.abs(x)))


@elementwise
def backprop_softplus(dy: Array, x: Array) -> Array:
    return dy * _sigmoid(x)


@elementwise
def softsign(x: Array) -> Array:
    top = np.finfo(x.dtype).max
    x = np.clip(x, -top, top)
    return x / (1 + np.abs(x))


@elementwise
def backprop_softsign(dy: Array, x: Array) -> Array:
    r = 1 / (1 + np.abs(x))
    return dy * r * r


@elementwise
def soft_shrink(x: Array, *, threshold: float) -> Array:
    return x - np.clip(x, -threshold, threshold)


@elementwise
def backprop_soft_shrink(dy: Array, x: Array, *, threshold: float) -> Array:
    return dy * (np.abs(x) > threshold)


@elementwise
def hard_shrink(x: Array, *, threshold: float) -> Array:
    return x * (np.abs(x) > threshold)


@elementwise
def backprop_hard_shrink(dy: Array, x: Array, *, threshold: float) -> Array:
    return dy * (np.abs(x) > threshold)


@elementwise
def threshold(x: Array, *, threshold: float, default_value: float) -> Array:
    below = np.multiply(x <= threshold, default_value, dtype=x.dtype)
    return np.maximum(x, threshold) * (x > threshold) + below


@elementwise
def backprop_threshold(dy: Array, x: Array, *, threshold: float, default_value: float) -> Array:  # noqa: ARG001  # is the value's
    return dy * (x > threshold)


@elementwise
def sparse_plus(x: Array) -> Array:
    c = np.clip(0.5 * (x + 1), 0.0, 1.0)
    return c * c + _positive(x - 1)


@elementwise
def backprop_sparse_plus(dy: Array, x: Array) -> Array:
    return dy * np.clip(0.5 * (x + 1), 0.0, 1.0)


@elementwise
def sparse_sigmoid(x: Array) -> Array:
    return np.clip(0.5 * (x + 1), 0.0, 1.0)


@elementwise
def backprop_sparse_sigmoid(dy: Array, x: Array) -> Array:
    return 0.5 * dy * (np.abs(x) < 1)


@elementwise
def silu(x: Array) -> Array:
    c = np.clip(x, LOW, HIGH)
    e, far = _tail_exp(c)
    return c * e / (1 + e) * far + np.clip(x - HIGH, -0.0, np.inf)


@elementwise
def backprop_silu(dy: Array, x: Array) -> Array:
    c = np.clip(x, LOW, HIGH)
    e, far = _tail_exp(c)
    s = 1 / (1 + e)
    return dy * (e * s) * ((1 + c + e) * s) * far


def _half_hypot(x: Array, b: float) -> tuple[Array, Array]:
    """|x| / 2 and sqrt(x^2 + b) / 2, the larger taken out of the root so that no square overflows."""
    h, s = 0.5 * np.abs(x), 0.5 * b**0.5
    large, small = np.maximum(h, s), np.minimum(h, s)
    ratio = small / large
    return h, large * np.sqrt(1 + ratio * ratio)


@elementwise
def squareplus(x: Array, *, b: float) -> Array:
    if not b:
        return _positive(x)
    h, root = _half_hypot(x, b)
    return _positive(x) + 0.25 * b / (h + root)


@elementwise
def backprop_squareplus(dy: Array, x: Array, *, b: float) -> Array:
    positive = x > 0
    if not b:
        return dy * positive
    h, root = _half_hypot(x, b)
    s = 0.5 * b**0.5
    left = 0.5 * (s / root) * (s / (h + root))
    return dy * _mirrored(left, positive)


def _mirrored(left: Array, positive: Array) -> Array:
    """The slope whose left half is `left` at -|x|, where slope(x) + slope(-x) = 1."""
    p = positive.astype(left.dtype)
    return p + (1 - 2 * p) * left


@elementwise
def gelu(x: Array, *, approximate: bool) -> Array:
    exact = x.dtype == np.float64
    if approximate:
        c = np.clip(x, -30.0, 8.0).astype(np.float64, copy=False)  # at 8 its tail vanishes beside 1
        e = cubic_exp(c, exact=exact)
        return c * e / (1 + e) + np.clip(x - 8, -0.0, np.inf)
    q = np.clip(np.abs(x), 0.0, 40.0)
    wide = q.astype(np.float64, copy=False)
    return np.clip(x, -0.0, np.inf) - wide * gauss(wide, exact=exact) * ratio(q, M)


@elementwise
def backprop_gelu(dy: Array, x: Array, *, approximate: bool) -> Array:
    exact = x.dtype == np.float64
    if approximate:
        c = np.clip(x, -30.0, 8.0).astype(np.float64, copy=False)
        e = cubic_exp(c, exact=exact)
        s = 1 / (1 + e)
        return dy * (e * s) * ((1 + c * (LINEAR + 3 * CUBIC * c * c) + e) * s)
    q = np.clip(np.abs(x), 0.0, 40.0)
    wide = q.astype(np.float64, copy=False)
    left = gauss(wide, exact=exact) * (ROOT - wide + ROOT_REST) * ratio(q, S)
    return dy * _mirrored(left, x > 0)


@elementwise
def _glu(a: Array, b: Array) -> Array:
    f, t = np.exp(0.5 * _negative(b)), np.exp(-np.abs(b))
    return a * f * (f / (1 + t))


@elementwise
def _backprop_glu_gate(dy: Array, a: Array, b: Array) -> Array:
    e = np.exp(-0.5 * np.abs(b))
    s = 1 / (1 + e * e)
    return dy * e * s * (a * e * s)


def glu(x: Array, *, axis: int) -> Array:
    return _glu(*np.split(x, 2, axis))


def backprop_glu(dy: Array, x: Array, *, axis: int) -> Array:
    a, b = np.split(x, 2, axis)
    return np.concatenate([_glu(dy, b), _backprop_glu_gate(dy, a, b)], axis)


@elementwise
def tanh(x: Array) -> Array:
    return np.tanh(x)


@elementwise
def backprop_tanh(dy: Array, x: Array) -> Array:
    e = np.exp(-np.abs(x))
    sech = 2 * e / (1 + e * e)
    return dy * sech * sech


@elementwise
def tanh_shrink(x: Array) -> Array:
    c = np.clip(x, -2.0, 2.0)
    square = c * c
    tail = np.zeros_like(c)
    for k in range(25, 1, -2):  # Lambert: tanh x = x / (1 + x^2 / (3 + x^2 / (5 + ...)))
        tail = square / (k + tail)
    far = np.abs(x) > 2
    return c * tail / (1 + tail) * ~far + (x - np.tanh(x)) * far


@elementwise
def backprop_tanh_shrink(dy: Array, x: Array) -> Array:
    t = np.tanh(x)
    return dy * t * t


@elementwise
def hard_tanh(x: Array) -> Array:
    return np.clip(x, -1.0, 1.0)


@elementwise
def backprop_hard_tanh(dy: Array, x: Array) -> Array:
    return dy * (np.abs(x) < 1)


def _sigmoid(x: Array) -> Array:
    e = np.exp(np.clip(x, -np.inf, HIGH))  # not 1 / (1 + exp(-x)): that is 0 where the result is subnormal
    return e / (1 + e)


@elementwise
def sigmoid(x: Array) -> Array:
    return _sigmoid(x)


@elementwise
def backprop_sigmoid(dy: Array, x: Array) -> Array:
    e = np.exp(-np.abs(x))
    return dy * (e / ((1 + e) * (1 + e)))


@elementwise
def hard_sigmoid(x: Array) -> Array:
    return np.clip(x + 3, 0.0, 6.0) / 6


@elementwise
def backprop_hard_sigmoid(dy: Array, x: Array) -> Array:
    return dy * (np.abs(x) < 3) / 6


@elementwise
def hard_silu(x: Array) -> Array:
    return np.clip(x, -3.0, np.inf) * (np.clip(x + 3, 0.0, 6.0) / 6)


@elementwise
def backprop_hard_silu(dy: Array, x: Array) -> Array:
    slope = (2 * np.clip(x, -3.0, 3.0) + 3) / 6
    return dy * (slope * (x > -3) - np.multiply(x >= 3, 0.5, dtype=x.dtype))


@elementwise
def log_sigmoid(x: Array) -> Array:
    return _negative(x) - np.log1p(np.exp(-np.abs(x)))


@elementwise
def backprop_log_sigmoid(dy: Array, x: Array) -> Array:
    return dy * _sigmoid(-x)


@elementwise
def exponential(x: Array) -> Array:
    return np.exp(x)


@elementwise
def backprop_exponential(dy: Array, x: Array) -> Array:
    return dy * np.exp(x)


@elementwise
def linear(x: Array) -> Array:
    return x


@elementwise
def backprop_linear(dy: Array, x: Array) -> Array:  # noqa: ARG001  # its slope is 1 everywhere
    return dy


@elementwise
def mish(x: Array) -> Array:
    c = np.clip(x, LOW, TOP)
    e, far = _tail_exp(c)
    w = e * (e + 2)
    return c * (w / (w + 2)) * far + np.clip(x - TOP, -0.0, np.inf)


@elementwise
def backprop_mish(dy: Array, x: Array) -> Array:
    c = np.clip(x, LOW, TOP)
    e, far = _tail_exp(c)
    s = 1 / (e * (e + 2) + 2)
    return dy * (e * s) * ((4 * (c + 1) + e * (4 * c + 6 + e * (4 + e))) * s) * far


def _softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def _backprop_softmax(dy: Array, x: Array) -> Array:
    y = _softmax(x)
    # the largest entry's own dy taken off first: the sum would cancel it
    d = dy - np.take_along_axis(dy, x.argmax(-1, keepdims=True), -1)
    return y * (d - (d * y).sum(-1, keepdims=True))


def softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return along(axis, _softmax, x)


def backprop_softmax(dy: Array, x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return along(axis, _backprop_softmax, dy, x)


def _others(x: Array) -> tuple[Array, Array, Array, Array]:
    """Differences to the largest entry, its place, and exp of the others with their sum."""
    top = x.argmax(-1, keepdims=True)
    z = x - np.take_along_axis(x, top, -1)
    e = np.exp(z)
    np.put_along_axis(e, top, 0.0, -1)
    return z, top, e, e.sum(-1, keepdims=True)


def _log_softmax(x: Array) -> Array:
    z, _, _, rest = _others(x)
    return z - np.log1p(rest)


def _backprop_log_softmax(dy: Array, x: Array) -> Array:
    _, top, e, rest = _others(x)
    own, dx = np.take_along_axis(dy, top, -1), dy.copy()
    np.put_along_axis(dx, top, 0.0, -1)
    others = dx.sum(-1, keepdims=True)
    dx -= e * ((own + others) / (1 + rest))
    np.put_along_axis(dx, top, (own * rest - others) / (1 + rest), -1)
    return dx


def log_softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return along(axis, _log_softmax, x)


def backprop_log_softmax(dy: Array, x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return along(axis, _backprop_log_softmax, dy, x)


def _support(z: Array) -> tuple[Array, Array]:
    """Where sparsemax is positive, and tau, for z in [-1, 0] with 0 in every row: Newton's method, which falls short
    of tau from below until the support no longer shrinks. All terms of tau have one sign."""
    count, inside = 0, z > -1
    while np.any(count != (count := inside.sum(-1, keepdims=True))):
        tau = ((z * inside).sum(-1, keepdims=True) - 1) / count
        inside &= z > tau
    return inside, tau


def _sparsemax(x: Array) -> Array:
    z = np.clip(x - x.max(-1, keepdims=True), -1.0, 0.0)
    return _positive(z - _support(z)[1])


def _backprop_sparsemax(dy: Array, x: Array) -> Array:
    inside = _support(np.clip(x - x.max(-1, keepdims=True), -1.0, 0.0))[0]
    mean = (dy * inside).sum(-1, keepdims=True) / inside.sum(-1, keepdims=True)
    return inside * (dy - mean)


def sparsemax(x: Array, *, axis: int) -> Array:
    return along(axis, _sparsemax, x)


def backprop_sparsemax(dy: Array, x: Array, *, axis: int) -> Array:
    return along(axis, _backprop_sparsemax, dy, x)
