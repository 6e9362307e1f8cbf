"""Detection of impossible times: work done earlier, work done when the output is read, or too fast for the memory.

A call reads its arguments and writes a result. So does a copy of an argument on the same backend, which costs a call
and computes nothing: of the 434 cases at 1e6 elements in the committed example, only the gradient that torch returns
unchanged took less than 0.97 of the copy. The copies are made of the same arrays with which the case is timed, so that
both find them equally hot or cold, whatever the size of the caches.
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
from bench.core.cases import Case
from bench.speed import inputs, verify

MARGIN = 4
"""The factor, for each thread, by which being faster than a copy is impossible: not every copy uses all threads.

Also the factor by which a reading or a call with work to do is longer than one without: data in a cache for one and in
memory for the other cost up to 2.6 times as much on a machine that other processes keep busy.
"""
ATTEMPTS = 5  # of a copy, of which the fastest counts
FEW_PAIRS, MANY_PAIRS = 3, 12
"""Numbers of pairs of readings or calls whose fastest are compared: another process can delay any one of them.

MANY_PAIRS are made where FEW_PAIRS suggest that the work was done at another time.
"""
ROUND_SECONDS = 0.0003
MOST_COPIES = 256
CLOCK_ERROR_SECONDS = 1e-6
"""The error of two readings of a clock, in seconds."""


def too_quick(case: Case, seconds: float) -> str:
    """Return why the time of a call is impossible; empty if it is not."""
    first = replace(case, direction="forward", mode="eager")
    if seconds * MARGIN * case.threads >= copy_seconds(first):
        return ""
    copy = copy_seconds.__wrapped__(first)  # the machine may have been slower when it was timed
    if seconds * MARGIN * case.threads >= copy:
        return ""
    return f"{micro(seconds)} a call, less than memory and dispatch allow: a copy takes {micro(copy)}"


def clock(case: Case) -> Callable[[], float]:
    """Return the clock of a case: CPU time, which no other process delays, or wall time for work on another device."""
    return process_time if case.device == "cpu" else perf_counter


@functools.lru_cache(maxsize=64)
def copy_seconds(case: Case) -> float:
    """Return the seconds of a copy of an input, rotated as in the case: the fastest of ATTEMPTS rounds."""
    backend, xs = backends.load(case.backend), inputs.buffers(case).xs
    arguments, now = itertools.cycle(xs), clock(case)
    copy = backend.copy  # looking it up takes 2 µs by a backend's `__getattr__`, as much as the copy

    def seconds(calls: int) -> float:
        start = now()
        for x in itertools.islice(arguments, calls):
            y = copy(x)
        backend.synchronize(y)
        return (now() - start) / calls

    first = min(seconds(1) for _ in range(ATTEMPTS))
    calls = min(max(int(ROUND_SECONDS / max(first, 1e-9)), 1), MOST_COPIES)
    return min(seconds(calls) for _ in range(ATTEMPTS))


def pending_work(backend: Backend, case: Case, call: Callable[[], Any], seconds: float) -> str:
    """Return why the output of a call is not computed after the wait; empty if it is.

    Reading a computed output takes as long as reading an array of the same numbers that was made from host memory.
    """

    def pair() -> tuple[float, float]:
        hosts, reading = read(backend, case, [part for _, part in verify.parts_by_kind(case, call())])
        arrays = [backend.asarray(host, dtype=case.dtype, device=case.device) for host in hosts]
        return reading, read(backend, case, arrays)[1]

    reading, usual, late = compare_fastest(pair, seconds)
    if not late:
        return ""
    return (
        f"computed when it is read, not when it is waited for: {micro(seconds)} a call, then {micro(reading)} "
        f"to read the output, where {micro(usual)} read an array"
    )


def compare_fastest(pair: Callable[[], tuple[float, float]], seconds: float = 0.0) -> tuple[float, float, bool]:
    """Return the fastest of each of a pair, and whether the first exceeds MARGIN times the second plus `seconds`."""
    one = other = math.inf
    for attempt in range(1, MANY_PAIRS + 1):
        one, other = map(min, (one, other), pair())
        late = one > MARGIN * (other + seconds) + 2 * CLOCK_ERROR_SECONDS
        if attempt >= FEW_PAIRS and not late:
            break
    return one, other, late


def read(backend: Backend, case: Case, arrays: list[Array]) -> tuple[list[Any], float]:
    """Return arrays on the host, and the seconds that reading them takes after the wait."""
    now = clock(case)
    for array in arrays:
        backend.synchronize(array)
    start = now()
    hosts = list(map(backend.to_numpy, arrays))
    return hosts, now() - start


def cached_result(backend: Backend, case: Case, program: Callable[..., Any], arguments: tuple[Array, ...]) -> str:
    """Return why a call on arrays seen before is too fast; empty if one on new arrays takes as long.

    A time must not come from cached results, and timed buffers are used again within a millisecond.
    """
    alive = []  # otherwise a new array could have the address of one seen before

    def call(operands: tuple[Array, ...]) -> float:
        now = clock(case)
        start = now()
        y = program(*operands)
        for part in y if isinstance(y, tuple) else (y,):
            backend.synchronize(part)
        return now() - start

    def pair() -> tuple[float, float]:
        fresh = tuple(map(backend.copy, arguments))
        alive.append(fresh)
        # each follows a call on other arguments, so that code, memory and caches are in the same state for both
        _, new, _, again = map(call, (arguments, fresh, arguments, fresh))
        return new, again

    new, again, late = compare_fastest(pair)
    if not late:
        return ""
    return f"remembers its arguments: {micro(new)} a call on new arrays, {micro(again)} on the same ones again"


def micro(seconds: float) -> str:
    """Return a time in microseconds, for readers."""
    return f"{seconds * 1e6:.3g} µs"
