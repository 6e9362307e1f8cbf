"""The facts of machine and software recorded with every run, in built-in types, without names of hosts or users.

`python -m bench.core.environment NAME` prints the facts of one backend on the interpreter that runs the command.
"""

import json
import math
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import backends
from backends import spelling
from backends.divergence import Divergence
from bench.core import installation
from bench.core.cases import literal
from bench.core.cli import run_cli
from bench.core.text import error_line

ROOT = installation.ROOT
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
"""The tunables of glibc: freed memory stays with the process, and large arrays use huge pages where possible.

By default glibc returns large arrays to the system or not, depending on the state of the heap, and a copy of 4 MB then
costs 1 or 3 times as much; NumPy alone requests huge pages, and with pages of 4 KiB torch's copy took 340 instead of
190 µs.
"""
BUSY_THREAD_SHARE = 0.02
"""The share of a process' CPU time above which a thread counts as working."""
GPU_FACTS = ("name", "driver_version", "memory.total", "clocks.sm", "clocks.mem", "temperature.gpu", "power.draw")
THROTTLES = ("clocks_event_reasons.active", "clocks_throttle_reasons.active")
"""The field of reasons for reduced clocks, named so from driver 535 on and before: drivers reject unknown names."""


def cores() -> list[int]:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def worker_variables(threads: int) -> dict[str, str]:
    """Return the environment variables of a worker: those of this process, and those to set before any import.

    Variables of pytest-xdist are left out, because pytest-benchmark measures nothing in its workers.
    """
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")},
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in ALLOCATOR.items()),
        "TF_CPP_MIN_LOG_LEVEL": "2",  # messages of TensorFlow's start are not warnings
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # other plugins neither start threads nor slow the start
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }


def backend_variables(backend: str, programs: Path) -> dict[str, str]:
    """Return the variables that a backend's file requests; `programs` is the folder of compiled programs."""
    requested = literal(backend, "VARIABLES", {})
    return {name: value.format(cache=programs) for name, value in requested.items()}


def keeps_programs(backend: str) -> bool:
    """Return whether a backend's compiler stores its programs on disk."""
    return any("{cache}" in value for value in literal(backend, "VARIABLES", {}).values())


def machine() -> dict[str, Any]:
    """Return the facts of the machine and of its present state."""
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
        "version": installation.VERSION,
        "commit": git("rev-parse", "HEAD"),
        "dirty": bool(git("status", "--porcelain", "--untracked-files=no")),
    }


def cpu() -> tuple[str, list[str]]:
    """Return the processor's name and its instruction set flags."""
    return cpu_field("model name") or platform.processor() or platform.machine(), cpu_flags()


def cpu_flags() -> list[str]:
    """Return the processor's instruction set flags; empty where the system does not list them."""
    return (cpu_field("flags") or cpu_field("Features") or "").split()


def cpu_vendor() -> str | None:
    """Return the vendor as the processor names it, None where the system does not report it."""
    return cpu_field("vendor_id") or cpu_field("CPU implementer")


def cpu_field(name: str) -> str | None:
    """Return the field of this name that Linux lists for the first processor; None where there is none."""
    for line in (read("/proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def caches() -> dict[str, str]:
    """Return the sizes of the data caches by level, as the system writes them."""
    sizes = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if read(folder / "type") != "Instruction":
            sizes[f"L{read(folder / 'level')}"] = read(folder / "size") or ""
    return sizes


def gpus() -> list[dict[str, str]]:
    """Return the facts of each NVIDIA device, with its clocks and reasons for throttling; empty without a driver."""
    return next(filter(None, (query_gpus(*GPU_FACTS, throttle) for throttle in THROTTLES)), [])


def query_gpus(*names: str) -> list[dict[str, str]]:
    """Return these facts of each NVIDIA device; empty without a driver, or where it rejects a name."""
    command = ("nvidia-smi", f"--query-gpu={','.join(names)}", "--format=csv,noheader,nounits")
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = result.stdout.splitlines() if result.returncode == 0 else []
    return [dict(zip(names, map(str.strip, line.split(",")), strict=False)) for line in lines]


def process() -> dict[str, Any]:
    """Return the facts of this process: its threads, those that worked, and its peak memory."""
    status = dict(line.split(":", 1) for line in (read("/proc/self/status") or "").splitlines() if ":" in line)
    spent = list(thread_seconds().values())
    return {
        "affinity": cores() if hasattr(os, "sched_getaffinity") else None,
        "threads": len(spent) or None,
        "threads_worked": sum(seconds > BUSY_THREAD_SHARE * sum(spent) for seconds in spent) or None,
        "peak_bytes": int(status.get("VmHWM", "0 kB").split()[0]) * 1024 or None,
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
        "gpu": gpus(),
    }


def thread_seconds() -> dict[int, float]:
    """Return the CPU seconds of each thread of this process; empty where the system does not report them."""
    import psutil

    try:
        return {thread.id: thread.user_time + thread.system_time for thread in psutil.Process().threads()}
    except psutil.Error:
        return {}


def available_bytes() -> int:
    """Return the bytes that a process can still allocate, as reported by the system and its control group."""
    import psutil

    free: int = psutil.virtual_memory().available
    limit, used = (read(f"/sys/fs/cgroup/memory.{name}") for name in ("max", "current"))
    if limit and limit.isdecimal() and used:
        files = counters("/sys/fs/cgroup/memory.stat")  # which the system frees when needed
        free = min(free, int(limit) - int(used) + files.get("active_file", 0) + files.get("inactive_file", 0))
    return free


def memory() -> int | None:
    """Return the bytes of main memory; None where the system does not report them."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def killed_for_memory() -> int:
    """Return the number of processes killed because memory ran out; 0 where the system does not report it."""
    return sum(counters(path).get("oom_kill", 0) for path in ("/sys/fs/cgroup/memory.events", "/proc/vmstat"))


def counters(path: str) -> dict[str, int]:
    """Return a file of names and numbers; empty where there is none."""
    lines = (line.split() for line in (read(path) or "").splitlines())
    return {line[0]: int(line[1]) for line in lines if len(line) == 2}


def read(path: str | Path) -> str | None:
    """Return the text of a small file, None where it cannot be read."""
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None


def git(*arguments: str) -> str | None:
    """Return the output of a git command in this checkout; None where git fails, or this is no checkout.

    An installed package may lie inside another project's checkout.
    """
    if not (ROOT / ".git").exists():
        return None
    try:
        result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None


def backend_facts(name: str) -> dict[str, Any]:
    """Return the facts of a backend, or why there are none: `absent` if not installed, or `broken` with its error."""
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
    except Exception as error:
        return {"broken": error_line(error)}


def plain(divergence: Divergence) -> dict[str, Any]:
    """Return a divergence in types of JSON; a bound that is not finite becomes a string."""
    row = asdict(divergence)
    return row | {k: str(row[k]) for k in ("low", "high") if not math.isfinite(row[k])}


def versions() -> dict[str, str]:
    """Return the versions of the installed ones of PACKAGES."""
    from importlib.metadata import PackageNotFoundError, version

    installed = {}
    for package in PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed


def main() -> None:
    """Print the facts of one backend as JSON in the last line."""
    name, *flags = sys.argv[1:] or [""]
    if name not in backends.names():
        raise spelling.unknown("backend", name, backends.names())
    facts = backend_facts(name)
    if "keras" in flags:
        facts["keras"] = versions().get("keras", "")
    sys.stdout.write("\n" + json.dumps(facts) + "\n")


if __name__ == "__main__":
    sys.exit(run_cli(main))
