"""The bytes that inputs must have together to be cold, found by copies of growing sets of arrays.

A virtual machine reports caches that it shares with others, or none. What a copy costs shows where the data come from:
it rises with the size of the set until nothing of a set is left in a cache when it is used again.
`python -m bench.speed.cache CORE` prints the probe as JSON.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

from bench.core import environment, reading, results
from bench.core.cli import run_cli

CHUNK_BYTES = 2**20
LEAST_BYTES, MOST_BYTES = 2 * 2**20, 2**31
"""The smallest and the largest set; processors have up to 1152 MB of last-level cache, of which one core reaches 96."""
MEMORY_SHARE = 0.15
"""The share of the available memory that a probe may fill."""
ATTEMPTS = 4
PLATEAU_SHARE = 0.85
"""The share of the time of the largest sets from which a set counts as slow; busy machines differ by 12 %."""
RISE = 1.25
"""The factor between the last three sets from which their times are still rising."""
SAFETY = 2
"""The factor from the smallest slow set to one that is cold in every probe."""
TIMEOUT_SECONDS = 60.0
ASSUMED_BYTES = 32 * 2**20  # where the system reports no cache
COLD_VARIABLE, MOST_VARIABLE = "BENCH_COLD_BYTES", "BENCH_INPUT_BYTES"
"""The variables by which a runner tells its workers how large a set of inputs is cold, and how large one may be."""


@dataclass(frozen=True)
class Probe:
    """The seconds of copying a mebibyte, by the bytes of the set that it is taken from."""

    sizes: tuple[int, ...] = ()
    seconds: tuple[float, ...] = ()
    cold_bytes: int = field(default=0)
    """The bytes of a set that is as slow as the largest ones; 0 where the times still rise, or there is no probe."""


def probe() -> Probe:
    """Copy chunks of growing sets and return what each costs."""
    import numpy as np

    most = min(MOST_BYTES, int(MEMORY_SHARE * environment.available_bytes()))
    sizes = [LEAST_BYTES]
    while sizes[-1] * 2 <= most and (len(sizes) < 3 or sizes[-1] < 8 * reported_bytes()):
        sizes.append(sizes[-1] * 2)
    pool = np.ones((sizes[-1] // CHUNK_BYTES, CHUNK_BYTES // 8))
    target = np.empty(CHUNK_BYTES // 8)

    def seconds(size: int) -> float:
        chunks = pool[: size // CHUNK_BYTES]
        repetitions = max(1, 2**27 // size)
        start = process_time()
        for _ in range(repetitions):
            for chunk in chunks:
                np.copyto(target, chunk)
        return (process_time() - start) / (repetitions * len(chunks))

    # the sizes in turn, so that a slow moment does not fall on one of them alone
    rounds = [[seconds(size) for size in sizes] for _ in range(ATTEMPTS)]
    fastest = tuple(min(times) for times in zip(*rounds, strict=True))
    return Probe(tuple(sizes), fastest, cold_bytes(sizes, fastest))


def cold_bytes(sizes: list[int], seconds: tuple[float, ...]) -> int:
    """Return SAFETY times the smallest size that is as slow as the largest three; 0 where these are still rising."""
    first, *_, last = seconds[-3:]
    if last > RISE * first:
        return 0
    plateau = statistics.median(seconds[-3:])
    slow = (size for size, time in zip(sizes, seconds, strict=True) if time >= PLATEAU_SHARE * plateau)
    return SAFETY * next(slow)


@functools.cache
def reported_bytes() -> int:
    """Return the bytes of the largest cache that the system reports, or an assumption."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        unit = {"K": 2**10, "M": 2**20}.get(text[-1:], 1)
        sizes.append(int(text.rstrip("KM") or 0) * unit)
    return max(sizes, default=ASSUMED_BYTES) or ASSUMED_BYTES


def of_run(folder: Path, python: str, core: int | None) -> Probe:
    """Return the probe of a run, made once by an interpreter with NumPy and kept in the run's folder."""
    path = folder / "cache.json"
    try:
        return decode(reading.json_file(path))
    except (OSError, ValueError, LookupError):
        pass
    result = run(python, core)
    results.write_json(path, asdict(result))
    return result


def decode(content: Any) -> Probe:
    """Return a probe from its JSON; raise ValueError or LookupError for other content."""
    from bench.core import decode

    return decode.convert(Probe, content)


def run(python: str, core: int | None) -> Probe:
    """Return a probe made by another interpreter on a core; one without figures where it fails."""
    command = [python, "-P", "-m", "bench.speed.cache", *([] if core is None else [str(core)])]
    try:
        output = subprocess.run(
            command,
            cwd=environment.ROOT,
            env=environment.worker_variables(1),
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT_SECONDS,
        ).stdout
        return decode(json.loads(output))
    except (OSError, ValueError, subprocess.SubprocessError):
        return Probe()


def main() -> None:
    """Print the probe of a core as JSON."""
    if len(sys.argv) > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [int(sys.argv[1])])
    sys.stdout.write(json.dumps(asdict(probe())))


if __name__ == "__main__":
    sys.exit(run_cli(main))
