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

ROOT = Path(__file__).parent.parent
PACKAGES = ("numpy", "torch", "tensorflow", "jax", "jaxlib", "ml_dtypes", "scipy", "pytest", "pytest-benchmark")
COMPILE_CACHES = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
"""Where compilers keep what they made; empty for each worker, so that a compile time is that of a first use."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def cores() -> list[int]:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def restrict(threads: int) -> list[int]:
    """Bind this process, and every thread it will have, to the last `threads` processors it may use.

    The first one serves the interrupts and whoever started us. Returns those it is bound to, which
    are all of them where the system has no affinity.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores()[-threads:])
    return cores()


def worker_variables(threads: int) -> dict[str, str]:
    """The environment variables of a worker: ours, and what must stand before its framework is imported."""
    return {
        **os.environ,
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        "TF_CPP_MIN_LOG_LEVEL": "2",  # TensorFlow's greetings are no warnings
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # other plugins neither start threads nor slow the start
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
    }


def machine() -> dict[str, Any]:
    """The machine as it is now."""
    model, flags = cpu()
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": model,
        "cpu_flags": flags,
        "avx512": any(flag.startswith("avx512") for flag in flags),
        "cores": os.cpu_count(),
        "affinity": cores(),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "load": os.getloadavg() if hasattr(os, "getloadavg") else None,
        "memory_bytes": memory(),
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
    info: dict[str, str] = {}
    for line in (read("/proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        info.setdefault(key.strip(), value.strip())
    return info.get("model name") or platform.processor() or platform.machine(), info.get("flags", "").split()


def caches() -> dict[str, str]:
    """Sizes of the data caches by level, as the system spells them."""
    found = {}
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        if read(folder / "type") != "Instruction":
            found[f"L{read(folder / 'level')}"] = read(folder / "size") or ""
    return found


def process() -> dict[str, Any]:
    """What is seen of this process: its threads and the most memory it has held."""
    status = dict(line.split(":", 1) for line in (read("/proc/self/status") or "").splitlines() if ":" in line)
    return {
        "affinity": cores(),
        "threads_observed": int(status.get("Threads", "0")) or None,
        "peak_bytes": int(status.get("VmHWM", "0 kB").split()[0]) * 1024 or None,
        "load": list(os.getloadavg()) if hasattr(os, "getloadavg") else None,
    }


def memory() -> int | None:
    """Bytes of main memory."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


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


if __name__ == "__main__":
    sys.stdout.write("\n" + json.dumps(backend_facts(sys.argv[1])) + "\n")
