"""The TensorFlow backend, on the CPU and on CUDA, with the framework's own operation wherever there is one.

These facts determine what is measured:

* A forward call outside of a tape records nothing and needs no context around it.
* On the CPU a call returns when its work is done: after 1e7 elements `sync_devices` takes 200 us, as long as after
  NumPy's exp of the same size, and no thread still works. A call of it costs 12 us, so only a GPU is waited for.
* Eager dispatch is most of a small call: at 1e3 elements an operator (`x * 0.5`) takes 20 us, one of `tf.raw_ops` 9,
  `tf.custom_gradient` 77. The compositions are written accordingly, and their gradients as single formulas.
* `tf.function(jit_compile=True)` compiles each traced graph as a whole, with XLA, or raises. It never falls back
  silently, so the number of traced graphs is the number of compiled graphs.
* TensorFlow's worker threads, and XLA's code, flush subnormals to zero.
* Half precision: the compositions compute in float32 and round once.
"""

import ctypes
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record  # no public name tells whether a tape records

from backends import cuda, tensorflow_departures
from backends.interface import DTYPES, Array, Function, Host, Mode
from backends.rounding import is_held, is_normal, round_array, round_down_flushed, round_nearest

MODES: tuple[Mode, ...] = ("eager", "compiled")
VARIABLES = {"TF_XLA_FLAGS": "--tf_xla_persistent_cache_directory={cache}"}
RESULT_VARIABLES = ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "XLA_FLAGS")
OUT_OF_MEMORY: tuple[type[BaseException], ...] = (tf.errors.ResourceExhaustedError,)
ALIASES: tuple[str, ...] = ()
DIVERGENCES = tensorflow_departures.DIVERGENCES
REVISIONS = {"glu": 2, "sparsemax": 2}
OURS = (
    "relu[negative_slope=0.7]",
    "relu[threshold=7.0]",
    "relu[threshold=-1.0]",
    "relu[max_value=3.0]",
    "relu[negative_slope=0.25,max_value=6.0,threshold=1.0]",
    "elu[alpha=0.5]",
    "elu[alpha=2.0]",
    "celu",
    "soft_shrink",
    "hard_shrink",
    "threshold",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "glu",
    "tanh_shrink",
    "hard_sigmoid",
    "hard_silu",
    "mish",
    "sparsemax",
)
"""Activations, or variants, that are compositions in this file; TensorFlow computes the others."""
_DTYPES = {name: getattr(tf, name) for name in DTYPES}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
_DEVICES = {"cpu": "/CPU:0", "gpu": "/GPU:0"}
_GRAPHS: list[str] = []  # a name for each graph that XLA compiled
_GPUS = tf.config.list_physical_devices("GPU")
_POINTER = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


@tf.RegisterGradient("Snapshot")  # type: ignore[untyped-decorator]  # tf is Any here
def _snapshot_gradient(_op: Array, dy: Array) -> Array:
    """Return Snapshot's gradient, which TensorFlow lacks; `tf.identity` has one but returns its argument's memory."""
    return tf.raw_ops.Snapshot(input=dy)


def version() -> str:
    return str(tf.__version__).partition("+")[0]


def build() -> dict[str, str]:
    info = tf.sysconfig.get_build_info()
    return {
        "build": f"{version()}{_onednn()}",
        "commit": str(tf.version.GIT_VERSION),
        "compiler": str(tf.version.COMPILER_VERSION),
        "cuda": str(info.get("cuda_version")),
        "cudnn": str(info.get("cudnn_version")),
    }


def _onednn() -> str:
    """Return the build's local part, empty if oneDNN's kernels are used, as is usual with AVX-512 VNNI."""
    try:
        from tensorflow.python.util import _pywrap_util_port

        return "" if _pywrap_util_port.IsMklEnabled() else "+no_onednn"
    except (ImportError, AttributeError):  # a private name, without a public equivalent
        return "+unknown_onednn"


def devices() -> tuple[str, ...]:
    return ("cpu", "gpu") if _GPUS else ("cpu",)


def configure(*, threads: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.config.experimental.set_synchronous_execution(True)
    for gpu in _GPUS:
        tf.config.experimental.set_memory_growth(gpu, True)  # otherwise TensorFlow takes the whole device


def compile_obstacle() -> str | None:
    return None  # XLA is part of every build of TensorFlow 2


def graphs() -> int:
    return len(_GRAPHS)


def asarray(values: Host, *, dtype: str, device: str) -> Array:
    with tf.device(_DEVICES[device]):
        return tf.constant(round_array(values, dtype))


def to_numpy(x: Array) -> Host:
    return np.asarray(x.numpy())  # numpy() copies


def dtype(x: Array) -> str:
    if not isinstance(x, tf.Tensor) or not hasattr(x, "numpy") or x.dtype not in _NAMES:
        kind = x.dtype.name if hasattr(x, "numpy") and isinstance(x, tf.Tensor) else type(x).__name__
        raise TypeError(f"tensorflow: expected an eager tensor of {', '.join(_DTYPES)}, not {kind}")
    return _NAMES[x.dtype]


def synchronize(x: Array) -> None:
    if _GPUS and "GPU" in x.device:
        tf.test.experimental.sync_devices()


def memory(x: Array) -> tuple[int, int]:
    capsule = tf.experimental.dlpack.to_dlpack(x)  # the only address that TensorFlow offers: a DLTensor's first field
    address = ctypes.cast(_POINTER(capsule, b"dltensor"), ctypes.POINTER(ctypes.c_void_p))[0] or 0
    return address, address + x.shape.num_elements() * x.dtype.size


def copy(x: Array) -> Array:
    return _copy(x)


def _on_input_device(program: Callable[..., Any]) -> Callable[..., Any]:
    """Make a program run on the device of its first argument; by default TensorFlow uses any GPU that it sees."""

    def run(x: Array, *rest: Array) -> Any:
        with tf.device(x.device):
            return program(x, *rest)

    return run if _GPUS else program


_copy = _on_input_device(lambda x: tf.raw_ops.Snapshot(input=x))


def _compiled(program: Callable[..., Any], name: str) -> Callable[..., Any]:
    def traced(*args: Array) -> Any:
        if tf.inside_function():  # false under tf.config.run_functions_eagerly, which compiles nothing
            _GRAPHS.append(name)
        return program(*args)

    return tf.function(traced, jit_compile=True, autograph=False)  # type: ignore[no-any-return]  # tf is Any here


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    return _on_input_device(_compiled(function, "forward") if compiled else function)


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    if compiled:
        first, second = _split(function, x)
        run, saved = _on_input_device(_compiled(second, "backward")), _on_input_device(_compiled(first, "forward"))(x)
        return lambda dy: run(dy, *saved)
    with tf.device(x.device), tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
        tape.watch(x)
        y = function(x)
    return _on_input_device(lambda dy: tape.gradient(y, x, dy))


def _split(function: Function, x: Array) -> tuple[Any, Any]:
    """Return the programs x -> saved, the arrays of the forward pass that the gradient reads, and (dy, *saved) -> dx.

    They are cut from one graph as TensorFlow cuts it under a tape that is used once. A persistent tape around a
    compiled call would also save arrays for second derivatives: at 1e6 elements the backward pass of gelu took 5 times
    as long.
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
                if tensor.op.type != "Const":  # the gradient's graph gets copies of constants
                    saved.update({t.name: t for t in tensor.op.outputs})  # prune cuts between operations
            elif tensor.op.name not in seen:
                seen.add(tensor.op.name)
                pending.extend(tensor.op.inputs)
        return dy, dx

    whole = tf.compat.v1.wrap_function(both, [tf.TensorSpec(x.shape, x.dtype)])
    dy, dx = whole.outputs
    return whole.prune(whole.inputs, list(saved.values())), whole.prune([dy, *saved.values()], dx)


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    def program(x: Array, dy: Array) -> tuple[Array, Array]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            y = function(x)
        return y, tape.gradient(y, x, dy)

    return _on_input_device(_compiled(program, "step") if compiled else program)


def saved_bytes(function: Function, x: Array, *, compiled: bool) -> int | None:
    if not compiled:
        return None  # a tape does not report what it holds
    return sum(int(t.shape.num_elements() * t.dtype.size) for t in _split(function, x)[0].outputs)


def peak_bytes(program: Callable[..., Any], *arguments: Array) -> int | None:
    if not _GPUS or "GPU" not in arguments[0].device:
        return None  # TensorFlow does not count the CPU's memory
    tf.config.experimental.reset_memory_stats("GPU:0")
    before = tf.config.experimental.get_memory_info("GPU:0")["current"]
    results = program(*arguments)
    tf.test.experimental.sync_devices()
    del results
    return int(tf.config.experimental.get_memory_info("GPU:0")["peak"] - before)


def device_seconds(work: Callable[[], Any], *, device: str) -> float | None:  # noqa: ARG001
    return None  # TensorFlow offers no event on the device's stream


def device_state(device: str) -> dict[str, int | str]:
    # TensorFlow reports the memory of its tensors, but neither free memory nor its reserve
    if device == "cpu":
        return {}
    name = str(tf.config.experimental.get_device_details(_GPUS[0])["device_name"])
    cache = cuda.l2_cache_bytes()
    return {"name": name, "cache_bytes": cache} if cache else {"name": name}


def _wide(x: Array) -> Array:
    """Return half precision as float32, so that a composition rounds once, and other dtypes unchanged."""
    return tf.cast(x, tf.float32) if x.dtype.size == 2 else x


def _compose(run: Callable[[Array], tuple[Array, Function]], x: Array) -> Array:
    """Run a composition x -> (y, dy -> dx), in float32 for half precision, without the gradient if no tape records."""
    wide = _wide(x)
    unrecorded = tf.executing_eagerly() and not record.could_possibly_record()
    y = run(wide)[0] if unrecorded else tf.custom_gradient(run)(wide)
    return y if wide is x else tf.cast(y, x.dtype)


def _add(a: Array, b: Array | float) -> Array:
    return tf.raw_ops.AddV2(x=a, y=b)


def _mul(a: Array, b: Array | float) -> Array:
    return tf.raw_ops.Mul(x=a, y=b)


def _abs(x: Array) -> Array:
    return tf.raw_ops.Abs(x=x)


def _where(condition: Array, a: Array, b: Array) -> Array:
    return tf.raw_ops.Select(condition=condition, x=a, y=b)  # for one shape: half the time of tf.where


def _mask(condition: Array, like: Array) -> Array:
    """Return 1 where the condition holds, else 0: a product with it takes a third of the time of a selection."""
    return tf.raw_ops.Cast(x=condition, DstT=like.dtype)


def _clip(x: Array, low: float, high: float) -> Array:
    return tf.raw_ops.ClipByValue(t=x, clip_value_min=low, clip_value_max=high)


def _horner(x: Array, coefficients: tuple[float, ...]) -> Array:
    """Return a polynomial; the highest coefficient comes first, and there are two at least."""
    y = _add(_mul(x, coefficients[0]), coefficients[1])
    for c in coefficients[2:]:
        y = _add(_mul(y, x), c)
    return y


def _flat(function: Callable[..., Array], x: Array, axis: int | tuple[int, ...]) -> Array:
    """Apply a function along one axis, or along several taken as one, in few dimensions: oneDNN has at most five."""
    if isinstance(axis, int):
        if x.ndim <= 5:
            return function(x, axis=axis)
        position = axis % x.ndim
        sizes = [math.prod(x.shape[:position]), x.shape[position], math.prod(x.shape[position + 1 :])]
        return tf.reshape(function(tf.reshape(x, sizes), axis=1), x.shape)
    inner = [a % x.ndim for a in axis]
    outer = [a for a in range(x.ndim) if a not in inner]
    moved = tf.transpose(x, [*outer, *inner])
    rows = tf.reshape(moved, [math.prod(x.shape[a] for a in outer), math.prod(x.shape[a] for a in inner)])
    return tf.transpose(tf.reshape(function(rows, axis=-1), moved.shape), np.argsort([*outer, *inner]))


def _double(x: Array) -> Array:
    return tf.cast(x, tf.float64)


def _bound(value: float, x: Array) -> float:
    """Return the largest number of x's dtype that is not above a parameter; x > value is x > bound, exactly."""
    return round_down_flushed(value, x.dtype.name)


def _any_rank(function: Callable[..., Array]) -> Callable[..., Array]:
    """Flatten arrays of more than eight dimensions, for which kernels of gradients and selections raise."""

    @functools.wraps(function)
    def run(x: Array, **parameters: Any) -> Array:
        if x.ndim <= 8:
            return function(x, **parameters)
        return tf.reshape(function(tf.reshape(x, [-1]), **parameters), x.shape)

    return run


@_any_rank
def relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    if max_value is None and not threshold and not negative_slope:
        return tf.nn.relu(x)
    above = wide = _wide(x)
    if max_value == 0:
        above = tf.where(tf.math.is_nan(wide), wide, tf.zeros_like(wide))  # a clip passes the gradient at 0
    elif max_value is not None and is_held(x.dtype.name, max_value):
        above = tf.clip_by_value(wide, 0.0, max_value)
    elif max_value is not None:
        top = tf.constant(round_nearest(max_value, x.dtype.name), wide.dtype)
        above = tf.where(wide > _bound(max_value, x), top, tf.maximum(wide, 0.0))
    below = _leak(wide, negative_slope, threshold) if negative_slope else tf.zeros_like(wide)
    return tf.cast(tf.where(wide <= _bound(threshold, x), below, above), x.dtype)  # not x > threshold: NaN stays NaN


def _leak(x: Array, negative_slope: float, threshold: float) -> Array:
    """Return negative_slope (x - threshold), in float64 if x's dtype cannot hold both or may overflow between."""
    absorbed = 2.0**102 if x.dtype == tf.float32 else 2.0**969
    if is_held(x.dtype.name, threshold) and is_normal(x.dtype.name, negative_slope) and abs(threshold) <= absorbed:
        return negative_slope * (x - threshold)
    return tf.cast(negative_slope * (_double(x) * 0.5 - 0.5 * threshold) * 2.0, x.dtype)


@_any_rank
def leaky_relu(x: Array, *, negative_slope: float) -> Array:
    # TensorFlow keeps negative_slope as a float32
    if not is_normal(x.dtype.name, negative_slope) or not is_normal("float32", negative_slope):
        wide = _double(x)
        return tf.cast(tf.where(wide <= 0.0, negative_slope * wide, wide), x.dtype)
    return tf.nn.leaky_relu(x, alpha=negative_slope)


@_any_rank
def relu6(x: Array) -> Array:
    return tf.nn.relu6(x)


@_any_rank
def elu(x: Array, *, alpha: float) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        curve = _where(tf.less(x, -1e-30), _mul(_expm1(x), alpha), _mul(x, alpha))  # x / 2 may be subnormal

        def gradient(dy: Array) -> Array:
            root = tf.exp(_mul(tf.minimum(x, 0.0), 0.5))  # exp(x) may be subnormal where alpha exp(x) is not
            return _where(tf.greater(x, 0.0), dy, _mul(_mul(_mul(dy, alpha), root), root))

        return _where(tf.greater(x, 0.0), x, curve), gradient

    if alpha > 2.0**32 or not is_normal(x.dtype.name, alpha):
        return tf.cast(_compose(run, _double(x)), x.dtype)
    return tf.nn.elu(x) if alpha == 1 else _compose(run, x)


def _expm1(x: Array) -> Array:
    """Return 2 t / (1 - t) with t = tanh(x / 2), for x < 0; tf.math.expm1 takes 6 times as long as tf.tanh."""
    t = tf.tanh(_mul(x, 0.5))
    return tf.realdiv(_mul(t, -2.0), tf.subtract(t, 1.0))


@_any_rank
def selu(x: Array) -> Array:
    return tf.nn.selu(x)


def celu(x: Array, *, alpha: float) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        curve = _mul(_expm1(_mul(x, 1 / alpha)), alpha) if alpha != 1 else _expm1(x)

        def gradient(dy: Array) -> Array:
            root = tf.exp(_mul(tf.minimum(x, 0.0), 0.5 / alpha))
            return _mul(_mul(dy, root), root)  # exp(x / alpha) may be subnormal where dy times it is not

        # convex; x / 2 may be subnormal
        return tf.maximum(x, tf.minimum(curve, -1e-30 if near else -alpha * 2.0**-60)), gradient

    # up to 4, x / alpha loses two bits of a normal number at most
    near = 1e-10 <= alpha <= 4
    if not near or not is_normal(x.dtype.name, alpha):
        return tf.cast(_compose(run, _double(x)), x.dtype)
    return _compose(run, x)


def softplus(x: Array) -> Array:
    return tf.nn.softplus(x)


@_any_rank
def softsign(x: Array) -> Array:
    return tf.nn.softsign(x)


def _drop(dy: Array, small: Array) -> Array:
    """Return dy with 0 where the condition holds."""
    return _mul(dy, _mask(tf.raw_ops.LogicalNot(x=small), dy))


def soft_shrink(x: Array, *, threshold: float) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        y = tf.subtract(x, _clip(x, -threshold, threshold))
        return y, lambda dy: _drop(dy, tf.less_equal(_abs(x), threshold))

    if not threshold:
        return linear(x)  # the identity, whose derivative at 0 is 1
    if not is_held("float64" if x.dtype == tf.float64 else "float32", threshold):
        return tf.cast(_compose(run, _double(x)), x.dtype)
    return _compose(run, x)


@_any_rank
def hard_shrink(x: Array, *, threshold: float) -> Array:
    bound = _bound(threshold, x)

    def run(x: Array) -> tuple[Array, Function]:
        small = tf.less_equal(_abs(x), bound)
        return tf.raw_ops.SelectV2(condition=small, t=tf.constant(0.0, x.dtype), e=x), lambda dy: _drop(dy, small)

    return _compose(run, x) if threshold else linear(x)


@_any_rank
def threshold(x: Array, *, threshold: float, default_value: float) -> Array:
    bound, default = _bound(threshold, x), round_nearest(default_value, x.dtype.name)

    def run(x: Array) -> tuple[Array, Function]:
        low = tf.less_equal(x, bound)  # not x > threshold: NaN stays NaN
        y = tf.raw_ops.SelectV2(condition=low, t=tf.constant(default, x.dtype), e=x)
        return y, lambda dy: _drop(dy, low)

    return _compose(run, x)


def sparse_plus(x: Array) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        half = _add(_mul(_clip(x, -1.0, 1.0), 0.5), 0.5)
        y = _add(tf.square(half), tf.maximum(tf.subtract(x, 1.0), 0.0))
        return y, lambda dy: _where(tf.less(x, 1.0), _mul(dy, half), dy)

    return _compose(run, x)


def sparse_sigmoid(x: Array) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        y = _add(_mul(_clip(x, -1.0, 1.0), 0.5), 0.5)
        return y, lambda dy: _mul(_mul(dy, 0.5), _mask(tf.less_equal(_abs(x), 1.0), dy))

    return _compose(run, x)


def silu(x: Array) -> Array:
    return tf.nn.silu(x, beta=1.0)


def squareplus(x: Array, *, b: float) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        half = _mul(_abs(x), 0.5)
        # beyond 2^60, where the square of x would overflow, b is negligible
        root = tf.maximum(tf.sqrt(_add(tf.square(tf.minimum(half, 2.0**60)), b / 4)), half)
        # x + root would cancel for x < 0
        y = _add(tf.realdiv(tf.constant(b / 4, x.dtype), _add(half, root)), tf.nn.relu(x))

        def gradient(dy: Array) -> Array:
            return _mul(dy, tf.realdiv(tf.minimum(_mul(y, 0.5), x.dtype.max), tf.minimum(root, x.dtype.max)))

        return y, gradient

    if b and not 2.0**-63 <= b <= 2.0**63:
        return tf.cast(_compose(lambda wide: _scaled_squareplus(wide, b=b), _double(x)), x.dtype)
    return _compose(run, x) if b else tf.nn.relu(x)


def _scaled_squareplus(x: Array, *, b: float) -> tuple[Array, Function]:
    """Return max(x, 0) + s / 2 / (u + h) with u = |x| / s, h = sqrt(u^2 + 1), s = sqrt(b), and its gradient."""
    u = tf.realdiv(_abs(x), tf.constant(b**0.5, x.dtype))
    h = tf.maximum(tf.sqrt(_add(tf.square(tf.minimum(u, 2.0**60)), 1.0)), u)
    half = tf.realdiv(tf.constant(0.5, x.dtype), _add(u, h))

    def gradient(dy: Array) -> Array:
        derivative = tf.realdiv(half, h)
        return _mul(dy, _where(tf.greater(x, 0.0), tf.subtract(tf.constant(1.0, x.dtype), derivative), derivative))

    return _add(_mul(half, b**0.5), tf.nn.relu(x)), gradient


def gelu(x: Array, *, approximate: bool) -> Array:
    return tf.nn.gelu(x, approximate=approximate)


def glu(x: Array, *, axis: int) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        a, b = tf.raw_ops.Split(axis=axis, value=x, num_split=2)
        s = tf.sigmoid(_mul(b, 0.5))  # sigmoid(b) is s^2 / (s^2 + (1 - s)^2), subnormal where a times it may be normal
        part = tf.realdiv(s, _add(tf.square(s), tf.square(tf.subtract(s, 1.0))))
        y = _mul(_mul(a, s), part)

        def gradient(dy: Array) -> Array:
            t = tf.sigmoid(_mul(b, -0.5))  # 1 - sigmoid(b) is t^2 / (s^2 + t^2), like sigmoid(b); 1 - s cancels
            rest = tf.realdiv(t, _add(tf.square(s), tf.square(t)))
            # multiplied from the left, since s part and t rest may be subnormal
            return tf.concat([_mul(_mul(dy, s), part), _mul(_mul(_mul(y, t), dy), rest)], axis)

        return y, gradient

    return _compose(run, x)


def tanh(x: Array) -> Array:
    return tf.tanh(x)


# 1 - tanh(x) / x = x^2 p(x^2) / q(x^2) on [-1, 1], off by 2e-7 and 8e-17: tanh x = x / (1 + x^2 / (3 + x^2 / (5 + ...
_RATIOS = {
    tf.float32: ((14.0, 315.0), (15.0, 420.0, 945.0)),
    tf.float64: (
        (44.0, 12870.0, 810810.0, 11486475.0),
        (45.0, 13860.0, 945945.0, 16216200.0, 34459425.0),
    ),
}


def tanh_shrink(x: Array) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        s = tf.square(x)
        inside = tf.less(s, 1.0)
        p, q = _RATIOS[x.dtype]
        y = _mul(_mul(tf.realdiv(_horner(s, p), _horner(s, q)), s), x)
        y = _where(inside, y, tf.subtract(x, tf.tanh(x)))

        def gradient(dy: Array) -> Array:
            e = _add(tf.exp(_mul(x, 2.0)), 1.0)
            far = _add(
                tf.realdiv(tf.constant(-2.0, x.dtype), e), 1.0
            )  # tf.tanh is 4 ulp off where its derivative is nearly 0
            return _mul(dy, tf.square(_where(inside, tf.subtract(x, y), far)))

        return y, gradient

    return _compose(run, x)


@_any_rank
def hard_tanh(x: Array) -> Array:
    return tf.clip_by_value(x, -1.0, 1.0)


def sigmoid(x: Array) -> Array:
    return tf.sigmoid(x)


def hard_sigmoid(x: Array) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        y = tf.realdiv(_add(_clip(x, -3.0, 3.0), 3.0), 6.0)
        return y, lambda dy: _mul(_mul(dy, 1 / 6), _mask(tf.less_equal(_abs(x), 3.0), dy))

    return _compose(run, x)


def hard_silu(x: Array) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        low = tf.maximum(x, -3.0)  # -inf times 0 is NaN
        y = _mul(low, tf.realdiv(_add(tf.minimum(low, 3.0), 3.0), 6.0))

        def gradient(dy: Array) -> Array:
            inside = _mask(tf.less_equal(_abs(x), 3.0), x)
            middle = tf.raw_ops.MulNoNan(x=_mul(_add(x, 1.5), 1 / 3), y=inside)
            return _mul(dy, _add(middle, _mask(tf.greater(x, 3.0), x)))

        return y, gradient

    return _compose(run, x)


def log_sigmoid(x: Array) -> Array:
    return tf.math.log_sigmoid(x)


def exponential(x: Array) -> Array:
    return tf.exp(x)


def linear(x: Array) -> Array:
    return tf.raw_ops.Snapshot(input=x)


def mish(x: Array) -> Array:
    def run(x: Array) -> tuple[Array, Function]:
        near = tf.maximum(x, -2000.0)  # inf times 0 is NaN
        # exp(x) is subnormal where x exp(x) is normal; from e = 2^60 on y / x and f'(x) are exactly 1
        root = tf.minimum(tf.exp(_mul(near, 0.5)), 2.0**30)
        e = tf.square(root)
        n = _add(_mul(_add(e, 2.0), e), 2.0)
        y = _mul(_mul(_mul(tf.realdiv(root, n), _add(e, 2.0)), near), root)

        def gradient(dy: Array) -> Array:
            e = tf.square(root)  # computed again: a saved array has to be written and read
            second = tf.realdiv(_mul(_mul(tf.minimum(near, 50.0), 4.0), _add(e, 1.0)), n)
            return _mul(dy, _mul(_mul(tf.realdiv(root, n), _add(_add(e, 2.0), second)), root))

        return y, gradient

    return _compose(run, x)


def softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return _flat(tf.nn.softmax, x, axis)


def log_softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return _flat(tf.nn.log_softmax, x, axis)


def _row_sum(x: Array) -> Array:
    return tf.raw_ops.Sum(input=x, axis=-1, keep_dims=True)


def _repeat(more: Callable[..., Array], step: Callable[..., Any], state: tuple[Array, ...]) -> tuple[Array, ...]:
    if not tf.executing_eagerly():
        return tuple(tf.while_loop(more, step, state))
    while more(*state):  # like tf.while_loop, which takes 90 us more a step
        state = step(*state)
    return state


def _sparsemax(x: Array) -> tuple[Array, Function]:
    """Return sparsemax and its gradient by Newton's method, which stays below tau until the support is constant."""
    z = tf.subtract(x, tf.raw_ops.Max(input=x, axis=-1, keep_dims=True))

    def tau(inside: Array, count: Array) -> Array:
        return tf.realdiv(tf.subtract(_row_sum(tf.raw_ops.MulNoNan(x=z, y=inside)), 1.0), count)

    def above(limit: Array | float) -> Array:  # NaN is above every limit, and so reaches tau
        return _mask(tf.raw_ops.LogicalNot(x=tf.less_equal(z, limit)), z)

    def shrinks(_inside: Array, count: Array, before: Array) -> Array:
        return tf.raw_ops.Any(input=tf.less(count, before), axis=list(range(x.ndim)))

    def shrink(inside: Array, count: Array, _before: Array) -> tuple[Array, Array, Array]:
        inside = _mul(inside, above(tau(inside, count)))
        return inside, _row_sum(inside), count

    inside = above(-1.0)
    count = _row_sum(inside)
    inside, count, _ = _repeat(shrinks, shrink, (inside, count, _add(count, 1.0)))
    final_tau = tau(inside, count)
    nan_marker = _mul(final_tau, 0.0)  # NaN for a row with NaN, which XLA's maximum drops; else 0
    y = _add(tf.maximum(tf.subtract(z, final_tau), 0.0), nan_marker)

    def gradient(dy: Array) -> Array:
        support_dy = _mul(dy, inside)
        mean = tf.realdiv(_row_sum(support_dy), count)
        return tf.subtract(support_dy, _add(_mul(inside, mean), nan_marker))

    return y, gradient


def sparsemax(x: Array, *, axis: int) -> Array:
    if axis % x.ndim == x.ndim - 1:
        return _compose(_sparsemax, x)
    order = [a for a in range(x.ndim) if a != axis % x.ndim] + [axis % x.ndim]
    return tf.transpose(_compose(_sparsemax, tf.transpose(x, order)), np.argsort(order))
