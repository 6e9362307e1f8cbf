"""The two ends of a comparison, and whether their machines can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from reports import formats, gpu, load, passes
from reports.fault import BadRun
from reports.load import Run
from reports.passes import References, Series
from reports.records import SIDES

MEMORY_SHARE = 0.05
"""Of main memory: what firmware and kernel keep for themselves differs by less from boot to boot."""
FACTS = {"cpu": "CPU", "cores": "cores", "avx512": "AVX-512", "system": "system", "machine": "architecture"}


@dataclass(frozen=True)
class End:
    """One end of a comparison: a run, or one side of a run of two."""

    run: Run
    side: str = ""

    @property
    def label(self) -> str:
        """What a reader calls it."""
        return self.run.label(self.side)

    @cached_property
    def series(self) -> dict[str, Series]:
        """What was measured, by the case's id; the references among it."""
        return {series.id: series for series in passes.of(self.run) if series.side == self.side}

    @cached_property
    def references(self) -> References:
        """Its copies and no-ops."""
        return References(self.series.values())

    def figures(self, case_id: str, in_copies: bool) -> dict[int, float]:
        """By pass: seconds, or multiples of that pass's copy."""
        series = self.series[case_id]
        return series.against(self.references.copy(series)) if in_copies else series.figures

    @property
    def versions(self) -> dict[str, str]:
        """Of the backends that it measured."""
        known = self.run.versions(self.side)
        names = dict.fromkeys(series.case["backend"] for series in self.series.values())
        return {name: known.get(name, "") for name in names}


def of(folders: tuple[Path, ...]) -> tuple[End, End]:
    """The ends that these folders are: two runs, or the sides of one."""
    runs = [load.read(folder) for folder in folders]
    if len(runs) == 1:
        if not runs[0].alternated:
            raise BadRun(f"{folders[0]} measured one environment alone: name BASE and HEAD, two runs")
        return sides(runs[0])
    for folder, run in zip(folders, runs, strict=True):
        if run.sides != ("",):
            raise BadRun(f"{folder} measured two environments: compare it alone")
    return End(runs[0]), End(runs[1])


def sides(run: Run) -> tuple[End, End]:
    """Base and head of a run that measured two environments in alternation."""
    return End(run, SIDES[0]), End(run, SIDES[1])


def machines_apart(base: Run, head: Run) -> list[str]:
    """How the machines of two runs differ, in words; nothing where they are alike."""
    ours, theirs = base.machine, head.machine
    if not (ours.get("cpu") and theirs.get("cpu")):
        return ["a run does not name its machine"]
    found = [
        f"{name} {formats.short(ours.get(fact))!r} and {formats.short(theirs.get(fact))!r}"
        for fact, name in FACTS.items()
        if ours.get(fact) != theirs.get(fact)
    ]
    if not alike(ours.get("memory_bytes"), theirs.get("memory_bytes")):
        found.append(f"memory {size_of(ours)} and {size_of(theirs)}")
    gpus = [sorted(gpu.names(facts)) for facts in (ours, theirs) if facts.get("gpu") is not None]
    if len(gpus) == 2 and gpus[0] != gpus[1]:
        found.append(f"GPU {formats.short(gpus[0])} and {formats.short(gpus[1])}")
    return found


def alike(ours: object, theirs: object) -> bool:
    """Whether two sizes of memory are the same but for what a kernel keeps."""
    if isinstance(ours, int) and isinstance(theirs, int):
        return abs(ours - theirs) <= MEMORY_SHARE * max(ours, theirs)
    return ours == theirs


def size_of(facts: Mapping[str, Any]) -> str:
    """The main memory, for a reader."""
    memory = facts.get("memory_bytes")
    return formats.gibibytes(memory) if isinstance(memory, int) else "unknown"
