"""On which core a worker computes. Frameworks size their pools by the cores of the thread that loads them: it has one.

Where workers share a core while another one stands idle, because the backends do not take the same time, one moves.
A worker that was bound to a core when it was started stays there.
"""

import functools
import os
import random
import time
from pathlib import Path

from bench import environment

CORE = "ACCURACY_CORE"
"""Variable that says which of the processor's cores, counted from 0, a worker started here takes first."""
CROWDED = 0.75
"""Share of a core below which somebody else had the rest."""
IDLE = 0.5
"""Share of a core that is in use below which there is room."""


@functools.cache
def settle() -> None:
    """Bind this thread, and those that will be started from it, to one core."""
    busy()  # from now on
    if len(found := environment.cores()) > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {found[int(os.environ.get(CORE, os.getpid())) % len(found)]})


def move(share: float) -> None:
    """Take the threads of this one's core to an idle core, if this thread had only a `share` of its own.

    Half of those that might do, so that not all of them go to the same place.
    """
    used = busy()
    if share > CROWDED or not hasattr(os, "sched_setaffinity"):
        return
    mine = os.sched_getaffinity(0)
    allowed = os.sched_getaffinity(os.getpid()) - mine  # the main thread's, which is not bound
    free = [core for core in allowed if used.get(core, 1.0) < IDLE]
    if len(mine) == 1 and free and random.random() < 0.5:
        target = {min(free, key=lambda core: used[core])}
        for thread in Path("/proc/self/task").iterdir():
            if os.sched_getaffinity(int(thread.name)) == mine:
                os.sched_setaffinity(int(thread.name), target)


def busy() -> dict[int, float]:
    """Share of each core that was in use since the last call."""
    import psutil

    return {core: percent / 100 for core, percent in enumerate(psutil.cpu_percent(percpu=True))}


class Stopwatch:
    """Which share of its core this thread and its pool have had since the last look."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def share(self) -> float:
        """From 0 to 1, a little above with helpers."""
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        return cpu / wall if wall else 1.0
