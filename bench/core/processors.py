"""The processors to which a run is bound, their kinds, and the quota of a container.

A *core* is what the system numbers as a processor: with simultaneous multithreading, several of them are siblings that
share one physical core. Where nothing can be read (macOS, some containers), all cores count as alike, without siblings
and without a quota.
"""

import contextlib
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.core import environment
from bench.core.machine import Core

PERFORMANCE, EFFICIENCY = "performance", "efficiency"
SYSTEM = "/sys/devices/system/cpu"
INTEL_KINDS = {PERFORMANCE: "/sys/devices/cpu_core/cpus", EFFICIENCY: "/sys/devices/cpu_atom/cpus"}
"""The files in which Linux lists the cores of each kind; only hybrid Intel processors have them."""
SHARE_OF_CAPACITY = 0.75
"""The capacity of an Arm core, relative to the largest, from which it counts as a performance core.

Medium cores of a phone reach some 0.8 to 0.9, small ones 0.2 to 0.5.
"""
CONTROL_GROUPS = "/sys/fs/cgroup"
THREADS = "/proc/self/task"


def cores(numbers: Sequence[int]) -> list[Core]:
    """Return the kinds and siblings of these cores."""
    kinds = kinds_of(numbers)
    return [Core(n, kinds.get(n, ""), siblings(n)) for n in numbers]


def siblings(number: int) -> tuple[int, ...]:
    """Return the cores that share a physical core with this one."""
    return tuple(sorted({number, *read_list(f"{SYSTEM}/cpu{number}/topology/thread_siblings_list")}))


def kinds_of(numbers: Sequence[int]) -> dict[int, str]:
    """Return the kind of each core; empty where the system reports a single kind."""
    kinds = {number: kind for kind, path in INTEL_KINDS.items() for number in read_list(path)}
    if not kinds:
        sizes = {n: sum(read_list(f"{SYSTEM}/cpu{n}/cpu_capacity")) for n in numbers}
        limit = SHARE_OF_CAPACITY * max(sizes.values(), default=0)
        kinds = {n: PERFORMANCE if size >= limit else EFFICIENCY for n, size in sizes.items() if size}
    return kinds if len(set(kinds.values())) > 1 else {}


def read_list(path: str) -> list[int]:
    """Return the numbers that a system file lists; empty where there is none, or it has other content."""
    try:
        return expand(environment.read(path) or "")
    except ValueError:
        return []


def expand(text: str) -> list[int]:
    """Return the numbers of a list such as `0-3,8`; raise ValueError for any other text."""
    bounds = [part.partition("-") for part in text.split(",") if part.strip()]
    return [n for first, dash, last in bounds for n in range(int(first), int(last if dash else first) + 1)]


def choose(count: int, pool: Sequence[int]) -> list[int]:
    """Return the `count` cores of a pool that disturb each other, and are disturbed, the least.

    One of each physical core comes before a second one, performance before efficiency, and high numbers before low
    ones: the first core serves interrupts and the parent process. Linux fills a hybrid processor in the same order.
    """
    candidates = sorted(cores(pool), key=lambda core: core.number, reverse=True)
    used: dict[tuple[int, ...], int] = {}
    ranks = {}
    for core in candidates:
        ranks[core.number] = (used.setdefault(core.siblings, 0), core.kind == EFFICIENCY)
        used[core.siblings] += 1
    return sorted(sorted(ranks, key=lambda number: (*ranks[number], -number))[:count])


def restrict(threads: int, chosen: Sequence[int] | None = None) -> list[int] | None:
    """Bind this process and its future threads to `threads` of the chosen cores, or of all that it may use.

    Return the cores bound to, None where the system has no affinity and only the frameworks' settings limit threads.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    os.sched_setaffinity(0, choose(threads, chosen or environment.cores()))
    return environment.cores()


def move(numbers: Sequence[int]) -> None:
    """Bind every thread of this process to these cores; do nothing without cores, or where the system has no affinity.

    Pools of threads keep their size, which the frameworks chose by the affinity at their import.
    """
    if not numbers or not hasattr(os, "sched_setaffinity"):
        return
    for thread in Path(THREADS).iterdir():
        with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread.name), numbers)


def lanes(threads: int, chosen: Sequence[int] | None = None) -> list[list[int]]:
    """Return the sets of cores on which workers prepare at the same time; the first is that of measurement."""
    pool = list(chosen or environment.cores())
    first = choose(threads, pool)
    others = choose(len(pool), [number for number in pool if number not in first]) if threads == 1 else []
    return [first, *([number] for number in others)]


def parse(text: str | None) -> tuple[int, ...] | None:
    """Return the cores in a text such as `0-7` or `0,2,4`; raise LookupError for unavailable ones."""
    if text is None:
        return None
    if not hasattr(os, "sched_setaffinity"):
        raise LookupError("cores cannot be chosen here: this system binds no process to cores")
    allowed = environment.cores()
    try:
        # only ranges between allowed cores are expanded, so that 0-10**9 is refused rather than listed
        bounds = [int(bound) for part in text.split(",") for bound in part.split("-", 1)]
        numbers = expand(text) if all(bound in allowed for bound in bounds) else []
    except ValueError:
        numbers = []
    if not numbers or not set(numbers) <= set(allowed):
        raise LookupError(f"unknown cores {text[:60]!r} (choose from {compact(allowed)}, such as 0-7 or 0,2,4)")
    return tuple(dict.fromkeys(numbers))


def refuse_missing(chosen: Sequence[int] | None) -> None:
    """Raise LookupError for cores that a run was planned on and that this process may not use."""
    if unavailable := sorted(set(chosen or ()).difference(environment.cores())):
        raise LookupError(
            f"the run was planned on cores {compact(chosen or ())}, and {compact(unavailable)} cannot be used here"
        )


def compact(numbers: Sequence[int]) -> str:
    """Return cores in the form `0-3,8`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def most_threads(chosen: Sequence[int] | None = None) -> int:
    """Return the number of threads that `--threads all` means: all cores, or as many as a container's quota allows."""
    count, limit = len(chosen or environment.cores()), quota()
    return count if limit is None else max(1, min(count, math.floor(limit)))


def quota() -> float | None:
    """Return how many CPUs this process may use, the least quota of its control groups; None without a quota."""
    limits = list(quotas(environment.read("/proc/self/cgroup") or ""))
    return min(limits, default=None)


def quotas(memberships: str) -> Iterator[float]:
    """Yield the limits of the control groups in /proc/self/cgroup and of their parents, version 2 and 1."""
    for line in memberships.splitlines():
        _, _, tail = line.partition(":")
        controllers, _, path = tail.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = f"{CONTROL_GROUPS}/{controllers}" if controllers else CONTROL_GROUPS
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for length in range(len(parts), -1, -1):
            yield from quota_of("/".join((root, *parts[:length])))


def quota_of(folder: str) -> Iterator[float]:
    """Yield the limit of one control group, if it has one."""
    text = environment.read(f"{folder}/cpu.max") or " ".join(
        environment.read(f"{folder}/cpu.{name}") or "" for name in ("cfs_quota_us", "cfs_period_us")
    )
    numbers = [int(part) for part in text.split() if part.isdecimal()]  # `max` and -1 are no limits
    if len(numbers) == 2 and numbers[1]:
        yield numbers[0] / numbers[1]


def facts(threads: Sequence[int], chosen: Sequence[int] | None = None) -> dict[str, Any]:
    """Return the recorded facts of a run's cores, those of the most threads, and of the quota, in built-in types."""
    used = choose(max(threads), chosen or environment.cores())
    bound = hasattr(os, "sched_setaffinity")
    return {"cores_used": [asdict(core) for core in cores(used)] if bound else None, "cpu_quota": quota()}


def warnings(machine: dict[str, Any], threads: Sequence[int]) -> Iterator[str]:
    """Yield a message for each of `facts` that may spoil a measurement."""
    limit, used = machine.get("cpu_quota"), machine.get("cores_used") or []
    if limit is not None and limit < max(threads):
        count = max(threads)
        yield f"the container may use {limit:g} CPUs, fewer than {count} threads need: calls are paused in their middle"
    if slow := [core["number"] for core in used if core["kind"] == EFFICIENCY]:
        yield f"efficiency cores are among those used: {compact(slow)} (--cores chooses others)"
    numbers = {core["number"] for core in used}
    shared = {tuple(sorted(numbers.intersection(core["siblings"]))) for core in used}
    if shared := {group for group in shared if len(group) > 1}:
        groups = "; ".join(" and ".join(map(str, group)) for group in sorted(shared))
        yield f"threads share a physical core: {groups} (--cores or --threads chooses fewer)"
