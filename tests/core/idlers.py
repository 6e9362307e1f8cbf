"""Backends that do not do the work which they are timed for, on top of the NumPy backend: what the harness must catch.

Each is a change to a program, which is called on x, on dy, or on both and returns an array or a pair.
"""

import functools
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from backends import numpy_backend

Program = Callable[..., Any]
COST = 2e-3
"""Seconds that a call of a `costly` program takes at least: far more than to read 1e5 numbers."""


class Idler:
    """NumPy with every program changed; one that lies says of each array that it lies in memory of its own."""

    def __init__(self, change: Callable[[Program], Program], *, lies: bool = False) -> None:
        self.change, self.lies, self.address = change, lies, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(numpy_backend, name)

    def forward(self, function: Any, *, compiled: bool) -> Program:
        """The program x -> y, changed."""
        return self.change(numpy_backend.forward(function, compiled=compiled))

    def backward(self, function: Any, x: Any, *, compiled: bool) -> Program:
        """The program dy -> dx, changed."""
        return self.change(numpy_backend.backward(function, x, compiled=compiled))

    def step(self, function: Any, *, compiled: bool) -> Program:
        """The program (x, dy) -> (y, dx), changed."""
        return self.change(numpy_backend.step(function, compiled=compiled))

    def to_numpy(self, x: Any) -> Any:
        """A copy, for which a promise is computed."""
        return x.compute() if isinstance(x, Promise) else numpy_backend.to_numpy(x)

    def dtype(self, x: Any) -> str:
        """The dtype of an array, of one that is computed later too."""
        return numpy_backend.dtype(x.view(np.ndarray) if isinstance(x, Promise) else x)

    def memory(self, x: Any) -> tuple[int, int]:
        """Where an array lies, or so it says."""
        self.address += 2
        return (self.address, self.address + 1) if self.lies else numpy_backend.memory(x)


class Promise(np.ndarray[Any, Any]):
    """An array of the right form that is computed when it is read."""

    compute: Callable[[], Any]


def each(change: Callable[..., Any], value: Any, *others: Any) -> Any:
    """The change of an array, or of both of a pair."""
    if isinstance(value, tuple):
        return tuple(change(*arrays) for arrays in zip(value, *others, strict=True))
    return change(value, *others)


def honest(program: Program) -> Program:
    """The same."""
    return program


def costly(program: Program) -> Program:
    """The same at a known cost."""

    def run(*arguments: Any) -> Any:
        until, value = perf_counter() + COST, program(*arguments)
        while perf_counter() < until:
            pass
        return value

    return run


def first_for_ever(program: Program) -> Program:
    """The first result, in its memory."""
    kept: list[Any] = []

    def run(*arguments: Any) -> Any:
        if not kept:
            kept.append(program(*arguments))
        return kept[0]

    return run


def copy_of_the_first(program: Program) -> Program:
    """The first result, in new memory."""
    first = first_for_ever(program)
    return lambda *arguments: each(np.copy, first(*arguments))


def by_identity(program: Program) -> Program:
    """What it remembers of these very arrays."""
    kept: dict[tuple[int, ...], Any] = {}

    def run(*arguments: Any) -> Any:
        key = tuple(map(id, arguments))
        if key not in kept:
            kept[key] = program(*arguments)
        return kept[key]

    return run


def first_buffer_alone(program: Program) -> Program:
    """Computed for the arrays that it saw first; zeros for others."""
    seen: list[Any] = []

    def run(*arguments: Any) -> Any:
        value = program(*arguments)
        seen.append(arguments) if not seen else None
        return value if arguments[0] is seen[0][0] else each(np.zeros_like, value)

    return run


def one_output(program: Program) -> Program:
    """Computed every time, into the same memory."""
    kept: list[Any] = []

    def run(*arguments: Any) -> Any:
        value = program(*arguments)
        if not kept:
            kept.append(each(np.copy, value))
        each(np.copyto, kept[0], value)
        return kept[0]

    return run


def in_place(program: Program) -> Program:
    """Computed every time, and written over the first argument as well."""

    def run(*arguments: Any) -> Any:
        value = program(*arguments)
        np.copyto(arguments[0], value[0] if isinstance(value, tuple) else value)
        return value

    return run


def half(program: Program) -> Program:
    """The first half, and what happens to be in memory."""

    def cut(value: Any) -> Any:
        value[value.size // 2 :] = 0
        return value

    return lambda *arguments: each(cut, program(*arguments))


def view(program: Program) -> Program:  # noqa: ARG001  # which need not be called
    """The arguments themselves, which are right for `linear`."""
    return lambda *arguments: tuple(a[:] for a in arguments) if len(arguments) > 1 else arguments[0][:]


def cached_gradient(program: Program) -> Program:
    """The first gradient, in new memory; of a step the value is computed."""
    kept: list[Any] = []

    def run(*arguments: Any) -> Any:
        value = program(*arguments)
        kept.append(each(np.copy, value)) if not kept else None
        return (value[0], kept[0][1].copy()) if isinstance(value, tuple) else kept[0].copy()

    return run


def every_second_call(program: Program) -> Program:
    """Zeros in between."""
    calls = 0

    def run(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        value = program(*arguments)
        return value if calls % 2 else each(np.zeros_like, value)

    return run


def remembered(program: Program) -> Program:
    """Computed once for these very arrays, at a known cost, and then copied."""
    once = by_identity(costly(program))
    return lambda *arguments: each(np.copy, once(*arguments))


def lazy(program: Program) -> Program:
    """Nothing is computed before it is read, at a known cost, whoever waits."""
    later = costly(program)

    def run(*arguments: Any) -> Any:
        if len(arguments) == 1:
            return promise(lambda: later(*arguments), arguments[0])
        value, slope = (functools.partial(lambda at: later(*arguments)[at], at) for at in range(2))
        return promise(value, arguments[0]), promise(slope, arguments[0])

    return run


def promise(compute: Callable[[], Any], like: Any) -> Promise:
    """An array of a shape that is computed later."""
    made: Promise = np.empty_like(like).view(Promise)
    made.compute = compute
    return made
