"""Backends that skip the work for which they are timed, on top of the NumPy backend: the harness must catch them.

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
"""The least time of a call of a `costly` program, in seconds: far more than reading 1e5 numbers takes."""


class Idler:
    """The NumPy backend with every program changed; one that lies reports separate memory for each array."""

    def __init__(self, change: Callable[[Program], Program], *, lies: bool = False) -> None:
        self.change, self.lies, self.address = change, lies, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(numpy_backend, name)

    def forward(self, function: Any, *, compiled: bool) -> Program:
        """Return the changed program x -> y."""
        return self.change(numpy_backend.forward(function, compiled=compiled))

    def backward(self, function: Any, x: Any, *, compiled: bool) -> Program:
        """Return the changed program dy -> dx."""
        return self.change(numpy_backend.backward(function, x, compiled=compiled))

    def step(self, function: Any, *, compiled: bool) -> Program:
        """Return the changed program (x, dy) -> (y, dx)."""
        return self.change(numpy_backend.step(function, compiled=compiled))

    def to_numpy(self, x: Any) -> Any:
        """Return a copy, for which a promise is computed."""
        return x.compute() if isinstance(x, Promise) else numpy_backend.to_numpy(x)

    def dtype(self, x: Any) -> str:
        """Return the dtype of an array, also of one that is computed later."""
        return numpy_backend.dtype(x.view(np.ndarray) if isinstance(x, Promise) else x)

    def memory(self, x: Any) -> tuple[int, int]:
        """Return the bounds of an array's memory, false ones if this backend lies."""
        self.address += 2
        return (self.address, self.address + 1) if self.lies else numpy_backend.memory(x)


class Promise(np.ndarray[Any, Any]):
    """An array of the right form that is computed only when it is read."""

    compute: Callable[[], Any]


def each(change: Callable[..., Any], value: Any, *others: Any) -> Any:
    """Apply a change to an array, or to both arrays of a pair."""
    if isinstance(value, tuple):
        return tuple(change(*arrays) for arrays in zip(value, *others, strict=True))
    return change(value, *others)


def honest(program: Program) -> Program:
    """Return the program unchanged."""
    return program


def costly(program: Program) -> Program:
    """Return the program at a known cost."""

    def run(*arguments: Any) -> Any:
        end, value = perf_counter() + COST, program(*arguments)
        while perf_counter() < end:
            pass
        return value

    return run


def first_for_ever(program: Program) -> Program:
    """Return a program that returns its first result, in the same memory."""
    results: list[Any] = []

    def run(*arguments: Any) -> Any:
        if not results:
            results.append(program(*arguments))
        return results[0]

    return run


def copy_of_the_first(program: Program) -> Program:
    """Return a program that returns copies of its first result."""
    repeated = first_for_ever(program)
    return lambda *arguments: each(np.copy, repeated(*arguments))


def by_identity(program: Program) -> Program:
    """Return a program that returns its earlier result for the same array objects."""
    results: dict[tuple[int, ...], Any] = {}

    def run(*arguments: Any) -> Any:
        key = tuple(map(id, arguments))
        if key not in results:
            results[key] = program(*arguments)
        return results[key]

    return run


def first_buffer_alone(program: Program) -> Program:
    """Return a program that computes for the first arrays it is given and returns zeros for others."""
    first_arguments: list[Any] = []

    def run(*arguments: Any) -> Any:
        value = program(*arguments)
        first_arguments.append(arguments) if not first_arguments else None
        return value if arguments[0] is first_arguments[0][0] else each(np.zeros_like, value)

    return run


def one_output(program: Program) -> Program:
    """Return a program that computes every time, into the same memory."""
    results: list[Any] = []

    def run(*arguments: Any) -> Any:
        value = program(*arguments)
        if not results:
            results.append(each(np.copy, value))
        each(np.copyto, results[0], value)
        return results[0]

    return run


def in_place(program: Program) -> Program:
    """Return a program that computes every time and also overwrites its first argument."""

    def run(*arguments: Any) -> Any:
        value = program(*arguments)
        np.copyto(arguments[0], value[0] if isinstance(value, tuple) else value)
        return value

    return run


def half(program: Program) -> Program:
    """Return a program that sets the second half of its result to zero."""

    def cut(value: Any) -> Any:
        value[value.size // 2 :] = 0
        return value

    return lambda *arguments: each(cut, program(*arguments))


def view(program: Program) -> Program:  # noqa: ARG001  # the program is not called
    """Return a program that returns views of its arguments, which is right for `linear`."""
    return lambda *arguments: tuple(a[:] for a in arguments) if len(arguments) > 1 else arguments[0][:]


def cached_gradient(program: Program) -> Program:
    """Return a program that returns copies of its first gradient; the value of a step is computed."""
    gradients: list[Any] = []

    def run(*arguments: Any) -> Any:
        value = program(*arguments)
        gradients.append(each(np.copy, value)) if not gradients else None
        return (value[0], gradients[0][1].copy()) if isinstance(value, tuple) else gradients[0].copy()

    return run


def every_second_call(program: Program) -> Program:
    """Return a program that returns zeros on every second call."""
    calls = 0

    def run(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        value = program(*arguments)
        return value if calls % 2 else each(np.zeros_like, value)

    return run


def remembered(program: Program) -> Program:
    """Return a program that computes once for the same arrays, at a known cost, and then returns copies."""
    cached = by_identity(costly(program))
    return lambda *arguments: each(np.copy, cached(*arguments))


def lazy(program: Program) -> Program:
    """Return a program that computes only when its result is read, at a known cost, whoever waits."""
    delayed = costly(program)

    def run(*arguments: Any) -> Any:
        if len(arguments) == 1:
            return promise(lambda: delayed(*arguments), arguments[0])
        value, gradient = (functools.partial(lambda index: delayed(*arguments)[index], index) for index in range(2))
        return promise(value, arguments[0]), promise(gradient, arguments[0])

    return run


def promise(compute: Callable[[], Any], like: Any) -> Promise:
    """Return an array shaped like another one that is computed later."""
    array: Promise = np.empty_like(like).view(Promise)
    array.compute = compute
    return array
