"""Times that cannot be those of the work: it was done before, or is when it is read, or memory does not allow it.

A call reads its arguments and writes a result. So does a copy of one of them on the same backend, which costs a call
and computes nothing: on four backends, eager and compiled, at 1e3 and 1e6 elements, no activation took less than 0.7 of
it. The copies are made of the very arrays that the case is timed with, which are as hot or as cold for one as for the
other, whatever the size of the caches.
"""

import functools
import itertools
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import backends
from backends.interface import Array, Backend
from bench import inputs, verify
from bench.cases import Case

MARGIN = 4
"""How many times quicker than a copy is impossible, for each thread: not every backend copies with all of them."""
ATTEMPTS = 5
"""Tries that all must show that work is left for who reads: one can be held up by another process."""
ROUND_SECONDS = 0.0003
MOST_COPIES = 256
CLOCK = 1e-6
"""Seconds by which two readings of a clock can be off."""


def too_quick(case: Case, seconds: float) -> str:
    """Why the time of a call is impossible; empty if it is not."""
    first = replace(case, direction="forward", mode="eager")
    if seconds * MARGIN * case.threads >= copy_seconds(first):
        return ""
    copy = copy_seconds.__wrapped__(first)  # the machine may have been slower when it was timed
    if seconds * MARGIN * case.threads >= copy:
        return ""
    return f"{micro(seconds)} a call, less than memory and dispatch allow: a copy takes {micro(copy)}"


@functools.lru_cache(maxsize=64)
def copy_seconds(case: Case) -> float:
    """A copy of an input of the case, taken in turn as for the case: the quickest round of a few."""
    backend, xs = backends.load(case.backend), inputs.buffers(case).xs
    arguments = itertools.cycle(xs)

    def seconds(calls: int) -> float:
        start = perf_counter()
        for x in itertools.islice(arguments, calls):
            y = backend.copy(x)
        backend.synchronize(y)
        return (perf_counter() - start) / calls

    first = min(seconds(1) for _ in range(ATTEMPTS))
    calls = min(max(int(ROUND_SECONDS / max(first, 1e-9)), 1), MOST_COPIES)
    return min(seconds(calls) for _ in range(ATTEMPTS))


def unfinished(backend: Backend, case: Case, call: Callable[[], Any], seconds: float) -> str:
    """Why the output of a call that was waited for is not done; empty if it is.

    Reading an output that is done takes what reading a copy of that size takes.
    """
    for _ in range(ATTEMPTS):
        parts = [part for _, part in verify.labelled(case, call())]
        reading = read_seconds(backend, parts)
        usual = read_seconds(backend, plain(backend, case))
        if reading <= 2 * (usual + seconds) + CLOCK:
            return ""
    return (
        f"computed when it is read, not when it is waited for: {micro(seconds)} a call, then {micro(reading)} "
        f"to read the output, where {micro(usual)} read a copy"
    )


def remembered(backend: Backend, program: Callable[..., Any], arguments: tuple[Array, ...]) -> str:
    """Why a call on arrays that were seen before is no call; empty if one on new ones takes the same.

    Cached results have no place in a time; a buffer that is timed comes back within a millisecond.
    """
    for _ in range(ATTEMPTS):
        fresh = tuple(map(backend.copy, arguments))
        call_seconds(backend, program, arguments)  # so that the code and what it allocates are at hand
        new, again = (call_seconds(backend, program, fresh) for _ in range(2))
        if new <= 2 * again + 2 * CLOCK:
            return ""
    return f"remembers its arguments: {micro(new)} a call on new arrays, {micro(again)} on the same ones again"


def call_seconds(backend: Backend, program: Callable[..., Any], arguments: tuple[Array, ...]) -> float:
    """One call and the wait for it."""
    start = perf_counter()
    y = program(*arguments)
    for part in y if isinstance(y, tuple) else (y,):
        backend.synchronize(part)
    return perf_counter() - start


def plain(backend: Backend, case: Case) -> list[Array]:
    """Copies of the forms of the case's output: a value is like a cotangent, a gradient like an input."""
    data = inputs.buffers(case)
    like = {"forward": (data.dys,), "backward": (data.xs,), "step": (data.dys, data.xs)}[case.direction]
    return [backend.copy(arrays[0]) for arrays in like]


def read_seconds(backend: Backend, parts: list[Array]) -> float:
    """How long reading takes after the wait."""
    for part in parts:
        backend.synchronize(part)
    start = perf_counter()
    for part in parts:
        backend.to_numpy(part)
    return perf_counter() - start


def micro(seconds: float) -> str:
    """For a reader."""
    return f"{seconds * 1e6:.3g} µs"
