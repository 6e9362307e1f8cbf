"""The cores of a run in words, as far as its environment.json tells them."""

from bench.processors import compact
from reports.records import Row, as_dict


def described(machine: Row) -> str:
    """Return `cores 4-7 (performance), at most 1.5 CPUs' time`; empty for a run that records neither."""
    recorded = machine.get("cores_used")
    used = [as_dict(core) for core in recorded] if isinstance(recorded, list) else []
    numbers = [core["number"] for core in used if isinstance(core.get("number"), int)]
    kinds = ", ".join(dict.fromkeys(str(core["kind"]) for core in used if core.get("kind")))
    quota = machine.get("cpu_quota")
    parts = [
        f"{'core' if len(numbers) == 1 else 'cores'} {compact(numbers)}{f' ({kinds})' if kinds else ''}"
        if numbers
        else "",
        f"at most {quota:g} CPUs' time" if isinstance(quota, int | float) else "",
    ]
    return ", ".join(filter(None, parts))
