"""The PyTorch backend, on the CPU and on CUDA, with the framework's own operation wherever there is one.

Three facts determine what is measured:

* Inputs do not require gradients, so a forward call records nothing and needs no context around it.
* Every compiled program is a separate code object. `torch.compile` keeps its graphs by code object and
  silently runs eager after the eighth graph of one: `torch.compile(F.gelu)`, `torch.compile(F.silu)`, ...
  share one.
* Half precision: the compositions compute in float32 and round once, as torch's own kernels do.
"""

import functools
import importlib
import itertools
import math
import os
import sysconfig
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import torch
import torch._dynamo.utils
import torch._functorch.config
import torch.nn.functional as F

from backends import rounding, torch_departures
from backends.interface import Array, Function, Host, Mode
from backends.rounding import round_array

MODES: tuple[Mode, ...] = ("eager", "compiled")
VARIABLES = {"TORCHINDUCTOR_CACHE_DIR": "{cache}/inductor", "TRITON_CACHE_DIR": "{cache}/triton"}
RESULT_VARIABLES = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE")
ALIASES: tuple[str, ...] = ("linear",)  # autograd returns the cotangent itself as the gradient of a clone
DIVERGENCES = torch_departures.DIVERGENCES
REVISIONS = {"soft_shrink compiled": 2, "sparsemax": 2}
OURS = (
    "relu[max_value=3.0]",
    "relu[negative_slope=0.25,max_value=6.0,threshold=1.0]",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "sparsemax",
)
"""Activations, or variants, that are compositions in this file; torch computes the others."""
OUT_OF_MEMORY: tuple[type[BaseException], ...] = (torch.OutOfMemoryError,)

_DTYPES = {name: getattr(torch, name) for name in ("float16", "bfloat16", "float32", "float64")}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
# a number whose difference from the dtype's largest number rounds to the largest
_ABSORBED = {torch.float16: 2.0**4, torch.bfloat16: 2.0**118, torch.float32: 2.0**102, torch.float64: 2.0**969}
_DEVICES = {"cpu": "cpu", "gpu": "cuda"}
_SERIAL = itertools.count()


def version() -> str:
    return str(torch.__version__).partition("+")[0]


def build() -> dict[str, str]:
    return {
        "build": str(torch.__version__),
        "commit": str(torch.version.git_version),
        "instruction_set": str(torch.backends.cpu.get_cpu_capability()),
        "blas": "mkl" if torch.backends.mkl.is_available() else "other",
        "cuda": str(torch.version.cuda),
    }


def devices() -> tuple[str, ...]:
    return ("cpu", "gpu") if torch.cuda.is_available() else ("cpu",)


def configure(*, threads: int) -> None:
    torch.set_num_threads(threads)
    if torch.get_num_interop_threads() != threads:  # torch allows one call in a process
        torch.set_num_interop_threads(threads)
    torch.set_float32_matmul_precision("highest")  # no TF32


def compile_obstacle() -> str | None:
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler
    from torch.utils._triton import has_triton

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        return "torch.compile needs a C++ compiler, and none was found"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "torch.compile needs the headers of Python (Python.h), and they are not installed"
    if torch.cuda.is_available() and not has_triton():
        return "torch.compile needs triton for the GPU, and it is not installed or does not know this one"
    return None


def graphs() -> int:
    return int(torch._dynamo.utils.counters["stats"]["unique_graphs"])


def asarray(values: Host, *, dtype: str, device: str) -> Array:
    host = round_array(values, dtype)
    if dtype == "bfloat16":  # torch does not accept ml_dtypes' type, but it has the same bits
        return torch.from_numpy(host.view(np.int16)).view(torch.bfloat16).to(_DEVICES[device])
    return torch.from_numpy(host).to(_DEVICES[device])


def to_numpy(x: Array) -> Host:
    x = x.detach().cpu()
    if x.dtype is torch.bfloat16:
        return np.array(x.view(torch.int16).numpy().view(ml_dtypes.bfloat16))
    return np.array(x.numpy())


def dtype(x: Array) -> str:
    if not isinstance(x, torch.Tensor) or x.dtype not in _NAMES:
        kind = x.dtype if isinstance(x, torch.Tensor) else type(x).__name__
        raise TypeError(f"torch: expected a tensor of {', '.join(_DTYPES)}, not {kind}")
    if x.layout is not torch.strided or x.is_nested or isinstance(x, torch.masked.MaskedTensor):
        kind = "a nested tensor" if x.is_nested else type(x).__name__ if x.layout is torch.strided else x.layout
        raise TypeError(f"torch: expected a dense tensor of {', '.join(_DTYPES)}, not {kind}")
    return _NAMES[x.dtype]


def synchronize(x: Array) -> None:
    if x.is_cuda:
        torch.cuda.synchronize(x.device)


def memory(x: Array) -> tuple[int, int]:
    last = sum((n - 1) * stride for n, stride in zip(x.shape, x.stride(), strict=True))
    return x.data_ptr(), x.data_ptr() + (last + 1) * x.itemsize


def _typed_memory_error(program: Callable[..., Any]) -> Callable[..., Any]:
    """Make a program raise OutOfMemoryError where the CPU raises a plain RuntimeError. Costs 30 ns a call."""

    @functools.wraps(program)
    def run(*arguments: Array) -> Any:
        try:
            return program(*arguments)
        except RuntimeError as error:
            if "can't allocate memory" in str(error) or "not enough memory" in str(error):  # the latter on Windows
                raise torch.OutOfMemoryError(str(error)) from error
            raise

    return run


@_typed_memory_error
def copy(x: Array) -> Array:
    return x.clone()


@functools.cache
def _load_compiler() -> None:
    """Import the compiler before it is timed, without torch 2.13's warning about its own deprecated parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("torch._inductor.compile_fx")


def _compiled(function: Function) -> Callable[[Array], Array]:
    _load_compiler()

    def program(x: Array) -> Array:
        return function(x)

    name = f"{function.func.__name__}_{next(_SERIAL)}"  # type: ignore[attr-defined]  # a functools.partial
    program.__code__ = program.__code__.replace(co_name=name)
    run, first = torch.compile(program, fullgraph=True, dynamic=False), True

    def run_quietly(x: Array) -> Array:
        nonlocal first
        if not first:
            return run(x)
        first = False
        with warnings.catch_warnings():  # torch 2.13 warns about itself as it traces an autograd.Function
            warnings.simplefilter("ignore", DeprecationWarning)
            return run(x)

    return run_quietly


def _run(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    return _compiled(function) if compiled else function


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    return _typed_memory_error(_run(function, compiled=compiled))


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    x = x.detach().requires_grad_()
    # the backward pass overwrites donated buffers, and then could not be called twice
    with torch._functorch.config.patch(donated_buffer=False):
        y = _typed_memory_error(_run(function, compiled=compiled))(x)
    return _typed_memory_error(lambda dy: torch.autograd.grad(y, x, dy, retain_graph=True)[0])


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    run = _run(function, compiled=compiled)

    def program(x: Array, dy: Array) -> tuple[Array, Array]:
        x = x.detach().requires_grad_()
        y = run(x)
        return y, torch.autograd.grad(y, x, dy)[0]

    return _typed_memory_error(program)


def saved_bytes(function: Function, x: Array, *, compiled: bool) -> int | None:
    run, x = _run(function, compiled=compiled), x.detach().requires_grad_()
    run(x)  # compiles before the hooks are set
    sizes: dict[int, int] = {}

    def record(array: Array) -> Array:
        storage = array.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return array.detach()  # an output held by its own graph would never be freed

    with torch.autograd.graph.saved_tensors_hooks(record, lambda array: array):
        y = run(x)  # held to the end: freed memory could give its address to the next array
    return sum(sizes.values()) if y.grad_fn else None


def peak_bytes(program: Callable[..., Any], *arguments: Array) -> int | None:
    if (device := arguments[0].device).type == "cuda":
        synchronize(arguments[0])
        torch.cuda.reset_peak_memory_stats(device)
        before = int(torch.cuda.memory_allocated(device))
        program(*arguments)
        return int(torch.cuda.max_memory_allocated(device)) - before
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # otherwise each profile writes two lines to stderr
    with torch.autograd.profiler.profile(profile_memory=True) as profile:  # 1 to 15 ms
        program(*arguments)
    changes = (event.nbytes() for event in profile.kineto_results.events() if event.name() == "[memory]")
    return int(max(itertools.accumulate(changes), default=0))


def device_seconds(work: Callable[[], Any], *, device: str) -> float | None:
    if device == "cpu":
        return None
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    work()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) / 1e3


def device_state(device: str) -> dict[str, int | str]:
    if device == "cpu":
        return {}
    properties = torch.cuda.get_device_properties()
    # memory that the allocator keeps in reserve counts as free
    free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return {"name": str(properties.name), "free_bytes": int(free), "cache_bytes": int(properties.L2_cache_size)}


def _wide(x: Array) -> Array:
    """Return half precision as float32, so that a composition rounds once, and other dtypes unchanged."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _flat(function: Callable[..., Array], x: Array, axis: int | tuple[int, ...]) -> Array:
    """Apply a function along one axis, or along several axes taken as one."""
    if isinstance(axis, int):
        return function(x, dim=axis)
    last = tuple(range(-len(axis), 0))
    moved = x.movedim(axis, last)
    return function(moved.flatten(-len(axis)), dim=-1).reshape(moved.shape).movedim(last, axis)


class _Composition(torch.autograd.Function):  # type: ignore[misc]  # torch is Any here
    """A composition with an explicit gradient: torch's gradients of `where` and `clamp` branch on every element."""

    @staticmethod
    def forward(
        ctx: Any, x: Array, value: Callable[..., Any], gradient: Callable[..., Any], *parameters: float
    ) -> Array:
        y, saved = value(_wide(x), *parameters)
        ctx.save_for_backward(saved)
        ctx.gradient, ctx.parameters = gradient, parameters
        y = y.to(x.dtype)
        # torch 2.11 compiled a gradient of zeros if this returned the array that an in-place operation returned
        return y.view_as(y) if torch.compiler.is_compiling() else y

    @staticmethod
    def backward(ctx: Any, dy: Array) -> tuple[Array | None, ...]:
        (saved,) = ctx.saved_tensors
        return ctx.gradient(_wide(dy), saved, *ctx.parameters).to(dy.dtype), None, None, *(None for _ in ctx.parameters)


def _compose(x: Array, value: Callable[..., Any], gradient: Callable[..., Any], *parameters: float) -> Array:
    if x.requires_grad:
        return _Composition.apply(x, value, gradient, *parameters)
    return value(_wide(x), *parameters)[0].to(x.dtype)


def _nan_to_one(derivative: Array) -> Array:
    """Replace NaN by 1, as torch's relu does. Eager `where` costs 40 passes; compiled `nan_to_num` is scalar code."""
    if torch.compiler.is_compiling():
        return torch.where(derivative == derivative, derivative, 1.0)  # noqa: PLR0124  # isnan is scalar code too
    return derivative.nan_to_num_(nan=1.0)


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]  # torch is Any here
def _bound(value: float, dtype: torch.dtype) -> float:
    """Return the largest number of a dtype that is not above a parameter; x > value is x > bound, exactly."""
    return rounding.round_down(value, _NAMES[dtype])


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]  # likewise
def _nearest(value: float, dtype: torch.dtype) -> float:
    return rounding.round_nearest(value, _NAMES[dtype])


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]  # likewise
def _is_held(dtype: torch.dtype, value: float) -> bool:
    return rounding.is_held(_NAMES[dtype], value)


@torch.compiler.assume_constant_result  # type: ignore[untyped-decorator]  # likewise
def _is_normal(dtype: torch.dtype, value: float) -> bool:
    return rounding.is_normal(_NAMES[dtype], value)


def _general_relu(x: Array, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    above: Array | float = x
    if max_value is not None:
        if not max_value:
            above = torch.where(x == x, 0.0, x)  # noqa: PLR0124  # a clamp passes the gradient at 0
        elif _is_held(x.dtype, max_value):
            above = x.clamp(0.0, max_value)
        else:
            above = torch.where(x > _bound(max_value, x.dtype), _nearest(max_value, x.dtype), x.clamp(min=0.0))
    below = _leak(x, negative_slope, threshold) if negative_slope else 0.0
    return torch.where(x <= _bound(threshold, x.dtype), below, above)  # not x > threshold: NaN stays NaN


def _leak(x: Array, negative_slope: float, threshold: float) -> Array:
    """Return negative_slope (x - threshold), in float64 if x's dtype cannot hold both or may overflow between."""
    if _is_held(x.dtype, threshold) and _is_normal(x.dtype, negative_slope) and abs(threshold) <= _ABSORBED[x.dtype]:
        return negative_slope * (x - threshold)
    wide = x.double() * 0.5 - 0.5 * threshold
    return (negative_slope * wide * 2.0).to(x.dtype)


def relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    if max_value is None and not threshold:
        return leaky_relu(x, negative_slope=negative_slope) if negative_slope else F.relu(x)
    if max_value is None and not negative_slope:
        return F.threshold(x, threshold=_bound(threshold, x.dtype), value=0.0)
    return _general_relu(x, negative_slope, max_value, threshold)


def leaky_relu(x: Array, *, negative_slope: float) -> Array:
    if not _is_normal(x.dtype, negative_slope):
        return F.leaky_relu(x.double(), negative_slope=negative_slope).to(x.dtype)
    return F.leaky_relu(x, negative_slope=negative_slope)


def relu6(x: Array) -> Array:
    return F.relu6(x)


def _elu(x: Array, alpha: float) -> tuple[Array, Array]:
    return torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0.0))), x


def _elu_gradient(dy: Array, x: Array, alpha: float) -> Array:
    root = torch.exp(x.clamp(max=0.0) * 0.5)  # exp(x) may be subnormal where alpha exp(x) is not
    return torch.where(x > 0, dy, dy * (alpha * root * root))


def elu(x: Array, *, alpha: float) -> Array:
    if alpha > 2.0**32 or not _is_normal(x.dtype, alpha):
        return _compose(x.double(), _elu, _elu_gradient, alpha).to(x.dtype)
    return F.elu(x, alpha=alpha)


def selu(x: Array) -> Array:
    return F.selu(x)


def _celu(x: Array, alpha: float) -> tuple[Array, Array]:
    curve = alpha * torch.expm1(x.clamp(max=0.0) / alpha)
    return torch.maximum(x, curve.clamp(max=-alpha * 2.0**-60)), x  # x where x / alpha may be subnormal


def _celu_gradient(dy: Array, x: Array, alpha: float) -> Array:
    return dy * torch.exp(x.clamp(max=0.0) / alpha)


def celu(x: Array, *, alpha: float) -> Array:
    # up to 4, x / alpha loses two bits of a normal number at most; torch's gradient has 1 / alpha as a float32
    native = alpha <= 4 and _is_normal(x.dtype, alpha)
    if not native or (x.dtype is torch.float64 and not _is_held(torch.float32, 1 / alpha)):
        return _compose(x.double(), _celu, _celu_gradient, alpha).to(x.dtype)
    return F.celu(x, alpha=alpha)


def softplus(x: Array) -> Array:
    return F.softplus(x, beta=1.0, threshold=20.0)


def softsign(x: Array) -> Array:
    return F.softsign(x)


def soft_shrink(x: Array, *, threshold: float) -> Array:
    if not threshold:
        return x.clone()  # the identity, whose derivative at 0 is 1
    wide = x if _is_held(x.dtype, threshold) else x.double()
    if torch.compiler.is_compiling():  # the compiled softshrink turns NaN into 0
        return torch.where(wide.abs() <= threshold, 0.0, wide - wide.sign() * threshold).to(x.dtype)
    return F.softshrink(wide, lambd=threshold).to(x.dtype)


def hard_shrink(x: Array, *, threshold: float) -> Array:
    return F.hardshrink(x, lambd=_bound(threshold, x.dtype)) if threshold else x.clone()


def threshold(x: Array, *, threshold: float, default_value: float) -> Array:
    return F.threshold(x, threshold=_bound(threshold, x.dtype), value=_nearest(default_value, x.dtype))


def _sparse_plus(x: Array) -> tuple[Array, Array]:
    above = x.clamp(min=-1.0)
    middle = above.clamp(max=1.0)
    return above.sub_(middle).addcmul_(middle.add_(1.0), middle, value=0.25), x


def _sparse_plus_gradient(dy: Array, x: Array) -> Array:
    return _nan_to_one(x.clamp(-1.0, 1.0).add_(1.0).mul_(0.5)).mul_(dy)


def sparse_plus(x: Array) -> Array:
    return _compose(x, _sparse_plus, _sparse_plus_gradient)


def sparse_sigmoid(x: Array) -> Array:
    return F.hardtanh(x, min_val=-1.0, max_val=1.0) * 0.5 + 0.5  # clipped first: 1 + 2^-23 would round onto the kink


def silu(x: Array) -> Array:
    return F.silu(x)


def _squareplus(x: Array, b: float) -> tuple[Array, Array]:
    far, square = 2**30 * b**0.5, x.new_full((), b)  # beyond, sqrt(x^2 + b) rounds to |x|, and x^2 overflows
    near = x.clamp(-far, far)
    root = torch.addcmul(square, near, near).sqrt_()
    half_sum = torch.sub(x, near, alpha=0.5, out=near).abs_().add_(root, alpha=0.5)  # half the sum of |x| and the root
    y = torch.clamp(x, min=0.0, out=root).addcdiv_(square, half_sum, value=0.25)
    return y, y


def _squareplus_gradient(dy: Array, y: Array, b: float) -> Array:
    ratio = y.reciprocal().mul_(b**0.5 / 2)  # f'(x) = 1 / (1 + b / (4 y^2)): nothing cancels
    return _nan_to_one(ratio.square_().add_(1.0).reciprocal_()).mul_(dy)


def _scaled_squareplus(x: Array, b: float) -> tuple[Array, Array]:
    u = x.abs() / b**0.5
    return x.clamp(min=0.0) + 0.5 * b**0.5 / (u + torch.hypot(u, torch.ones_like(u))), x


def _scaled_squareplus_gradient(dy: Array, x: Array, b: float) -> Array:
    u = x.abs() / b**0.5
    h = torch.hypot(u, torch.ones_like(u))
    return dy * torch.where(x > 0, 1.0 - 0.5 / (u + h) / h, 0.5 / (u + h) / h)


def squareplus(x: Array, *, b: float) -> Array:
    if b and not 2.0**-63 <= b <= 2.0**63:
        return _compose(x.double(), _scaled_squareplus, _scaled_squareplus_gradient, b).to(x.dtype)
    return _compose(x, _squareplus, _squareplus_gradient, b) if b else F.relu(x)


def gelu(x: Array, *, approximate: bool) -> Array:
    return F.gelu(x, approximate="tanh" if approximate else "none")


def glu(x: Array, *, axis: int) -> Array:
    return F.glu(x, dim=axis)


def tanh(x: Array) -> Array:
    return torch.tanh(x)


def tanh_shrink(x: Array) -> Array:
    return F.tanhshrink(x)


def hard_tanh(x: Array) -> Array:
    return F.hardtanh(x, min_val=-1.0, max_val=1.0)


def sigmoid(x: Array) -> Array:
    return torch.sigmoid(x)


def hard_sigmoid(x: Array) -> Array:
    return F.hardsigmoid(x)


def hard_silu(x: Array) -> Array:
    return F.hardswish(x)


def log_sigmoid(x: Array) -> Array:
    return F.logsigmoid(x)


def exponential(x: Array) -> Array:
    return torch.exp(x)


def linear(x: Array) -> Array:
    return x.clone()  # torch has no identity that allocates


def mish(x: Array) -> Array:
    return F.mish(x)


def softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return _flat(F.softmax, x, axis)


def log_softmax(x: Array, *, axis: int | tuple[int, ...]) -> Array:
    return _flat(F.log_softmax, x, axis)


def _above(z: Array, limit: Array | float) -> Array:
    """Return 1 where z > limit, else 0, as numbers: a conversion from bool costs 5 more passes."""
    return torch.gt(z, limit, out=torch.empty_like(z))


def _sparsemax(x: Array, axis: int) -> tuple[Array, Array]:
    """Return sparsemax by Newton's method from below: slope times distance, n^2 at most, falls to a quarter a step."""
    z = (x - x.amax(axis, True)).clamp_(min=-1.0)
    tau: Array | float = -0.5  # any start will do: every subset gives a lower bound of tau
    before = None
    for _ in range(math.ceil(math.log2(z.shape[axis]) - math.log2(torch.finfo(z.dtype).eps) / 2) + 1):
        inside = _above(z, tau)
        count = inside.sum(axis, True)
        if before is not None and not torch.compiler.is_compiling() and torch.equal(count, before):
            break  # a graph cannot test this and takes every step
        tau, before = inside.mul_(z).sum(axis, True).sub_(1.0).div_(count), count
    y = z.sub_(tau).relu_()
    return y, y


def _sparsemax_gradient(dy: Array, y: Array, axis: int) -> Array:
    inside = _above(y, 0.0)
    mean = (inside * dy).sum(axis, True).div_(inside.sum(axis, True))  # 0 / 0 for a row with NaN
    return inside.mul_(dy - mean)


def sparsemax(x: Array, *, axis: int) -> Array:
    return _compose(x, _sparsemax, _sparsemax_gradient, axis) if x.numel() else x.clone()
