"""The JAX backend, on the CPU and on CUDA, with the framework's own operation wherever there is one.

Four facts determine what is measured:

* "Eager" is not op by op: most of `jax.nn` is itself jitted, and so are the compositions here. Eager adds
  dispatch and, in backward and step, the tracing of `jax.vjp` at every call.
* A compiled program is a separate function object, since `jax.jit` keeps its programs by function. All share one
  name, which distinguishes their compilations from those of the small programs that eager calls run.
* XLA's worker threads flush subnormals to zero.
* Half precision: the compositions compute in float32 and round once; JAX's own operations round at every step.

Importing this module turns on `jax_enable_x64` for the whole process. Without it JAX turns every float64 array into
float32; a later switch, at the first float64 array, would not change existing arrays and would compile every program
again. Arrays of other code in the process become 64 bits wide if no dtype is named.
"""

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any, TypeVar
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np

from backends import cuda, jax_departures
from backends.interface import DTYPES, Array, Function, Host, Mode
from backends.rounding import is_held, is_normal, round_array, round_down, round_down_flushed, round_nearest

jax.config.update("jax_enable_x64", True)  # before the first array, or float64 becomes float32

MODES: tuple[Mode, ...] = ("eager", "compiled")
VARIABLES = {
    "JAX_COMPILATION_CACHE_DIR": "{cache}",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
RESULT_VARIABLES = ("XLA_FLAGS",)
# XLA's only class for errors of a running program, in practice "RESOURCE_EXHAUSTED: Out of memory ..."
OUT_OF_MEMORY: tuple[type[BaseException], ...] = (jax.errors.JaxRuntimeError,)
ALIASES: tuple[str, ...] = ()
DIVERGENCES = jax_departures.DIVERGENCES
REVISIONS = {"sparsemax": 2}
EAGER_COMPILES = True  # at each new shape
OURS = (
    "relu[threshold=7.0]",
    "relu[threshold=-1.0]",
    "relu[max_value=3.0]",
    "relu[negative_slope=0.25,max_value=6.0,threshold=1.0]",
    "soft_shrink",
    "hard_shrink",
    "threshold",
    "tanh_shrink",
    "sparsemax",
)
"""Activations, or variants, that are compositions in this file; JAX computes the others, and rounds at every step."""

_COMPILED = "/jax/core/compile/backend_compile_duration"
_copy = jax.jit(jnp.copy)  # 3 us at 1e3 elements, where jnp.copy alone takes 13
_graphs = 0


def _count(event: str, _seconds: float, **metadata: Any) -> None:
    global _graphs  # noqa: PLW0603  # the process has one listener
    _graphs += event == _COMPILED and metadata.get("fun_name") == "jit(activation_program)"


jax.monitoring.register_event_duration_secs_listener(_count)


def version() -> str:
    return str(jax.__version__).partition("+")[0]


def build() -> dict[str, str]:
    device = jax.devices()[0]
    return {
        "jaxlib": str(jax.lib.__version__),
        "platform": str(device.client.platform),
        "platform_version": str(device.client.platform_version),
        "device": str(device.device_kind),
        "x64": str(jax.config.jax_enable_x64),
    }


def devices() -> tuple[str, ...]:
    return ("cpu", "gpu") if any(d.platform == "gpu" for d in jax.devices()) else ("cpu",)


def configure(*, threads: int) -> None:
    # XLA's CPU client reads the size of its thread pools once, when it is made; the default follows the affinity.
    # The GPU's client is made at the same time and would take three quarters of the device at once.
    preallocate = os.environ.get("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    with mock.patch.dict(os.environ, PJRT_NPROC=str(threads), XLA_PYTHON_CLIENT_PREALLOCATE=preallocate):
        jax.devices("cpu")


def compile_obstacle() -> str | None:
    return None  # XLA is part of jaxlib


def graphs() -> int:
    return _graphs


def asarray(values: Host, *, dtype: str, device: str) -> Array:
    return jax.device_put(round_array(values, dtype), jax.devices(device)[0])


def to_numpy(x: Array) -> Host:
    return np.array(x)


def dtype(x: Array) -> str:
    if not isinstance(x, jax.Array) or x.dtype.name not in DTYPES:
        kind = x.dtype.name if isinstance(x, jax.Array) else type(x).__name__
        raise TypeError(f"jax: expected an array of {', '.join(DTYPES)}, not {kind}")
    return str(x.dtype.name)


def synchronize(x: Array) -> None:
    x.block_until_ready()


def memory(x: Array) -> tuple[int, int]:
    return x.unsafe_buffer_pointer(), x.unsafe_buffer_pointer() + x.nbytes


def copy(x: Array) -> Array:
    return _copy(x)


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    def activation_program(x: Array) -> Array:
        return function(x)

    return jax.jit(activation_program) if compiled else function


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    if not compiled:
        pull = jax.vjp(function, x)[1]
        return lambda dy: pull(dy)[0]

    def activation_program(pull: Any, dy: Array) -> Array:
        return pull(dy)[0]

    # jitted too, so that it saves what a compiled forward saves
    pull = jax.jit(lambda x: jax.vjp(function, x)[1])(x)
    return functools.partial(jax.jit(activation_program), pull)


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    def activation_program(x: Array, dy: Array) -> tuple[Array, Array]:
        y, pull = jax.vjp(function, x)
        return y, pull(dy)[0]

    return jax.jit(activation_program) if compiled else activation_program


def saved_bytes(function: Function, x: Array, *, compiled: bool) -> int | None:
    def pull(x: Array) -> Any:
        return jax.vjp(function, x)[1]

    leaves = jax.tree.leaves(jax.jit(pull)(x) if compiled else pull(x))
    return sum({leaf.unsafe_buffer_pointer(): int(leaf.nbytes) for leaf in leaves}.values())


def peak_bytes(program: Callable[..., Any], *arguments: Array) -> int | None:
    call = program if isinstance(program, functools.partial) else functools.partial(program)
    if hasattr(call.func, "lower"):  # jitted: the compiler plans the memory, on every device
        plan = call.func.lower(*call.args, *arguments, **call.keywords).compile().memory_analysis()
        return None if plan is None else int(plan.temp_size_in_bytes + plan.output_size_in_bytes)
    before = arguments[0].device.memory_stats()
    if before is None:
        return None
    jax.block_until_ready(program(*arguments))
    peak = arguments[0].device.memory_stats()["peak_bytes_in_use"]
    # the peak is that of the process so far: it describes this call only if this call raised it
    return int(peak - before["bytes_in_use"]) if peak > before["peak_bytes_in_use"] else None


def device_seconds(work: Callable[[], Any], *, device: str) -> float | None:  # noqa: ARG001
    return None  # JAX offers no event on the device's stream


def device_state(device: str) -> dict[str, int | str]:
    if device == "cpu":
        return {}
    gpu = jax.devices(device)[0]
    stats = gpu.memory_stats() or {}
    state: dict[str, int | str] = {"name": str(gpu.device_kind)}
    if "bytes_limit" in stats:  # the limit is the share that JAX may take, not the whole device
        state["free_bytes"] = int(stats["bytes_limit"] - stats["bytes_in_use"])
    if cache := cuda.l2_cache_bytes():  # JAX does not report it
        state["cache_bytes"] = cache
    return state


_F = TypeVar("_F", bound=Callable[..., Any])


def _jitted(function: _F) -> _F:
    """Jit a function, as those of `jax.nn` are, with its parameters as constants of the program."""
    names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return jax.jit(function, static_argnames=names)  # type: ignore[no-any-return]  # jax is Any here


def _wide(x: Array) -> Array:
    """Return half precision as float32, so that a composition rounds once, and other dtypes unchanged."""
    return x.astype(jnp.float32) if x.dtype.itemsize == 2 else x


@_jitted
def _general_relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    dtype, above = x.dtype.name, x
    if max_value == 0:
        above = jnp.where(jnp.isnan(x), x, 0.0)  # clip passes a gradient at 0
    elif max_value is not None and is_held(dtype, max_value):
        above = jnp.clip(x, 0.0, max_value)
    elif max_value is not None:
        top = round_nearest(max_value, dtype)
        above = jnp.where(x > round_down(max_value, dtype), top, jnp.maximum(x, 0.0))
    below = _leak(x, negative_slope, threshold) if negative_slope else 0.0
    return jnp.where(x <= round_down_flushed(threshold, dtype), below, above)  # not x > threshold: NaN stays NaN


def _leak(x: Array, negative_slope: float, threshold: float) -> Array:
    """Return negative_slope (x - threshold), in float64 if x's dtype cannot hold both or may overflow between."""
    wide = _wide(x)
    dtype, absorbed = wide.dtype.name, 2.0**102 if wide.dtype == jnp.float32 else 2.0**969
    if is_held(dtype, threshold) and is_normal(dtype, negative_slope) and abs(threshold) <= absorbed:
        return (negative_slope * (wide - threshold)).astype(x.dtype)
    return (negative_slope * (x.astype(jnp.float64) * 0.5 - 0.5 * threshold) * 2.0).astype(x.dtype)


def relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    if max_value is None and not threshold:
        return leaky_relu(x, negative_slope=negative_slope) if negative_slope else jax.nn.relu(x)
    return _general_relu(x, negative_slope=negative_slope, max_value=max_value, threshold=threshold)


def leaky_relu(x: Array, *, negative_slope: float) -> Array:
    if not is_normal(x.dtype.name, negative_slope):
        return jax.nn.leaky_relu(x.astype(jnp.float64), negative_slope=negative_slope).astype(x.dtype)
    return jax.nn.leaky_relu(x, negative_slope=negative_slope)


def relu6(x: Array) -> Array:
    return jax.nn.relu6(x)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _elu(x: Array, alpha: float) -> Array:
    return jnp.where(x > 0, x, alpha * jnp.expm1(jnp.minimum(x, 0.0)))


@_elu.defjvp  # type: ignore[untyped-decorator]  # jax is Any here
def _elu_jvp(alpha: float, x: tuple[Array], dx: tuple[Array]) -> tuple[Array, Array]:
    root = jnp.exp(0.5 * jnp.minimum(x[0], 0.0))  # exp(x) may be subnormal where alpha exp(x) is not
    return _elu(x[0], alpha), jnp.where(x[0] > 0, 1.0, alpha * root * root) * dx[0]


@_jitted
def _far_elu(x: Array, *, alpha: float) -> Array:
    return _elu(x.astype(jnp.float64), alpha).astype(x.dtype)


def elu(x: Array, *, alpha: float) -> Array:
    if alpha > 2.0**32 or not is_normal(x.dtype.name, alpha):
        return _far_elu(x, alpha=alpha)
    return jax.nn.elu(x, alpha=alpha)


def selu(x: Array) -> Array:
    return jax.nn.selu(x)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _celu(x: Array, alpha: float) -> Array:
    curve = alpha * jnp.expm1(jnp.minimum(x, 0.0) / alpha)
    return jnp.where(x > -alpha * 2.0**-60, x, curve)  # x / alpha may be subnormal


@_celu.defjvp  # type: ignore[untyped-decorator]  # jax is Any here
def _celu_jvp(alpha: float, x: tuple[Array], dx: tuple[Array]) -> tuple[Array, Array]:
    return _celu(x[0], alpha), jnp.exp(jnp.minimum(x[0], 0.0) / alpha) * dx[0]


@_jitted
def _far_celu(x: Array, *, alpha: float) -> Array:
    return _celu(x.astype(jnp.float64), alpha).astype(x.dtype)


def celu(x: Array, *, alpha: float) -> Array:
    # up to 4, x / alpha loses two bits of a normal number at most
    if alpha > 4 or not is_normal(x.dtype.name, alpha):
        return _far_celu(x, alpha=alpha)
    return jax.nn.celu(x, alpha=alpha)


def softplus(x: Array) -> Array:
    return jax.nn.softplus(x)


def softsign(x: Array) -> Array:
    return jax.nn.soft_sign(x)


@_jitted
def soft_shrink(x: Array, *, threshold: float) -> Array:
    if not threshold:
        return jnp.copy(x)  # the identity, whose derivative at 0 is 1
    wide = _wide(x)
    if not is_held(wide.dtype.name, threshold):
        wide = x.astype(jnp.float64)
    bound = round_down(threshold, x.dtype.name)
    return jnp.where(jnp.abs(x) <= bound, 0.0, wide - jnp.sign(wide) * threshold).astype(x.dtype)


@_jitted
def hard_shrink(x: Array, *, threshold: float) -> Array:
    return jnp.where(jnp.abs(x) <= round_down(threshold, x.dtype.name), 0.0, x) if threshold else jnp.copy(x)


@_jitted
def threshold(x: Array, *, threshold: float, default_value: float) -> Array:
    bound = round_down_flushed(threshold, x.dtype.name)
    return jnp.where(x <= bound, round_nearest(default_value, x.dtype.name), x)


def sparse_plus(x: Array) -> Array:
    return jax.nn.sparse_plus(x)


def sparse_sigmoid(x: Array) -> Array:
    return jax.nn.sparse_sigmoid(x)


def silu(x: Array) -> Array:
    return jax.nn.silu(x)


@functools.partial(jax.custom_jvp, nondiff_argnums=(1,))
def _squareplus(x: Array, b: float) -> Array:
    u = jnp.abs(x) / b**0.5
    return jnp.maximum(x, 0.0) + 0.5 * b**0.5 / (u + jnp.hypot(u, 1.0))


@_squareplus.defjvp  # type: ignore[untyped-decorator]  # jax is Any here
def _squareplus_jvp(b: float, x: tuple[Array], dx: tuple[Array]) -> tuple[Array, Array]:
    u = jnp.abs(x[0]) / b**0.5
    h = jnp.hypot(u, 1.0)
    derivative = 0.5 / (u + h) / h
    return _squareplus(x[0], b), jnp.where(x[0] > 0, 1.0 - derivative, derivative) * dx[0]


@_jitted
def _far_squareplus(x: Array, *, b: float) -> Array:
    return _squareplus(x.astype(jnp.float64), b).astype(x.dtype)


def squareplus(x: Array, *, b: float) -> Array:
    if not b:
        return jax.nn.relu(x)
    if not 2.0**-63 <= b <= 2.0**63 or not is_normal(x.dtype.name, b):
        return _far_squareplus(x, b=b)
    return jax.nn.squareplus(x, b=b)


def gelu(x: Array, *, approximate: bool) -> Array:
    return jax.nn.gelu(x, approximate=approximate)


def glu(x: Array, *, axis: int) -> Array:
    return jax.nn.glu(x, axis=axis)


def tanh(x: Array) -> Array:
    return jnp.tanh(x)


# 1 - tanh(x) / x = x^2 p(x^2) / q(x^2) on [-1, 1], off by 2e-7 and 8e-17: tanh x = x / (1 + x^2 / (3 + x^2 / (5 + ...
_RATIOS = {
    "float32": ((14.0, 315.0), (15.0, 420.0, 945.0)),
    "float64": (
        (44.0, 12870.0, 810810.0, 11486475.0),
        (45.0, 13860.0, 945945.0, 16216200.0, 34459425.0),
    ),
}


def _far_tanh(x: Array) -> Array:
    # XLA's tanh is off by 7 ulp in float64
    return jnp.tanh(x) if x.dtype == jnp.float32 else jnp.copysign(1 - 2 / (jnp.exp(2 * jnp.abs(x)) + 1), x)


@jax.custom_jvp  # type: ignore[untyped-decorator]  # jax is Any here
def _tanh_shrink(x: Array) -> Array:
    s = jnp.minimum(x * x, 1.0)
    p, q = (functools.reduce(lambda y, c: y * s + c, coefficients) for coefficients in _RATIOS[x.dtype.name])
    return jnp.where(jnp.abs(x) < 1, x * s * (p / q), x - _far_tanh(x))


def _tanh_shrink_jvp(dx: Array, y: Array, x: Array) -> Array:
    far = 1 - 2 / (jnp.exp(2 * x) + 1)
    t = jnp.where(jnp.abs(x) < 1, x - y, far)
    return dx * t * t  # 1 - sech^2 cancels near 0


_tanh_shrink.defjvps(_tanh_shrink_jvp)


@_jitted
def tanh_shrink(x: Array) -> Array:
    return _tanh_shrink(_wide(x)).astype(x.dtype)


def hard_tanh(x: Array) -> Array:
    return jax.nn.hard_tanh(x)


def sigmoid(x: Array) -> Array:
    return jax.nn.sigmoid(x)


def hard_sigmoid(x: Array) -> Array:
    return jax.nn.hard_sigmoid(x)


def hard_silu(x: Array) -> Array:
    return jax.nn.hard_silu(x)


def log_sigmoid(x: Array) -> Array:
    return jax.nn.log_sigmoid(x)


def exponential(x: Array) -> Array:
    return jnp.exp(x)


def linear(x: Array) -> Array:
    return _copy(x)  # jax.nn.identity need not allocate inside a program


def mish(x: Array) -> Array:
    return jax.nn.mish(x)


def softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return jax.nn.softmax(x, axis=axis, where=None)


def log_softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return jax.nn.log_softmax(x, axis=axis, where=None)


@jax.custom_jvp  # type: ignore[untyped-decorator]  # jax is Any here
def _last_sparsemax(x: Array) -> Array:
    """Return sparsemax by Newton's method, which stays below tau until the support no longer shrinks."""
    # in large arrays jnp.max and jnp.maximum drop NaN; comparisons negated for NaN keep it inside, so it reaches tau
    z = x - jnp.max(x, -1, keepdims=True, initial=-jnp.inf)

    def count(inside: Array) -> Array:
        return jnp.sum(inside, -1, keepdims=True, dtype=x.dtype)

    def tau(inside: Array) -> Array:
        return (jnp.sum(jnp.where(inside, z, 0.0), -1, keepdims=True) - 1) / count(inside)

    def shrink(state: tuple[Array, Array]) -> tuple[Array, Array]:
        inside, _ = state
        smaller = inside & ~(z <= tau(inside))
        return smaller, jnp.any(smaller != inside)

    inside, _ = jax.lax.while_loop(lambda state: state[1], shrink, (~(z <= -1), jnp.array(True)))
    final_tau = tau(inside)
    return jnp.where(z <= final_tau, 0.0, z - final_tau)


def _sparsemax_jvp(dx: Array, y: Array, _x: Array) -> Array:
    inside = jnp.where(y > 0, 1.0, y)  # 1, 0 or NaN: XLA takes the product with a comparison as one with 0
    return inside * (dx - jnp.sum(inside * dx, -1, keepdims=True) / jnp.sum(inside, -1, keepdims=True))


_last_sparsemax.defjvps(_sparsemax_jvp)


@_jitted
def sparsemax(x: Array, *, axis: int) -> Array:
    return jnp.moveaxis(_last_sparsemax(_wide(jnp.moveaxis(x, axis, -1))), -1, axis).astype(x.dtype)
