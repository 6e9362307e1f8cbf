"""The core on which a worker computes. Frameworks size their pools by the cores of the thread that loads them: one.

A worker that shares its core moves to an idle one: cores become idle because backends take different times. A worker
that was bound to a core when it was started stays there.
"""

import functools
import os
import random
import time
from pathlib import Path

from bench.core import environment

CORE = "ACCURACY_CORE"
"""The environment variable with the core, counted from 0, that a worker started here takes first."""
CROWDED_SHARE = 0.75
"""The share of its core below which a worker shared it with other work."""
IDLE_SHARE = 0.5
"""The used share of a core below which the core has room."""


@functools.cache
def settle() -> None:
    """Bind this thread, and those that it will start, to one core."""
    core_usage()  # starts the measurement
    if len(cores := environment.cores()) > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores[int(os.environ.get(CORE, os.getpid())) % len(cores)]})


def move(share: float) -> None:
    """Move the threads on this thread's core to an idle core, if this thread had only a `share` of its own.

    Only half of such calls move, so that not all workers choose the same core.
    """
    usage = core_usage()
    if share > CROWDED_SHARE or not hasattr(os, "sched_setaffinity"):
        return
    affinity = os.sched_getaffinity(0)
    allowed = os.sched_getaffinity(os.getpid()) - affinity  # the main thread is not bound
    idle = [core for core in allowed if usage.get(core, 1.0) < IDLE_SHARE]
    if len(affinity) == 1 and idle and random.random() < 0.5:
        target = {min(idle, key=lambda core: usage[core])}
        for thread in Path("/proc/self/task").iterdir():
            if os.sched_getaffinity(int(thread.name)) == affinity:
                os.sched_setaffinity(int(thread.name), target)


def core_usage() -> dict[int, float]:
    """Return the share of each core that was in use since the last call."""
    import psutil

    return {core: percent / 100 for core, percent in enumerate(psutil.cpu_percent(percpu=True))}


class Stopwatch:
    """A measurement of the share of its core that this thread and its pool have had."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def share(self) -> float:
        """Return the share since the start, from 0 to 1, or a little more if helper threads ran."""
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        return cpu / wall if wall else 1.0
