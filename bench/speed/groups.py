"""Groups: the cases that are compared with each other, and that are therefore measured side by side.

A group holds one variant, direction, shape, dtype and thread count on every backend, in every mode and on every side,
and the copy of each worker, by whose blocks the multiples of a copy are taken. The workers that are alive together make
a window: those of one thread count. In each replicate one backend has a second worker, its twin, which measures the
eager cases again under another name: what identical code differs by is the noise of the run.
"""

import itertools
import math
import random
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from bench.core import environment
from bench.core.cases import COPY, ITEMSIZE, Case
from bench.core.results import Plan

WORKER_BYTES = 2**30
"""The memory of a worker beside its arrays: with them 0.5 GiB were seen on NumPy, 0.9 to 1.0 on JAX and torch, 1.5 on
TensorFlow."""
ARRAYS = 12
"""The arrays of the size of an input that a worker holds at least: three buffers, a spare one, and temporaries."""


@dataclass(frozen=True)
class Window:
    """Workers that are alive together: one thread count, and one backend of a comparison or all backends of a run."""

    threads: int
    backends: tuple[str, ...]
    sides: tuple[str, ...]

    def twin(self, replicate: int) -> str:
        """Return the backend that has a twin in a replicate."""
        return self.backends[replicate % len(self.backends)]


@dataclass(frozen=True)
class Role:
    """What one worker process measures in one replicate: a backend on a side with a number of threads."""

    replicate: int
    backend: str
    threads: int = 1
    side: str = ""
    twin: bool = False

    def __str__(self) -> str:
        twin = "twin" if self.twin else ""
        parts = (self.backend, f"t{self.threads}", self.side, twin, f"replicate{self.replicate}")
        return "-".join(filter(None, parts))

    def programs(self, folder: Path, plan: Plan) -> Path:
        """Return the folder of this worker's compiled programs, one per environment and thread count."""
        place = Path(plan.programs) if plan.programs else folder / "programs"
        return place / "-".join(filter(None, (self.backend, self.side, f"t{self.threads}")))

    def finds_programs(self, folder: Path, plan: Plan) -> bool:
        """Return whether an earlier replicate or run left compiled programs; those of this replicate do not count."""
        if not environment.keeps_programs(self.backend) or (self.replicate == 0 and not plan.programs):
            return False
        return any(self.programs(folder, plan).glob("*"))


@dataclass(frozen=True)
class Contender:
    """A case as one worker measures it."""

    role: Role
    case: Case

    @property
    def key(self) -> tuple[str, str, bool]:
        """The case, side and twin of its records."""
        return self.case.id, self.role.side, self.role.twin


@dataclass(frozen=True)
class Group:
    """Contenders that are measured in one time window, cycle by cycle."""

    name: str
    contenders: tuple[Contender, ...]
    copies: tuple[Contender, ...]
    """The copies measured beside them, one for each worker; empty where the contenders are copies or no-ops."""

    @property
    def everything(self) -> tuple[Contender, ...]:
        """The contenders, and the copies that they are divided by."""
        return self.contenders + self.copies

    def of(self, role: Role) -> tuple[Contender, ...]:
        """Return what one worker measures."""
        return tuple(contender for contender in self.everything if contender.role == role)

    def without(self, failed: AbstractSet[tuple[str, str, bool]]) -> "Group":
        """Return the group without contenders that have failed, and without their twins."""

        def remaining(every: Iterable[Contender]) -> tuple[Contender, ...]:
            return tuple(c for c in every if failed.isdisjoint({c.key, (c.case.id, c.role.side, False)}))

        contenders = remaining(self.contenders)
        roles = {contender.role for contender in contenders}
        copies = tuple(contender for contender in remaining(self.copies) if contender.role in roles)
        return replace(self, contenders=contenders, copies=copies)


def windows(plan: Plan, memory: float = math.inf) -> list[Window]:
    """Return the windows of a plan: as many backends together as fit into so many bytes of memory.

    Two sides are compared backend by backend, so that fewer workers are alive.
    """
    sides = tuple(side.name for side in plan.sides)
    needs: dict[tuple[int, str], int] = {}
    for case in plan.cases:
        key = case.threads, case.backend
        needs[key] = max(needs.get(key, 0), needed_bytes(case))
    together: list[Window] = []
    for threads, backend in needs:
        last = together[-1] if together else None
        if last and len(sides) == 1 and last.threads == threads:
            wider = replace(last, backends=(*last.backends, backend))
            each = [needs[threads, name] for name in wider.backends]
            if sum(each) + max(each) <= memory:  # one backend has a twin
                together[-1] = wider
                continue
        together.append(Window(threads, (backend,), sides))
    return together


def needed_bytes(case: Case) -> int:
    """Return about how many bytes a worker holds for a case: its framework, the fewest buffers, temporaries."""
    arrays = sum(math.prod(shape) * ITEMSIZE[case.dtype] for shape in (case.shape, case.output_shape))
    return WORKER_BYTES + (ARRAYS * arrays if case.device == "cpu" else 0)


def groups(cases: Iterable[Case], window: Window, replicate: int, only: Collection[str] | None = None) -> list[Group]:
    """Return the groups of a window in the order of a replicate: shuffled, those of one dtype and shape together.

    `only` are the ids of the cases of a second look; their references are measured again with them.
    """
    by_name: dict[str, list[Case]] = {}
    for case in cases:
        if case.threads == window.threads and case.backend in window.backends:
            by_name.setdefault(group_name(case), []).append(case)
    members = list(by_name.items())
    if only is not None:
        members = [(name, cases) for name, cases in members if any(c.is_reference or c.id in only for c in cases)]
    random.Random(f"groups {replicate}").shuffle(members)
    members.sort(key=lambda item: (item[1][0].dtype, item[1][0].size, len(item[1][0].shape)))
    return [make_group(name, cases, window, replicate) for name, cases in members]


def group_name(case: Case) -> str:
    """Return what the cases of a group have in common: the id without backend and mode."""
    return replace(case, backend="all", mode="any").id


def make_group(name: str, cases: Sequence[Case], window: Window, replicate: int) -> Group:
    """Return the group of these cases on all sides, with the twin of one backend and the copies of all."""
    contenders = [
        Contender(Role(replicate, case.backend, window.threads, side), case)
        for case, side in itertools.product(cases, window.sides)
    ]
    twin = [case for case in cases if case.backend == window.twin(replicate)]
    eager = [case for case in twin if case.mode == "eager"] or twin
    contenders += [
        Contender(Role(replicate, case.backend, window.threads, window.sides[0], twin=True), case) for case in eager
    ]
    roles = {contender.role: contender.case for contender in contenders}
    copies = () if cases[0].is_reference else (Contender(role, copy_of(case)) for role, case in roles.items())
    return Group(name, tuple(contenders), tuple(copies))


def copy_of(case: Case) -> Case:
    """Return the copy of the tensor that a case reads."""
    return replace(case, activation=COPY, parameters=(), direction="forward", mode="eager", row=0)


def cycle_order(group: Group, cycle: int) -> list[Contender]:
    """Return the order of the contenders in a cycle of a replicate, at random, the same whenever it is asked for."""
    order = list(group.everything)
    replicate = order[0].role.replicate if order else 0
    random.Random(f"{group.name} {replicate} {cycle}").shuffle(order)
    return order
