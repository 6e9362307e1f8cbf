"""PyTorch, on the CPU and on CUDA: the framework's own operations wherever it has one.

Three things decide what is measured here:

* Inputs do not ask for gradients, so a forward call records nothing and needs no context around it.
* Every compiled program is a code object of its own. `torch.compile` keeps its graphs by code object and
  silently runs eager after the eighth graph of one: `torch.compile(F.gelu)`, `torch.compile(F.silu)`, ...
  share one.
* Half precision: the compositions compute in float32 and round once, as torch's own kernels do.
"""

import functools
import importlib
import itertools
import sysconfig
import warnings
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import torch
import torch._dynamo.utils
import torch._functorch.config
import torch.nn.functional as F

from backends import torch_departures
from backends.interface import Array, Function, Host, Mode
from backends.rounding import rounded

MODES: tuple[Mode, ...] = ("eager", "compiled")
DIVERGENCES = torch_departures.DIVERGENCES
OUT_OF_MEMORY: tuple[type[BaseException], ...] = (torch.OutOfMemoryError,)

_DTYPES = {name: getattr(torch, name) for name in ("float16", "bfloat16", "float32", "float64")}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
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

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        return "torch.compile needs a C++ compiler, and none was found"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "torch.compile needs the headers of Python (Python.h), and they are not installed"
    return None


def graphs() -> int:
    return int(torch._dynamo.utils.counters["stats"]["unique_graphs"])


def asarray(values: Host, *, dtype: str, device: str) -> Array:
    host = rounded(values, dtype)
    if dtype == "bfloat16":  # torch does not know ml_dtypes' type, but its bits
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
    return _NAMES[x.dtype]


def synchronize(x: Array) -> None:
    if x.is_cuda:
        torch.cuda.synchronize(x.device)


def copy(x: Array) -> Array:
    return x.clone()


@functools.cache
def _load_compiler() -> None:
    """Import it before it is timed, and without the warning that torch 2.13 gives of its own deprecated parts."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("torch._inductor.compile_fx")


def _compiled(function: Function) -> Callable[[Array], Array]:
    _load_compiler()

    def program(x: Array) -> Array:
        return function(x)

    name = f"{function.func.__name__}_{next(_SERIAL)}"  # type: ignore[attr-defined]  # a functools.partial
    program.__code__ = program.__code__.replace(co_name=name)
    return torch.compile(program, fullgraph=True, dynamic=False)  # type: ignore[no-any-return]  # torch is Any here


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    return _compiled(function) if compiled else function


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    x = x.detach().requires_grad_()
    # a donated buffer is overwritten by the backward pass, which then could not be called twice
    with torch._functorch.config.patch(donated_buffer=False):
        y = forward(function, compiled=compiled)(x)
    return lambda dy: torch.autograd.grad(y, x, dy, retain_graph=True)[0]


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    run = forward(function, compiled=compiled)

    def program(x: Array, dy: Array) -> tuple[Array, Array]:
        x = x.detach().requires_grad_()
        y = run(x)
        return y, torch.autograd.grad(y, x, dy)[0]

    return program


def _wide(x: Array) -> Array:
    """float32 for half precision, so that a composition rounds once; x itself otherwise."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _flat(function: Callable[..., Array], x: Array, axis: int | tuple[int, ...]) -> Array:
    """`function` along one axis, or along several as if they were one."""
    if isinstance(axis, int):
        return function(x, dim=axis)
    last = tuple(range(-len(axis), 0))
    moved = x.movedim(axis, last)
    return function(moved.flatten(-len(axis)), dim=-1).reshape(moved.shape).movedim(last, axis)


def relu(x: Array, *, negative_slope: float, max_value: float | None, threshold: float) -> Array:
    if max_value is None and not threshold:
        return F.leaky_relu(x, negative_slope=negative_slope) if negative_slope else F.relu(x)
    if max_value is None and not negative_slope:
        return F.threshold(x, threshold=threshold, value=0.0)
    above = x if max_value is None else x.clamp(0.0, max_value)
    below = negative_slope * (x - threshold) if negative_slope else 0.0
    return torch.where(x <= threshold, below, above)  # not x > threshold: NaN stays NaN


def leaky_relu(x: Array, *, negative_slope: float) -> Array:
    return F.leaky_relu(x, negative_slope=negative_slope)


def relu6(x: Array) -> Array:
    return F.relu6(x)


def elu(x: Array, *, alpha: float) -> Array:
    return F.elu(x, alpha=alpha)


def selu(x: Array) -> Array:
    return F.selu(x)


def celu(x: Array, *, alpha: float) -> Array:
    return F.celu(x, alpha=alpha)


def softplus(x: Array) -> Array:
    return F.softplus(x, beta=1.0, threshold=20.0)


def softsign(x: Array) -> Array:
    return F.softsign(x)


def soft_shrink(x: Array, *, threshold: float) -> Array:
    return F.softshrink(x, lambd=threshold)


def hard_shrink(x: Array, *, threshold: float) -> Array:
    return F.hardshrink(x, lambd=threshold)


def threshold(x: Array, *, threshold: float, default_value: float) -> Array:
    return F.threshold(x, threshold=threshold, value=default_value)


def sparse_plus(x: Array) -> Array:
    half = _wide(x).clamp(-1.0, 1.0) * 0.5 + 0.5  # clamped first: the branch not taken must not overflow
    return torch.where(x < 1.0, (half * half).to(x.dtype), x)


def sparse_sigmoid(x: Array) -> Array:
    return F.hardtanh(x, min_val=-1.0, max_val=1.0) * 0.5 + 0.5  # clipped first: 1 + 2^-23 would round onto the kink


def silu(x: Array) -> Array:
    return F.silu(x)


def squareplus(x: Array, *, b: float) -> Array:
    if not b:
        return F.relu(x)
    wide = _wide(x)
    far = 2**30 * b**0.5  # from here on x + b / (4 x) rounds to x
    half = wide.clamp(-far, far) * 0.5  # x^2 + b would overflow
    root = (half * half + b / 4).sqrt()
    left = (b / 4) / (root + half - wide.clamp(max=0.0))  # half + root cancels there
    near = torch.where(half > -(b**0.5) / 4, half + root, left)
    return (near + F.relu(wide - far)).to(x.dtype)


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


def sparsemax(x: Array, *, axis: int) -> Array:
    if not x.numel():
        return x.clone()
    z = _wide(x)
    z = z - z.detach().amax(axis, keepdim=True)
    ranked = z.detach().sort(axis, descending=True).values
    places = torch.arange(1, x.shape[axis] + 1, device=x.device, dtype=z.dtype)
    places = places.reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    count = (1 + places * ranked > ranked.cumsum(axis)).sum(axis, keepdim=True).clamp(min=1)  # 0 where a NaN is
    outside = z.detach() < ranked.gather(axis, count - 1)
    tau = (z.masked_fill(outside, 0.0).sum(axis, keepdim=True) - 1) / (~outside).sum(axis, keepdim=True)
    return (z - tau).clamp(min=0.0).masked_fill(outside, 0.0).to(x.dtype)
