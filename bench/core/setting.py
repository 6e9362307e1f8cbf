"""The setting: the versions, build and hardware on which the bits of a result depend beside code and inputs.

Two results are comparable bit by bit only within one setting. Every key of a stored result, of recorded behaviour and
of the atlas contains one.
"""

import platform
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from bench.core import environment, variables
from bench.core.cases import literal

VENDORS = {"AuthenticAMD": "amd", "GenuineIntel": "intel", "HygonGenuine": "hygon", "0x41": "arm", "0x61": "apple"}
"""The short names of processor vendors, by `vendor_id` on x86 and `CPU implementer` on Arm."""
INSTRUCTION_SETS = (
    *("avx512_fp16", "avx512_bf16", "avx512f", "avx2", "avx", "sse2"),
    *("sve", "asimd"),
)
"""The processor flags that change which kernels a framework uses, the widest first.

`avx512_fp16`: XLA computes float16 natively. `avx512_bf16`: conversions to bfloat16 are one instruction. The others
determine the length of vectors, where a vectorised body ends and a scalar tail begins, and whether products are fused.
"""
NAMES = {"avx512f": "avx512", "asimd": "neon"}
"""The names of flags in a setting where they differ from the flags themselves."""


@dataclass(frozen=True, order=True)
class Setting:
    """The versions, build and hardware on which the bits of a backend's results depend."""

    version: str
    """The version of the framework, without a local part."""
    build: str
    """The local part of the version (`cpu`, `cu130`); `release` where it has none.

    Variables set among the backend's RESULT_VARIABLES follow: `cpu+ATEN_CPU_CAPABILITY=avx2`.
    """
    vendor: str
    """The processor's vendor: `amd`, `intel`, `arm`, ...; some libraries choose code by it. `nvidia` on a GPU."""
    instruction_set: str
    """The widest of INSTRUCTION_SETS that the processor has; the device's name on a GPU."""
    threads: int = 1
    """The number of threads that share an array: at the end of each part a vectorised body ends and a tail begins."""

    @property
    def processor(self) -> str:
        """The part that describes the machine, such as `amd-avx512_bf16`."""
        return f"{self.vendor}-{self.instruction_set}".replace(" ", "_")

    def __str__(self) -> str:
        threads = f", {self.threads} threads" if self.threads != 1 else ""
        return f"{self.version} ({self.build}, {self.vendor} {self.instruction_set}{threads})"


def current(backend: Any, device: str = "cpu") -> Setting:
    """Return the setting of this process for a loaded backend module."""
    local = str(backend.build().get("build", "")).partition("+")[2] or "release"
    build = "+".join(filter(None, (local, variables.mark(getattr(backend, "RESULT_VARIABLES", ())))))
    if device == "gpu":
        name = str(backend.device_state(device).get("name", "unknown"))
        return Setting(backend.version(), build, "nvidia", name)
    return Setting(backend.version(), build, vendor(), instruction_set())


def vendor() -> str:
    """Return the short name of the processor's vendor, or the processor's own name for it."""
    name = environment.cpu_vendor()
    if name is None and platform.system() == "Darwin":
        return "apple" if platform.machine() == "arm64" else "intel"
    return VENDORS.get(name or "", name or platform.processor() or "unknown")


def instruction_set() -> str:
    """Return the widest instruction set that changes results, or the architecture where there is none."""
    return widest(environment.cpu_flags(), platform.machine())


def widest(cpu_flags: Collection[str], architecture: str) -> str:
    """Return the widest instruction set of a processor with these flags."""
    flag = next((flag for flag in INSTRUCTION_SETS if flag in cpu_flags), None)
    if flag is None and architecture in ("arm64", "aarch64"):
        return "neon"  # every 64-bit Arm processor has it, and macOS lists no flags
    return NAMES.get(flag, flag) if flag else architecture


def revision(backend: str, activation: str, mode: str = "eager") -> int:
    """Return the revision of a backend's function of this name; 1 unless its `REVISIONS` says otherwise.

    An entry such as `soft_shrink compiled` applies to results in that mode alone. The backend's file is read without
    importing it, so that planning a sweep imports no framework.
    """
    revisions: dict[str, int] = literal(backend, "REVISIONS", {})
    return revisions.get(f"{activation} {mode}", revisions.get(activation, 1))
