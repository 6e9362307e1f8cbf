"""Which processors a run is bound to, of which kind they are, and what a container may use of them.

A *core* is what the system numbers as a processor: with simultaneous multithreading, several of them are siblings that
share one physical core. What cannot be read counts as all alike, each alone, without a quota (macOS, some containers).
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench import environment

PERFORMANCE, EFFICIENCY = "performance", "efficiency"
SYSTEM = "/sys/devices/system/cpu"
INTEL_KINDS = {PERFORMANCE: "/sys/devices/cpu_core/cpus", EFFICIENCY: "/sys/devices/cpu_atom/cpus"}
"""Where Linux lists the cores of each kind of a hybrid Intel processor; there on no other."""
SHARE_OF_CAPACITY = 0.75
"""Of an Arm core's capacity, relative to the largest, from which it counts as one of performance: a phone's middle
cores reach some 0.8 to 0.9, its small ones 0.2 to 0.5."""
CONTROL_GROUPS = "/sys/fs/cgroup"


@dataclass(frozen=True)
class Core:
    """One processor as the system numbers them."""

    number: int
    kind: str
    """`performance` or `efficiency`; empty where all are alike."""
    siblings: tuple[int, ...]
    """The cores that share its physical core, itself among them."""


def cores(numbers: Sequence[int]) -> list[Core]:
    """Return what the system says of these cores."""
    kinds = kinds_of(numbers)
    return [Core(n, kinds.get(n, ""), siblings(n)) for n in numbers]


def siblings(number: int) -> tuple[int, ...]:
    """Return the cores that share a physical core with this one."""
    return tuple(sorted({number, *listed(f"{SYSTEM}/cpu{number}/topology/thread_siblings_list")}))


def kinds_of(numbers: Sequence[int]) -> dict[int, str]:
    """Return the kind of each core; empty where the system tells of one kind alone."""
    kinds = {number: kind for kind, path in INTEL_KINDS.items() for number in listed(path)}
    if not kinds:
        sizes = {n: sum(listed(f"{SYSTEM}/cpu{n}/cpu_capacity")) for n in numbers}
        limit = SHARE_OF_CAPACITY * max(sizes.values(), default=0)
        kinds = {n: PERFORMANCE if size >= limit else EFFICIENCY for n, size in sizes.items() if size}
    return kinds if len(set(kinds.values())) > 1 else {}


def listed(path: str) -> list[int]:
    """Return the numbers that a file of the system lists; empty where it is not there, or says something else."""
    try:
        return expand(environment.read(path) or "")
    except ValueError:
        return []


def expand(text: str) -> list[int]:
    """Return the numbers of a list such as `0-3,8`; ValueError for what is none."""
    ends = [part.partition("-") for part in text.split(",") if part.strip()]
    return [n for first, dash, last in ends for n in range(int(first), int(last if dash else first) + 1)]


def choose(count: int, pool: Sequence[int]) -> list[int]:
    """Return the `count` cores of a pool that disturb each other and are disturbed least.

    One of each physical core before a second one, performance before efficiency, the last ones first: the first core
    serves the interrupts and whoever started us. Linux fills a hybrid processor in the same order.
    """
    known = sorted(cores(pool), key=lambda core: core.number, reverse=True)
    taken: dict[tuple[int, ...], int] = {}
    ranks = {}
    for core in known:
        ranks[core.number] = (taken.setdefault(core.siblings, 0), core.kind == EFFICIENCY)
        taken[core.siblings] += 1
    return sorted(sorted(ranks, key=lambda number: (*ranks[number], -number))[:count])


def restrict(threads: int, chosen: Sequence[int] | None = None) -> list[int] | None:
    """Bind this process, and every thread it will have, to `threads` of the chosen cores, or of all it may use.

    Returns those it is bound to, None where the system has no affinity: there the frameworks' own settings have to do.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    os.sched_setaffinity(0, choose(threads, chosen or environment.cores()))
    return environment.cores()


def parse(text: str | None) -> tuple[int, ...] | None:
    """Return the cores in `0-7` or `0,2,4`; LookupError for those that this process may not use."""
    if text is None:
        return None
    if not hasattr(os, "sched_setaffinity"):
        raise LookupError("cores cannot be chosen here: this system binds no process to cores")
    allowed = environment.cores()
    try:
        # a range is expanded within what is allowed, so that 0-10**9 is refused rather than listed
        ends = [int(end) for part in text.split(",") for end in part.split("-", 1)]
        found = expand(text) if all(end in allowed for end in ends) else []
    except ValueError:
        found = []
    if not found or not set(found) <= set(allowed):
        raise LookupError(f"unknown cores {text[:60]!r} (choose from {compact(allowed)}, such as 0-7 or 0,2,4)")
    return tuple(dict.fromkeys(found))


def refuse_missing(chosen: Sequence[int] | None) -> None:
    """LookupError for cores that a run was planned on and that this process may not use."""
    if lost := sorted(set(chosen or ()).difference(environment.cores())):
        raise LookupError(
            f"the run was planned on cores {compact(chosen or ())}, and {compact(lost)} cannot be used here"
        )


def compact(numbers: Sequence[int]) -> str:
    """Return cores as `0-3,8`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def most_threads(chosen: Sequence[int] | None = None) -> int:
    """Return what `--threads all` means: the cores to choose from, as far as a container's quota allows."""
    count, limit = len(chosen or environment.cores()), quota()
    return count if limit is None else max(1, min(count, math.floor(limit)))


def quota() -> float | None:
    """Return how many processors' time this process may use: the least that a control group above it allows."""
    found = list(quotas(environment.read("/proc/self/cgroup") or ""))
    return min(found, default=None)


def quotas(memberships: str) -> Iterator[float]:
    """Yield the limits of the control groups in /proc/self/cgroup and of those around them, version 2 and 1."""
    for line in memberships.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
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
    """Return what is recorded of a run's cores: those of the most threads, and the quota, in built-in types."""
    used = choose(max(threads), chosen or environment.cores())
    bound = hasattr(os, "sched_setaffinity")
    return {"cores_used": [asdict(core) for core in cores(used)] if bound else None, "cpu_quota": quota()}


def warnings(machine: dict[str, Any], threads: Sequence[int]) -> Iterator[str]:
    """Yield what of `facts` may spoil a measurement, in words."""
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
