"""Times that cannot be those of the work: it was done before, or is when it is read, or memory does not allow it.

A call reads its arguments and writes a result. So does a copy of one of them on the same backend, which costs a call
and computes nothing: of the 434 cases at 1e6 elements in the committed example, none but the gradient that torch passes
on took less than 0.97 of it. The copies are made of the very arrays that the case is timed with, which are as hot or as
cold for one as for the other, whatever the size of the caches.
"""

import functools
import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter, process_time
from typing import Any

import backends
from backends.interface import Array, Backend
from bench import inputs, verify
from bench.cases import Case

MARGIN = 4
"""How many times quicker than a copy is impossible, for each thread: not every backend copies with all of them. And how
many times longer a reading or a call takes that has work to do, beside one that has none: what lies in a cache for one
of them and in memory for the other costs up to 2.6 times as much on a machine that others keep busy."""
ATTEMPTS = 5  # of a copy, of which the quickest counts
FEW, MANY = 3, 12
"""Pairs of readings or calls that are compared by the quickest of each: another process can hold up any one. Many are
taken where few look as if the work was done at another time."""
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


def clock(case: Case) -> Callable[[], float]:
    """CPU time of the process, which no other one holds up; where a device works beside it, that of the wall."""
    return process_time if case.device == "cpu" else perf_counter


@functools.lru_cache(maxsize=64)
def copy_seconds(case: Case) -> float:
    """A copy of an input of the case, taken in turn as for the case: the quickest round of a few."""
    backend, xs = backends.load(case.backend), inputs.buffers(case).xs
    arguments, now = itertools.cycle(xs), clock(case)
    copy = backend.copy  # a backend that hands names on by `__getattr__` takes 2 µs for one, as much as for the copy

    def seconds(calls: int) -> float:
        start = now()
        for x in itertools.islice(arguments, calls):
            y = copy(x)
        backend.synchronize(y)
        return (now() - start) / calls

    first = min(seconds(1) for _ in range(ATTEMPTS))
    calls = min(max(int(ROUND_SECONDS / max(first, 1e-9)), 1), MOST_COPIES)
    return min(seconds(calls) for _ in range(ATTEMPTS))


def unfinished(backend: Backend, case: Case, call: Callable[[], Any], seconds: float) -> str:
    """Why the output of a call that was waited for is not done; empty if it is.

    Reading an output that is done takes what reading the same numbers takes where they were brought from the host.
    """

    def pair() -> tuple[float, float]:
        hosts, reading = read(backend, case, [part for _, part in verify.labelled(case, call())])
        brought = [backend.asarray(host, dtype=case.dtype, device=case.device) for host in hosts]
        return reading, read(backend, case, brought)[1]

    reading, usual, late = longer(pair, seconds)
    if not late:
        return ""
    return (
        f"computed when it is read, not when it is waited for: {micro(seconds)} a call, then {micro(reading)} "
        f"to read the output, where {micro(usual)} read an array"
    )


def longer(pair: Callable[[], tuple[float, float]], seconds: float = 0.0) -> tuple[float, float, bool]:
    """The quickest of each of a pair, and whether the first is longer than MARGIN times the second and `seconds`."""
    one = other = math.inf
    for attempt in range(1, MANY + 1):
        one, other = map(min, (one, other), pair())
        late = one > MARGIN * (other + seconds) + 2 * CLOCK
        if attempt >= FEW and not late:
            break
    return one, other, late


def read(backend: Backend, case: Case, arrays: list[Array]) -> tuple[list[Any], float]:
    """Arrays on the host, and how long reading them takes after the wait."""
    now = clock(case)
    for array in arrays:
        backend.synchronize(array)
    start = now()
    hosts = list(map(backend.to_numpy, arrays))
    return hosts, now() - start


def remembered(backend: Backend, case: Case, program: Callable[..., Any], arguments: tuple[Array, ...]) -> str:
    """Why a call on arrays that were seen before is no call; empty if one on new ones takes the same.

    Cached results have no place in a time; a buffer that is timed comes back within a millisecond.
    """
    alive = []  # or a new array could be one that was seen before, by its address

    def call(given: tuple[Array, ...]) -> float:
        now = clock(case)
        start = now()
        y = program(*given)
        for part in y if isinstance(y, tuple) else (y,):
            backend.synchronize(part)
        return now() - start

    def pair() -> tuple[float, float]:
        fresh = tuple(map(backend.copy, arguments))
        alive.append(fresh)
        # before each one a call on other arguments: code, memory and caches are then as they were for the last one
        _, new, _, again = map(call, (arguments, fresh, arguments, fresh))
        return new, again

    new, again, late = longer(pair)
    if not late:
        return ""
    return f"remembers its arguments: {micro(new)} a call on new arrays, {micro(again)} on the same ones again"


def micro(seconds: float) -> str:
    """For a reader."""
    return f"{seconds * 1e6:.3g} µs"
