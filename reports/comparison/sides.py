"""The two sides of a comparison, base and head, and whether their machines can be compared."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.core.machine import Machine
from bench.core.results import BASE, HEAD
from reports import formats
from reports.data import gpu, load
from reports.data.load import Run
from reports.data.series import References, Series, collect
from reports.fault import BadRun

MEMORY_SHARE = 0.05
"""Share of main memory: the part reserved by firmware and kernel varies by less from boot to boot."""
FACTS = {"cpu": "CPU", "cores": "cores", "avx512": "AVX-512", "system": "system", "machine": "architecture"}


@dataclass(frozen=True)
class Side:
    """One side of a comparison: a run, or one side of a run that measured two environments."""

    run: Run
    name: str = ""
    """`base` or `head` of a run of two sides; empty for a whole run."""

    @property
    def label(self) -> str:
        """The name of the side in reports."""
        return self.run.label(self.name)

    @cached_property
    def series(self) -> dict[str, Series]:
        """The measured series by case id, references included."""
        return {series.id: series for series in collect(self.run) if series.side == self.name}

    @cached_property
    def references(self) -> References:
        """The copies and no-ops of the side."""
        return References(self.series.values())

    @property
    def is_paired(self) -> bool:
        """Whether copies were measured in the cycles of the cases."""
        return any(record.copy_seconds for series in self.series.values() for record in series.records)

    def figures(self, case_id: str, in_copies: bool) -> dict[int, float]:
        """Return seconds, or multiples of the copy of the same replicate, by replicate."""
        series = self.series[case_id]
        return series.against_copy(self.references.copy(series)) if in_copies else series.figures

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the backends that this side measured."""
        versions = self.run.versions(self.name)
        backends = dict.fromkeys(series.case.backend for series in self.series.values())
        return {name: versions.get(name, "") for name in backends}


def read_sides(folders: tuple[Path, ...]) -> tuple[Side, Side]:
    """Return the two sides that the folders hold: two runs, or the sides of one."""
    runs = [load.read(folder) for folder in folders]
    if len(runs) == 1:
        if not runs[0].alternated:
            raise BadRun(f"{folders[0]} measured one environment alone: name BASE and HEAD, two runs")
        return of_run(runs[0])
    for folder, run in zip(folders, runs, strict=True):
        if run.sides != ("",):
            raise BadRun(f"{folder} measured two environments: compare it alone")
    return Side(runs[0]), Side(runs[1])


def of_run(run: Run) -> tuple[Side, Side]:
    """Return base and head of a run that measured two environments interleaved."""
    return Side(run, BASE), Side(run, HEAD)


def find_machine_differences(base: Run, head: Run) -> list[str]:
    """Return the differences between the machines of two runs, in words; empty where they are alike."""
    base_facts, head_facts = base.machine, head.machine
    if not (base_facts.cpu and head_facts.cpu):
        return ["a run does not name its machine"]
    differences = [
        f"{name} {formats.short(getattr(base_facts, fact))!r} and {formats.short(getattr(head_facts, fact))!r}"
        for fact, name in FACTS.items()
        if getattr(base_facts, fact) != getattr(head_facts, fact)
    ]
    if not is_same_memory(base_facts.memory_bytes, head_facts.memory_bytes):
        differences.append(f"memory {size_of(base_facts)} and {size_of(head_facts)}")
    gpus = [sorted(gpu.names(facts)) for facts in (base_facts, head_facts) if facts.gpu is not None]
    if len(gpus) == 2 and gpus[0] != gpus[1]:
        differences.append(f"GPU {formats.short(gpus[0])} and {formats.short(gpus[1])}")
    return differences


def is_same_memory(base_bytes: int | None, head_bytes: int | None) -> bool:
    """Return whether two sizes of memory are the same but for the part that a kernel reserves."""
    if base_bytes is not None and head_bytes is not None:
        return abs(base_bytes - head_bytes) <= MEMORY_SHARE * max(base_bytes, head_bytes)
    return base_bytes == head_bytes


def size_of(facts: Machine) -> str:
    """Return the main memory in words."""
    return "unknown" if facts.memory_bytes is None else formats.gibibytes(facts.memory_bytes)
