"""The cores that a run used, in words, as far as its environment.json records them."""

from bench.core.processors import compact
from reports.data.records import Row, as_dict


def used_cores(machine: Row) -> list[Row]:
    """Return the cores that a run records; empty where it records none."""
    recorded = machine.get("cores_used")
    return [as_dict(core) for core in recorded] if isinstance(recorded, list) else []


def kind(machine: Row) -> tuple[list[str], int, object]:
    """Return the properties that times depend on: kinds of cores, how many share a physical core, and the quota."""
    used = used_cores(machine)
    groups = [str(core["siblings"]) for core in used if core.get("siblings")]
    return sorted({str(core.get("kind")) for core in used}), len(groups) - len(set(groups)), machine.get("cpu_quota")


def described(machine: Row) -> str:
    """Return the cores in words: `cores 4-7 (performance), at most 1.5 CPUs' time`; empty if none are recorded."""
    used = used_cores(machine)
    numbers = [core["number"] for core in used if isinstance(core.get("number"), int)]
    shared = ["siblings among them"] if kind(machine)[1] else []
    kinds = ", ".join([*dict.fromkeys(str(core["kind"]) for core in used if core.get("kind")), *shared])
    quota = machine.get("cpu_quota")
    parts = [
        f"{'core' if len(numbers) == 1 else 'cores'} {compact(numbers)}{f' ({kinds})' if kinds else ''}"
        if numbers
        else "",
        f"at most {quota:g} CPUs' time" if isinstance(quota, int | float) else "",
    ]
    return ", ".join(filter(None, parts))
