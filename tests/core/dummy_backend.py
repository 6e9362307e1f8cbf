# ruff: noqa: D103  # as in every backend: the contract in backends/interface.py is the documentation
"""The backend of known cost with optional faults, for testing the harness.

`bench.selfcheck.known_cost` documents its cost.

DUMMY_FAULT     fault of relu: value, dtype, shape, nan, first (every call returns the first result), cotangent,
                eager, memory, error; or fault of the backend: unwaited (`synchronize` does nothing), load, absent,
                start (every worker is killed when it imports the backend)
DUMMY_KILL      path of a file: a call of relu while it does not exist creates it and kills the process (always:
                every call does)
DUMMY_HANG      path of a file: a call of relu while it does not exist creates it and never returns
DUMMY_OBSTACLE  reason why compiling cannot work
"""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from backends.divergence import Divergence
from backends.interface import Mode
from bench.selfcheck import known_cost

MODES: tuple[Mode, ...] = ("eager", "compiled")
VARIABLES: dict[str, str] = {}
DIVERGENCES: tuple[Divergence, ...] = ()
FAULT = os.environ.get("DUMMY_FAULT", "")
FIRST_RESULT: dict[str, Any] = {}


class DeviceFull(RuntimeError):
    """The exception of this framework when memory runs out."""


OUT_OF_MEMORY: tuple[type[BaseException], ...] = (DeviceFull,)

if FAULT == "absent":
    raise ModuleNotFoundError("No module named 'dummy'", name="dummy")
if FAULT == "start" and "pytest" in sys.modules:
    os.kill(os.getpid(), signal.SIGKILL)
if FAULT == "load":
    raise ImportError("libdummy.so.1: cannot open shared object file")


def __getattr__(name: str) -> Any:
    return getattr(known_cost, name)


def compile_obstacle() -> str | None:
    return os.environ.get("DUMMY_OBSTACLE")


def forward(function: Any, *, compiled: bool) -> Callable[[Any], Any]:
    eager = FAULT == "eager" and known_cost.name_of(function) == "relu"
    return known_cost.forward(function, compiled=compiled and not eager)


def synchronize(x: Any) -> None:
    if FAULT != "unwaited":
        known_cost.synchronize(x)


def to_numpy(x: Any) -> Any:
    known_cost.synchronize(x)
    return np.array(x)


def once(name: str) -> bool:
    """Return whether the file that a variable names did not exist, and create it; the value `always` names no file."""
    path = os.environ.get(name)
    if not path or Path(path).exists():
        return False
    if path != "always":
        Path(path).touch()
    return True


def _fail() -> None:
    if once("DUMMY_KILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    if once("DUMMY_HANG"):
        time.sleep(3600)
    if FAULT == "memory":
        raise DeviceFull("no memory left on the device\n  while allocating 4 TB")
    if FAULT == "error":
        raise RuntimeError("a long story\nthe operation is not implemented")


def backprop_relu(dy: Any, x: Any, **_parameters: Any) -> Any:
    _fail()
    return dy * (x > 0) if FAULT != "cotangent" else (x > 0) + 0 * dy


def relu(x: Any, *, negative_slope: float, max_value: float | None, threshold: float) -> Any:
    assert (negative_slope, max_value, threshold) == (0, None, 0)
    _fail()
    y = np.maximum(x, 0)
    faults: dict[str, Callable[[], Any]] = {
        "value": lambda: y * y.dtype.type(1 + 2e-5),
        "dtype": lambda: y.astype(np.float64),
        "shape": lambda: y[:-1],
        "first": lambda: FIRST_RESULT.setdefault("y", y),
        "nan": lambda: np.where(x == x.max(), np.nan, y).astype(y.dtype),
    }
    return faults.get(FAULT, lambda: y)()
