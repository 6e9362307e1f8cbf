# ruff: noqa: D103  # as in every backend: the contract in backends/interface.py is the documentation
"""A backend of known cost, for testing the harness: NumPy values, times and faults by environment variable.

DUMMY_MICROSECONDS  what a call costs, spinning (20)
DUMMY_COMPILE       seconds that compiling costs, at the first call (0)
DUMMY_ASYNC         set: a call returns at once, and only `synchronize` waits for the cost
DUMMY_FAULT         what goes wrong with relu: value, dtype, shape, nan, cotangent, eager, memory, error, load, absent
DUMMY_KILL          path of a file: the first call of relu while it does not exist makes it and kills the process
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from backends.divergence import Divergence
from backends.interface import Mode

MODES: tuple[Mode, ...] = ("eager", "compiled")
DIVERGENCES: tuple[Divergence, ...] = ()


class DeviceFull(RuntimeError):
    """What this framework raises when memory runs out."""


OUT_OF_MEMORY: tuple[type[BaseException], ...] = (DeviceFull,)
COST = float(os.environ.get("DUMMY_MICROSECONDS", "20")) * 1e-6
COMPILE = float(os.environ.get("DUMMY_COMPILE", "0"))
ASYNC = "DUMMY_ASYNC" in os.environ
FAULT = os.environ.get("DUMMY_FAULT", "")
KILL = os.environ.get("DUMMY_KILL", "")

if FAULT == "absent":
    raise ModuleNotFoundError("No module named 'dummy'", name="dummy")
if FAULT == "load":
    raise ImportError("libdummy.so.1: cannot open shared object file")


class Device:
    """When it will have done what it was given, and what it has compiled."""

    ready = 0.0
    graphs = 0


def version() -> str:
    return "1.0"


def build() -> dict[str, str]:
    return {}


def devices() -> tuple[str, ...]:
    return ("cpu",)


def configure(*, threads: int) -> None:
    assert threads >= 1


def compile_obstacle() -> str | None:
    return os.environ.get("DUMMY_OBSTACLE")


def graphs() -> int:
    return Device.graphs


def asarray(values: Any, *, dtype: str, device: str) -> Any:
    assert device == "cpu"
    return np.array(values, dtype=dtype)


def to_numpy(x: Any) -> Any:
    return np.array(x)


def dtype(x: Any) -> str:
    return str(x.dtype)


def synchronize(x: Any) -> None:
    assert isinstance(x, np.ndarray)
    spin(Device.ready)


def spin(until: float) -> None:
    while perf_counter() < until:
        pass


def copy(x: Any) -> Any:
    return _costly(lambda x: x.copy(), "copy", compiled=False)(x)


def _costly(function: Callable[..., Any], name: str, *, compiled: bool) -> Callable[..., Any]:
    """The function, at the price of a call, of compiling at the first one, and with its fault."""
    fresh = compiled

    def program(*args: Any) -> Any:
        nonlocal fresh
        start = perf_counter()
        if fresh:
            fresh = False
            Device.graphs += not (FAULT == "eager" and name == "relu")
            spin(start + COMPILE)
            start = perf_counter()
        if name == "relu":
            _fail()
        y = function(*args)
        Device.ready = max(Device.ready, start) + COST
        if not ASYNC:
            spin(Device.ready)
        return y

    return program


def _fail() -> None:
    if KILL and not Path(KILL).exists():
        Path(KILL).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if FAULT == "memory":
        raise DeviceFull("no memory left on the device\n  while allocating 4 TB")
    if FAULT == "error":
        raise RuntimeError("a long story\nthe operation is not implemented")


def forward(function: Any, *, compiled: bool) -> Callable[[Any], Any]:
    return _costly(function, function.func.__name__, compiled=compiled)


def backward(function: Any, x: Any, *, compiled: bool) -> Callable[[Any], Any]:
    slope = SLOPES[function.func.__name__](x)
    cotangent = FAULT != "cotangent"
    return _costly(lambda dy: dy * slope if cotangent else slope + 0 * dy, function.func.__name__, compiled=compiled)


def step(function: Any, *, compiled: bool) -> Callable[[Any, Any], tuple[Any, Any]]:
    slope = SLOPES[function.func.__name__]
    return _costly(lambda x, dy: (function(x), dy * slope(x)), function.func.__name__, compiled=compiled)


def relu(x: Any, *, negative_slope: float, max_value: float | None, threshold: float) -> Any:
    assert (negative_slope, max_value, threshold) == (0, None, 0)
    y = np.maximum(x, 0)
    faults: dict[str, Callable[[], Any]] = {
        "value": lambda: y * y.dtype.type(1 + 2e-5),
        "dtype": lambda: y.astype(np.float64),
        "shape": lambda: y[:-1],
        "nan": lambda: np.where(x == x.max(), np.nan, y).astype(y.dtype),
    }
    return faults.get(FAULT, lambda: y)()


def linear(x: Any) -> Any:
    return x.copy()


SLOPES: dict[str, Callable[[Any], Any]] = {
    "relu": lambda x: (x > 0).astype(x.dtype),
    "linear": np.ones_like,
}
