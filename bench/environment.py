"""On which machine: what is recorded beside every run, in built-in types. No names of hosts or users.

`python -m bench.environment NAME` prints what one backend says of itself, by the interpreter it runs on.
"""

import json
import math
import os
import platform
import subprocess
import sys
import traceback
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import backends
from backends.divergence import Divergence
from bench.cases import literal
from bench.cli import run_cli

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "numpy",
    "keras",
    "torch",
    "tensorflow",
    "jax",
    "jaxlib",
    "ml_dtypes",
    "scipy",
    "pytest",
    "pytest-benchmark",
)
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
ALLOCATOR = {"mmap_threshold": 2**30, "trim_threshold": 2**32, "top_pad": 2**26, "hugetlb": 1}
"""Of glibc: what is freed stays with the process, and large arrays lie on huge pages where the system has them.

By itself glibc returns large arrays to the system or not as the heap happens to lie, and a copy of 4 MB then costs 1 or
3 times as much; NumPy alone asks for huge pages, and with pages of 4 KiB torch's copy took 340 instead of 190 µs.
"""
BUSY = 0.02
"""Share of a process' processor time from which a thread counts as one that works."""
GPU_FACTS = ("name", "driver_version", "memory.total", "clocks.sm", "clocks.mem", "temperature.gpu", "power.draw")
THROTTLES = ("clocks_event_reasons.active", "clocks_throttle_reasons.active")
"""What holds the clocks down, by its name from driver 535 on and before: a driver refuses a name it does not know."""


def cores() -> list[int]:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def worker_variables(threads: int) -> dict[str, str]:
    """The environment variables of a worker: ours, and what must stand before its framework is imported.

    Without those of pytest-xdist, in whose workers pytest-benchmark measures nothing.
    """
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")},
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in ALLOCATOR.items()),
        "TF_CPP_MIN_LOG_LEVEL": "2",  # TensorFlow's greetings are no warnings
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # other plugins neither start threads nor slow the start
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }


def asked_variables(backend: str, programs: Path) -> dict[str, str]:
    """The variables that a backend's file asks for; `programs` is where its compiler keeps what it made."""
    asked = literal(backend, "VARIABLES", {})
    return {name: value.format(cache=programs) for name, value in asked.items()}


def keeps_programs(backend: str) -> bool:
    """Whether a backend's compiler keeps what it made on disk."""
    return any("{cache}" in value for value in literal(backend, "VARIABLES", {}).values())


def machine() -> dict[str, Any]:
    """The machine as it is now."""
    model, flags = cpu()
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": model,
        "cpu_vendor": cpu_vendor(),
        "cpu_flags": flags,
        "avx512": any(flag.startswith("avx512") for flag in flags),
        "cores": os.cpu_count(),
        "affinity": cores(),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "memory_bytes": memory(),
        "gpu": gpus(),
        "allocator": ALLOCATOR,
        "caches": caches(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "commit": git("rev-parse", "HEAD"),
        "dirty": bool(git("status", "--porcelain", "--untracked-files=no")),
    }


def cpu() -> tuple[str, list[str]]:
    """The processor's name and its instruction set flags."""
    return cpu_field("model name") or platform.processor() or platform.machine(), cpu_flags()


def cpu_flags() -> list[str]:
    """Return the processor's instruction set flags; empty where the system does not list them."""
    return (cpu_field("flags") or cpu_field("Features") or "").split()


def cpu_vendor() -> str | None:
    """Return the vendor as the processor names it, None where the system does not tell."""
    return cpu_field("vendor_id") or cpu_field("CPU implementer")


def cpu_field(name: str) -> str | None:
    """Return what Linux says of the first processor under `name`; None where it says nothing."""
    for line in (read("/proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def caches() -> dict[str, str]:
    """Sizes of the data caches by level, as the system spells them."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if read(folder / "type") != "Instruction":
            found[f"L{read(folder / 'level')}"] = read(folder / "size") or ""
    return found


def gpus() -> list[dict[str, str]]:
    """Each NVIDIA device with its clocks and what throttles it, as its driver tells; none without one."""
    return next(filter(None, (queried(*GPU_FACTS, throttle) for throttle in THROTTLES)), [])


def queried(*names: str) -> list[dict[str, str]]:
    """Return these facts of each NVIDIA device; nothing where the driver, or one of the names, is not known."""
    query = ("nvidia-smi", f"--query-gpu={','.join(names)}", "--format=csv,noheader,nounits")
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    return [dict(zip(names, map(str.strip, line.split(",")), strict=False)) for line in lines]


def process() -> dict[str, Any]:
    """What is seen of this process: its threads, those that worked, and the most memory it has held."""
    status = dict(line.split(":", 1) for line in (read("/proc/self/status") or "").splitlines() if ":" in line)
    spent = list(thread_seconds().values())
    return {
        "affinity": cores() if hasattr(os, "sched_getaffinity") else None,
        "threads": len(spent) or None,
        "threads_worked": sum(seconds > BUSY * sum(spent) for seconds in spent) or None,
        "peak_bytes": int(status.get("VmHWM", "0 kB").split()[0]) * 1024 or None,
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "gpu": gpus(),
    }


def thread_seconds() -> dict[int, float]:
    """Processor time of each thread of this process; empty where the system does not tell."""
    import psutil

    try:
        return {thread.id: thread.user_time + thread.system_time for thread in psutil.Process().threads()}
    except psutil.Error:
        return {}


def available_bytes() -> int:
    """Memory that a process here could still take: the system's word, and the control group's where there is one."""
    import psutil

    free: int = psutil.virtual_memory().available
    limit, used = (read(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    if limit and limit.isdecimal() and used:
        files = counters("/sys/fs/cgroup/memory.stat")  # of which the system lets go when it must
        free = min(free, int(limit) - int(used) + files.get("active_file", 0) + files.get("inactive_file", 0))
    return free


def memory() -> int | None:
    """Bytes of main memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def killed_for_memory() -> int:
    """Processes that the system has killed because memory ran out; 0 where it does not tell."""
    return sum(counters(path).get("oom_kill", 0) for path in ("/sys/fs/cgroup/memory.events", "/proc/vmstat"))


def counters(path: str) -> dict[str, int]:
    """A file of names and numbers; empty where it is not there."""
    lines = (line.split() for line in (read(path) or "").splitlines())
    return {line[0]: int(line[1]) for line in lines if len(line) == 2}


def read(path: str | Path) -> str | None:
    """A small file's text, None where it cannot be read."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def git(*arguments: str) -> str | None:
    """What git says about this tree, None outside of one."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def backend_facts(name: str) -> dict[str, Any]:
    """What a backend says of itself, or why it cannot: `absent` if not installed, `broken` with its own error."""
    try:
        backend = backends.load(name)
        return {
            "version": backend.version(),
            "build": backend.build(),
            "devices": list(backend.devices()),
            "modes": list(backend.MODES),
            "compile_obstacle": backend.compile_obstacle() if "compiled" in backend.MODES else None,
            "python": platform.python_version(),
            "packages": versions(),
            "divergences": [plain(divergence) for divergence in backend.DIVERGENCES],
        }
    except backends.BackendUnavailable as error:
        return {"absent": str(error)}
    except Exception:
        return {"broken": traceback.format_exc().strip().splitlines()[-1]}


def plain(divergence: Divergence) -> dict[str, Any]:
    """A divergence in what JSON has: a bound that is no finite number is spelled out."""
    row = asdict(divergence)
    return row | {k: str(row[k]) for k in ("low", "high") if not math.isfinite(row[k])}


def versions() -> dict[str, str]:
    """Versions of the packages that matter, of those that are installed."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    """Print what one backend says of itself, as JSON in the last line."""
    name, *more = sys.argv[1:] or [""]
    if name not in backends.names():
        raise LookupError(f"unknown backend {name!r} (choose from {', '.join(backends.names())})")
    found = backend_facts(name)
    if "keras" in more:
        found["keras"] = versions().get("keras", "")
    sys.stdout.write("\n" + json.dumps(found) + "\n")


if __name__ == "__main__":
    sys.exit(run_cli(main))
