# ruff: noqa: D103  # as in every backend: the contract in backends/interface.py is the documentation
"""The NumPy backend at a known cost, with which the harness itself is measured.

Environment variables set the cost:

KNOWN_MICROSECONDS  the least time of a call, spinning (0: the time of NumPy)
KNOWN_ASYNC         if set, a call returns at once, and only `synchronize` waits for the cost
KNOWN_COMPILE       the seconds of compiling, at the first call (0)
KNOWN_SLOWED        names of activations, separated by commas, that are slower by
KNOWN_SHARE         this share of their time (0.05)
"""

import os
from collections.abc import Callable
from time import perf_counter, thread_time
from typing import Any

from backends import numpy_backend
from backends.interface import Array, Function, Mode

MODES: tuple[Mode, ...] = ("eager", "compiled")
VARIABLES: dict[str, str] = {}

COST = float(os.environ.get("KNOWN_MICROSECONDS", "0")) * 1e-6
COMPILE = float(os.environ.get("KNOWN_COMPILE", "0"))
ASYNC = "KNOWN_ASYNC" in os.environ
SLOWED = os.environ.get("KNOWN_SLOWED", "").split(",")
SHARE = float(os.environ.get("KNOWN_SHARE", "0.05"))
COMPUTES = COST >= 100e-6 and not ASYNC
"""Whether a call spins for so much processor time, as a computation would; reading that clock takes 0.3 µs."""


class Device:
    """The state of a simulated device: when its work will be finished, and the number of compiled graphs."""

    ready = 0.0
    graphs = 0


def __getattr__(name: str) -> Any:  # the activations and the rest of the contract are NumPy's
    return getattr(numpy_backend, name)


def version() -> str:
    return "1.0"


def compile_obstacle() -> str | None:
    return None


def graphs() -> int:
    return Device.graphs


def synchronize(x: Array) -> None:  # noqa: ARG001  # there is one device
    spin(Device.ready)


def spin(until: float) -> None:
    while perf_counter() < until:
        pass


def with_cost(function: Callable[..., Any], name: str, *, compiled: bool) -> Callable[..., Any]:
    """Return the function at the cost of a call, and of compiling at the first one."""
    fresh, share = compiled, SHARE if name in SLOWED else 0.0

    def program(*args: Any) -> Any:
        nonlocal fresh
        start = perf_counter()
        if fresh:
            fresh = False
            Device.graphs += 1
            spin(start + COMPILE)
            start = perf_counter()
        begin = thread_time() if COMPUTES else 0.0
        y = function(*args)
        if share:
            now = perf_counter()
            spin(now + share * (now - start))
        if COMPUTES:
            end = begin + COST - OVERHEAD
            while thread_time() < end:
                pass
        elif COST:
            Device.ready = max(Device.ready, start) + COST - OVERHEAD
            if not ASYNC:
                spin(Device.ready)
        return y

    return program


def linear(x: Array) -> Array:  # cheaper than NumPy's blocks: forward and backward together must not cost 5 µs
    return x.copy()


def backprop_linear(dy: Array, x: Array) -> Array:  # noqa: ARG001  # its derivative is 1 everywhere
    return dy.copy()


def forward(function: Function, *, compiled: bool) -> Callable[[Array], Array]:
    return with_cost(function, name_of(function), compiled=compiled)


def backward(function: Function, x: Array, *, compiled: bool) -> Callable[[Array], Array]:
    return with_cost(numpy_backend.backward(function, x, compiled=False), name_of(function), compiled=compiled)


def step(function: Function, *, compiled: bool) -> Callable[[Array, Array], tuple[Array, Array]]:
    return with_cost(numpy_backend.step(function, compiled=False), name_of(function), compiled=compiled)


def saved_bytes(function: Function, x: Array, *, compiled: bool) -> int:  # noqa: ARG001  # there is one way to run it
    return numpy_backend.saved_bytes(function, x, compiled=False)


def name_of(function: Function) -> str:
    return str(function.func.__name__)  # type: ignore[attr-defined]  # a functools.partial


def call_overhead() -> float:
    """Return the seconds of a call outside its clock readings, so that callers measure exactly the named cost.

    Return 0 for an asynchronous device, where calls overlap with earlier work.
    """
    if ASYNC or not COST:
        return 0.0
    empty = with_cost(lambda x: x, "", compiled=False)
    times = []
    for _ in range(20 if COMPUTES else 200):
        start = perf_counter()
        empty(None)
        times.append(perf_counter() - start)
    return min(times) - COST


OVERHEAD = 0.0
OVERHEAD = call_overhead()
copy = with_cost(numpy_backend.copy, "copy", compiled=False)
