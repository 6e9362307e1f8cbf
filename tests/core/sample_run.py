"""A factory of run folders with made-up times, for tests of their readers."""

import itertools
import json
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from backends.activation import find
from bench.core.cases import COPY, NOOP, REFERENCES, Case
from bench.core.cli import run_cli
from bench.core.record import Record
from reports.__main__ import main

ACTIVATIONS = ("relu", "gelu", "softmax")
MICROSECOND = 1e-6
MACHINE = {
    **{"cpu": "Sample CPU", "cores": 2, "memory_bytes": 2**33, "avx512": True, "system": "Linux", "machine": "x86_64"},
    "time": "2026-01-02T03:04:05+00:00",
}

Records = list[dict[str, Any]]


@dataclass(frozen=True)
class RunFactory:
    """A factory of records whose times can be computed by hand: a copy takes 100 µs, the n-th activation n + 1 copies.

    Compiled takes half of eager, backward twice forward, torch half of the others; the no-op takes 1 µs, backward 2 µs.
    Compiling takes 1 s, and 0.1 s in later passes, whose cache is warm. The blocks are 1 % apart.
    """

    folder: Path

    def case(self, backend: str, activation: str, direction: str = "forward", mode: str = "eager", **more: Any) -> Case:
        """Return a case as the bench would plan it."""
        bound = {} if activation in REFERENCES else find(activation).variants[0].parameters
        setting: dict[str, Any] = {"device": "cpu", "dtype": "float32", "size": 1_000_000, "threads": 1} | more
        return Case(backend, activation, tuple(bound.items()), direction, mode, **setting)

    def timed(self, case: Case, seconds: float, replicate: int = 0, side: str = "", **more: Any) -> dict[str, Any]:
        """Return a record of three blocks around `seconds`, in the form of the file."""
        blocks = (0.99 * seconds, seconds, 1.01 * seconds)
        if case.mode == "compiled":
            more = {
                "compile_seconds": 0.1 if replicate else 1.0,
                "compile_cache": "warm" if replicate else "cold",
            } | more
        return Record.of(case, "ok", "", blocks, calls_per_block=10, replicate=replicate, side=side, **more).as_json()

    def failed(self, case: Case, status: Any = "error", reason: str = "it broke", **more: Any) -> dict[str, Any]:
        """Return a record without a time."""
        return Record.of(case, status, reason, **more).as_json()

    def times(self, backends: tuple[str, ...] = ("numpy", "torch"), **setting: Any) -> dict[Case, float]:
        """Return the times of every activation and its references, forward and backward, eager and compiled.

        NumPy has no compiled cases.
        """
        times = {}
        for backend in backends:
            times[self.case(backend, COPY, **setting)] = 100 * MICROSECOND
            modes = (("eager", 1.0), ("compiled", 0.5))[: 1 if backend == "numpy" else 2]
            for (direction, factor), (mode, share) in itertools.product((("forward", 1), ("backward", 2)), modes):
                noop = self.case(backend, NOOP, direction, mode, **(setting | {"size": 1}))
                times[noop] = factor * MICROSECOND
                for position, activation in enumerate(ACTIVATIONS):
                    copies = (position + 2) * factor * share / (2 if backend == "torch" else 1)
                    times[self.case(backend, activation, direction, mode, **setting)] = copies * 100 * MICROSECOND
        return times

    def records(self, backends: tuple[str, ...] = ("numpy", "torch"), **setting: Any) -> Records:
        """Return one pass of `times`."""
        return [self.timed(case, seconds) for case, seconds in self.times(backends, **setting).items()]

    def passes(
        self,
        times: Mapping[Case, float],
        number: int,
        *,
        spread: float = 0.01,
        seed: int = 0,
        side: str = "",
        first: int = 0,
    ) -> Records:
        """Return this many passes, each time drawn log-normally around its value with this spread."""
        draw = random.Random(seed)
        return [
            self.timed(case, seconds * draw.lognormvariate(0, spread), n, side)
            for n in range(first, first + number)
            for case, seconds in times.items()
        ]

    def write(self, records: Records, *lines: str, **files: Any) -> Path:
        """Write the run's folder: these records, further lines unchanged, and other JSON files by their stem."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = "\n".join([*map(json.dumps, records), *lines])
        (self.folder / "records.jsonl").write_text(text + "\n")
        names = {record["case"]["backend"] for record in records}
        environment = {"machine": MACHINE, "backends": {name: {"version": "1.2.3"} for name in names}}
        for name, content in ({"environment": environment} | files).items():
            (self.folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))
        return self.folder

    def write_sides(self, records: Records, profile: str = "standard", **labels: str) -> Path:
        """Write the folder of a run of two sides, labelled `base` and `head` unless `labels` says otherwise."""
        names = {record["case"]["backend"] for record in records}
        facts = {
            side: {"backends": {name: {"version": version} for name in names}}
            for side, version in (("base", "1.2.3"), ("head", "1.3.0"))
        }
        sides = {side: {"label": labels.get(side, side)} for side in facts}
        plan = {"choice": {"profile": profile}, "sides": sides, "cases": []}
        return self.write(records, plan=plan, environment={"machine": MACHINE, "sides": facts})


def slower(times: Mapping[Case, float], share: float, **values: Any) -> dict[Case, float]:
    """Return the times, those of the cases with these values longer by a share."""
    cases = {case for case in times if all(getattr(case, name) == value for name, value in values.items())}
    assert cases
    return {case: seconds * (1 + share if case in cases else 1) for case, seconds in times.items()}


def report(*arguments: Any) -> int:
    """Report runs alone, without the other chapters, and return the exit status."""
    return command("report", *arguments, "--short")


def command(*arguments: Any) -> int:
    """Run `python -m reports` with these arguments and return its exit status."""
    with mock.patch.object(sys, "argv", ["reports", *map(str, arguments)]):
        return run_cli(main)
