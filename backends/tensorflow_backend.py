"""TensorFlow, on the CPU and on CUDA: the framework's own operations wherever it has one.

Four things decide what is measured here:

* A forward call outside of a tape records nothing and needs no context around it.
* `tf.function(jit_compile=True)` compiles each graph that it traces whole, with XLA, or raises: there is no silent
  way back, so that to count the graphs traced is to count those compiled.
* TensorFlow's worker threads, and XLA's code, flush subnormals to zero.
* Half precision: the compositions compute in float32 and round once.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from backends import tensorflow_departures
from backends.interface import DTYPES, Array, Function, Host, Mode
from backends.rounding import rounded

MODES: tuple[Mode, ...] = ("eager", "compiled")
OUT_OF_MEMORY: tuple[type[BaseException], ...] = (tf.errors.ResourceExhaustedError,)
DIVERGENCES = tensorflow_departures.DIVERGENCES
_DTYPES = {name: getattr(tf, name) for name in DTYPES}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_DEVICES = {"cpu": "/CPU:0", "gpu": "/GPU:0"}
_GRAPHS: list[str] = []  # a name for each graph that XLA compiled


@tf.RegisterGradient("Snapshot")  # type: ignore[untyped-decorator]  # tf is Any here
def _snapshot_gradient(_op: Array, dy: Array) -> Array:
    """TensorFlow has a copy but no gradient of it; `tf.identity` has one and returns its argument's memory."""
    return tf.raw_ops.Snapshot(input=dy)


def version() -> str:
    return str(tf.__version__).partition("+")[0]


def build() -> dict[str, str]:
    info = tf.sysconfig.get_build_info()
    return {
        "commit": str(tf.version.GIT_VERSION),
        "compiler": str(tf.version.COMPILER_VERSION),
        "cuda": str(info.get("cuda_version")),
        "cudnn": str(info.get("cudnn_version")),
    }


def devices() -> tuple[str, ...]:
    return ("cpu", "gpu") if tf.config.list_physical_devices("GPU") else ("cpu",)


def configure(*, threads: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(False)


def compile_obstacle() -> str | None:
    return None  # XLA is part of every build of TensorFlow 2


def graphs() -> int:
    return len(_GRAPHS)


def asarray(values: Host, *, dtype: str, device: str) -> Array:
    with tf.device(_DEVICES[device]):
        return tf.constant(rounded(values, dtype))


def to_numpy(x: Array) -> Host:
    return np.asarray(x.numpy())  # numpy() copies


def dtype(x: Array) -> str:
    if not isinstance(x, tf.Tensor) or not hasattr(x, "numpy") or x.dtype not in _NAMES:
        kind = x.dtype.name if hasattr(x, "numpy") and isinstance(x, tf.Tensor) else type(x).__name__
        raise TypeError(f"tensorflow: expected an eager tensor of {', '.join(_DTYPES)}, not {kind}")
    return _NAMES[x.dtype]


def synchronize(x: Array) -> None:  # noqa: ARG001  # TensorFlow waits for its devices, not for a tensor
    tf.test.experimental.sync_devices()


def copy(x: Array) -> Array:
    return tf.raw_ops.Snapshot(input=x)


def _compiled(program: Callable[..., Any], name: str) -> Callable[..., Any]:
    def traced(*args: Array) -> Any:
        if tf.inside_function():  # not so under tf.config.run_functions_eagerly, which compiles nothing
            _GRAPHS.append(name)
        return program(*args)

    return tf.function(traced, jit_compile=True, autograph=False)  # type: ignore[no-any-return]  # tf is Any here


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    return _compiled(function, "forward") if compiled else function


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    if compiled:
        first, second = _split(function, x)
        saved = first(x)
        return lambda dy: second(dy, *saved)
    with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(x)
        y = function(x)
    return lambda dy: tape.gradient(y, x, dy)


def _split(function: Function, x: Array) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The compiled programs x -> what the gradient reads of the forward pass, and that with dy -> dx.

    Cut from one graph as TensorFlow cuts it under a tape that is used once. A persistent tape around a compiled call
    makes it save for second derivatives too: at 1e6 elements the backward pass of gelu took 5 times as long.
    """
    saved: dict[str, Array] = {}

    def both(x: Array) -> tuple[Array, Array]:
        y = function(x)
        dy = tf.compat.v1.placeholder(y.dtype, y.shape)
        forward_pass = {op.name for op in y.graph.get_operations()} - {dy.op.name}
        (dx,) = tf.gradients(y, x, dy)
        pending, seen = [dx], {dy.op.name}
        while pending:
            tensor = pending.pop()
            if tensor.op.name in forward_pass:
                if tensor.op.type != "Const":  # which the gradient's graph gets a copy of
                    saved.update({t.name: t for t in tensor.op.outputs})  # prune cuts between operations
            elif tensor.op.name not in seen:
                seen.add(tensor.op.name)
                pending.extend(tensor.op.inputs)
        return dy, dx

    whole = tf.compat.v1.wrap_function(both, [tf.TensorSpec(x.shape, x.dtype)])
    dy, dx = whole.outputs
    first = whole.prune(whole.inputs, list(saved.values()))
    second = whole.prune([dy, *saved.values()], dx)
    return _compiled(first, "forward"), _compiled(second, "backward")


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    def program(x: Array, dy: Array) -> tuple[Array, Array]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            y = function(x)
        return y, tape.gradient(y, x, dy)

    return _compiled(program, "step") if compiled else program


def _wide(x: Array) -> Array:
    """float32 for half precision, so that a composition rounds once; x itself otherwise."""
    return tf.cast(x, tf.float32) if x.dtype in (tf.float16, tf.bfloat16) else x


def _flat(function: Callable[..., Array], x: Array, axis: int | tuple[int, ...]) -> Array:
    """`function` along one axis, or along several as if they were one."""
    if isinstance(axis, int):
        return function(x, axis=axis)
    inner = [a % x.ndim for a in axis]
    order = [*(a for a in range(x.ndim) if a not in inner), *inner]
    moved = tf.transpose(x, order)
    rows = tf.reshape(moved, [*moved.shape[: -len(inner)], int(np.prod([x.shape[a] for a in inner]))])
    return tf.transpose(tf.reshape(function(rows, axis=-1), moved.shape), np.argsort(order))


def relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    if max_value is None and not threshold and not negative_slope:
        return tf.nn.relu(x)
    wide = _wide(x)
    above = wide if max_value is None else tf.clip_by_value(wide, 0.0, max_value)
    below = negative_slope * (wide - threshold) if negative_slope else tf.zeros_like(wide)
    return tf.cast(tf.where(wide <= threshold, below, above), x.dtype)  # not x > threshold: NaN stays NaN


def leaky_relu(x: Array, *, negative_slope: float) -> Array:
    return tf.nn.leaky_relu(x, alpha=negative_slope)


def relu6(x: Array) -> Array:
    return tf.nn.relu6(x)


@functools.cache  # a graph takes no keyword arguments for tf.custom_gradient
def _elu(alpha: float, scale: float) -> Function:
    """x for x > 0, alpha expm1(x / scale) otherwise; x / scale and exp(x / scale) may be subnormal where the result is
    not."""

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # tf is Any here
    def run(x: Array) -> tuple[Array, Function]:
        low = tf.where(x > 0, tf.zeros_like(x), x)  # tf.minimum makes of -0 what its place in memory says
        curve = tf.where(low < -1e-30, alpha * tf.math.expm1(low / scale), low * (alpha / scale))

        def slope(dy: Array) -> Array:
            root = tf.exp(low * (0.5 / scale))
            return dy * tf.where(x > 0, tf.ones_like(x), (alpha / scale) * root * root)

        return tf.where(x > 0, x, curve), slope

    return run  # type: ignore[no-any-return]


def elu(x: Array, *, alpha: float) -> Array:
    return tf.nn.elu(x) if alpha == 1 else tf.cast(_elu(alpha, 1.0)(_wide(x)), x.dtype)


def selu(x: Array) -> Array:
    return tf.nn.selu(x)


def celu(x: Array, *, alpha: float) -> Array:
    return tf.cast(_elu(alpha, alpha)(_wide(x)), x.dtype)


def softplus(x: Array) -> Array:
    return tf.nn.softplus(x)


def softsign(x: Array) -> Array:
    return tf.nn.softsign(x)


def soft_shrink(x: Array, *, threshold: float) -> Array:
    return x - tf.clip_by_value(x, -threshold, threshold)


def hard_shrink(x: Array, *, threshold: float) -> Array:
    return tf.where(tf.abs(x) <= threshold, tf.zeros_like(x), x)


def threshold(x: Array, *, threshold: float, default_value: float) -> Array:
    return tf.where(x <= threshold, tf.constant(default_value, x.dtype), x)


def sparse_plus(x: Array) -> Array:
    half = tf.clip_by_value(_wide(x), -1.0, 1.0) * 0.5 + 0.5  # clipped: the branch not taken must not overflow
    return tf.where(x < 1, tf.cast(half * half, x.dtype), x)


def sparse_sigmoid(x: Array) -> Array:
    return tf.cast(tf.clip_by_value(_wide(x), -1.0, 1.0) * 0.5 + 0.5, x.dtype)


def silu(x: Array) -> Array:
    return tf.nn.silu(x, beta=1.0)


@functools.cache
def _squareplus(b: float) -> Function:
    @tf.custom_gradient  # type: ignore[untyped-decorator]  # tf is Any here
    def run(x: Array) -> tuple[Array, Function]:
        big, small = tf.maximum(tf.abs(x), b**0.5), tf.minimum(tf.abs(x), b**0.5)
        root = big * tf.sqrt(1 + tf.square(small / big))  # x^2 + b would overflow
        y = tf.maximum(x, 0.0) + (b / 4) / (tf.abs(x) * 0.5 + root * 0.5)  # x + root would cancel for x < 0
        return y, lambda dy: dy * tf.where(tf.equal(y, math.inf), tf.ones_like(x), y / root)

    return run  # type: ignore[no-any-return]


def squareplus(x: Array, *, b: float) -> Array:
    return tf.cast(_squareplus(b)(_wide(x)), x.dtype) if b else tf.nn.relu(x)


def gelu(x: Array, *, approximate: bool) -> Array:
    return tf.nn.gelu(x, approximate=approximate)


@tf.custom_gradient  # type: ignore[untyped-decorator]  # tf is Any here
def _gate(a: Array, b: Array) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """a sigmoid(b). TensorFlow's slope of sigmoid is y (1 - y), which cancels for b > 0."""
    root = tf.exp(-0.5 * tf.abs(b))  # sigmoid(b) is subnormal where a sigmoid(b) may be normal
    top = tf.where(b < 0, root, tf.ones_like(b))
    y = (a * top) * (top / (1 + root * root))
    return y, lambda dy: (dy * tf.sigmoid(b), dy * (y * tf.sigmoid(-b)))


def glu(x: Array, *, axis: int) -> Array:
    a, b = tf.split(_wide(x), 2, axis=axis)
    return tf.cast(_gate(a, b), x.dtype)


def tanh(x: Array) -> Array:
    return tf.tanh(x)


@tf.custom_gradient  # type: ignore[untyped-decorator]  # tf is Any here
def _tanh_shrink(x: Array) -> tuple[Array, Function]:
    square, q = tf.minimum(x * x, 1.0), tf.zeros_like(x)
    for k in range(21 if x.dtype == tf.float64 else 13, 1, -2):  # tanh x = x / (1 + x^2 / (3 + x^2 / (5 + ...
        q = square / (k + q)
    y = tf.where(tf.abs(x) < 1, x * (q / (1 + q)), x - tf.tanh(x))

    def slope(dy: Array) -> Array:
        e = tf.exp(-2 * tf.abs(x))
        far = 1 - 4 * e / tf.square(1 + e)  # tf.tanh is 4 ulp off where its slope is nearly 0
        return dy * tf.where(tf.abs(x) < 1, tf.square(tf.tanh(x)), far)

    return y, slope


def tanh_shrink(x: Array) -> Array:
    return tf.cast(_tanh_shrink(_wide(x)), x.dtype)


def hard_tanh(x: Array) -> Array:
    return tf.clip_by_value(x, -1.0, 1.0)


def sigmoid(x: Array) -> Array:
    return tf.sigmoid(x)


def _hard_sigmoid(x: Array) -> Array:
    return (tf.clip_by_value(x, -3.0, 3.0) + 3) / 6


def hard_sigmoid(x: Array) -> Array:
    return tf.cast(_hard_sigmoid(_wide(x)), x.dtype)


def hard_silu(x: Array) -> Array:
    wide = _wide(x)
    return tf.cast(tf.maximum(wide, -3.0) * _hard_sigmoid(wide), x.dtype)  # not x: -inf times 0 is NaN


def log_sigmoid(x: Array) -> Array:
    return tf.math.log_sigmoid(x)


def exponential(x: Array) -> Array:
    return tf.exp(x)


def linear(x: Array) -> Array:
    return tf.raw_ops.Snapshot(input=x)


@tf.custom_gradient  # type: ignore[untyped-decorator]  # tf is Any here
def _mish(x: Array) -> tuple[Array, Function]:
    near = tf.clip_by_value(x, -2000.0, 2000.0)  # inf times 0 is NaN
    root = tf.exp(-0.5 * tf.abs(near))  # e itself is subnormal where x e is still normal
    e = root * root
    n, q = e * (e + 2) + 2, 1 + 2 * e + 2 * e * e
    y = tf.where(x > 0, x * ((1 + 2 * e) / q), near * root * ((e + 2) / n) * root)

    def slope(dy: Array) -> Array:
        right = (1 + 2 * e) / q + near * (4 * e * e) * (1 + e) / (q * q)
        left = (root * ((e + 2) / n + 4 * near * (1 + e) / (n * n))) * root
        return dy * tf.where(x > 0, right, left)

    return y, slope


def mish(x: Array) -> Array:
    return tf.cast(_mish(_wide(x)), x.dtype)


def softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return _flat(tf.nn.softmax, x, axis)


def log_softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return _flat(tf.nn.log_softmax, x, axis)


@tf.custom_gradient  # type: ignore[untyped-decorator]  # tf is Any here
def _sparsemax(x: Array) -> tuple[Array, Function]:
    z = x - tf.reduce_max(x, -1, keepdims=True)
    ranked = tf.sort(z, axis=-1, direction="DESCENDING")
    places = tf.range(1, x.shape[-1] + 1, dtype=x.dtype)
    above = 1 + places * ranked > tf.cumsum(ranked, -1)
    count = tf.reduce_sum(tf.cast(above, x.dtype), -1, keepdims=True)
    tau = (tf.reduce_sum(tf.where(above, ranked, tf.zeros_like(x)), -1, keepdims=True) - 1) / count
    y = tf.maximum(z - tau, 0.0)

    def slope(dy: Array) -> Array:
        inside = tf.cast(y > 0, x.dtype)
        mean = tf.reduce_sum(dy * inside, -1, keepdims=True) / tf.reduce_sum(inside, -1, keepdims=True)
        return inside * (dy - mean)

    return y, slope


def sparsemax(x: Array, *, axis: int) -> Array:
    order = [a for a in range(x.ndim) if a != axis % x.ndim] + [axis % x.ndim]
    return tf.cast(tf.transpose(_sparsemax(_wide(tf.transpose(x, order))), np.argsort(order)), x.dtype)
