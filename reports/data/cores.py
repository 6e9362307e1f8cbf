"""The cores that a run used, in words, as far as its environment.json records them."""

from bench.core.machine import Machine
from bench.core.processors import compact


def kind(machine: Machine) -> tuple[list[str], int, float | None]:
    """Return the properties that times depend on: kinds of cores, how many share a physical core, and the quota."""
    used = machine.cores_used or ()
    groups = [core.siblings for core in used if core.siblings]
    return sorted({core.kind for core in used}), len(groups) - len(set(groups)), machine.cpu_quota


def described(machine: Machine) -> str:
    """Return the cores in words: `cores 4-7 (performance), at most 1.5 CPUs' time`; empty if none are recorded."""
    used = machine.cores_used or ()
    numbers = [core.number for core in used]
    shared = ["siblings among them"] if kind(machine)[1] else []
    kinds = ", ".join([*dict.fromkeys(core.kind for core in used if core.kind), *shared])
    quota = machine.cpu_quota
    parts = [
        f"{'core' if len(numbers) == 1 else 'cores'} {compact(numbers)}{f' ({kinds})' if kinds else ''}"
        if numbers
        else "",
        f"at most {quota:g} CPUs' time" if quota is not None else "",
    ]
    return ", ".join(filter(None, parts))
