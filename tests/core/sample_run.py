"""A maker of run folders with made-up times, for tests of what reads them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backends.activation import find
from bench.cases import COPY, Case, Record

ACTIVATIONS = ("relu", "gelu", "softmax")
MICROSECOND = 1e-6


@dataclass(frozen=True)
class Maker:
    """Writes records whose times can be reckoned by hand: copy 100 µs, the n-th activation n + 1 copies.

    Compiled takes half of eager, backward twice forward; compiling 1 s. The blocks lie 1 % apart.
    """

    folder: Path

    def case(self, backend: str, activation: str, direction: str = "forward", mode: str = "eager", **more: Any) -> Case:
        """A case as the bench would plan it."""
        bound = {} if activation == COPY else find(activation).variants[0].parameters
        setting: dict[str, Any] = {"device": "cpu", "dtype": "float32", "size": 1_000_000, "threads": 1} | more
        return Case(backend, activation, tuple(bound.items()), direction, mode, **setting)

    def timed(self, case: Case, seconds: float, pass_number: int = 0) -> dict[str, Any]:
        """A record of three blocks around `seconds`, as it stands in the file."""
        blocks = (0.99 * seconds, seconds, 1.01 * seconds)
        compiling = 1.0 if case.mode == "compiled" else None
        return Record(case, "ok", "", blocks, 10, compiling, pass_number=pass_number).as_json()

    def failed(self, case: Case, status: Any = "error", reason: str = "it broke") -> dict[str, Any]:
        """A record without a time."""
        return Record(case, status, reason).as_json()

    def records(self, backends: tuple[str, ...] = ("numpy", "torch"), size: int = 1_000_000) -> list[dict[str, Any]]:
        """Every activation, forward and backward, eager and (but for numpy) compiled; torch twice as fast."""
        found = []
        for backend in backends:
            speed = 100 * MICROSECOND / (2 if backend == "torch" else 1)
            found.append(self.timed(self.case(backend, COPY, size=size), 100 * MICROSECOND))
            for place, activation in enumerate(ACTIVATIONS):
                for direction, slower in (("forward", 1), ("backward", 2)):
                    for mode, share in (("eager", 1.0), ("compiled", 0.5))[: 1 if backend == "numpy" else 2]:
                        case = self.case(backend, activation, direction, mode, size=size)
                        found.append(self.timed(case, (place + 2) * slower * share * speed))
        return found

    def write(self, records: list[dict[str, Any]], *lines: str, **files: Any) -> Path:
        """The run's folder: these records, then lines as they are, and other JSON files by their stem."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = "\n".join([*map(json.dumps, records), *lines])
        (self.folder / "records.jsonl").write_text(text + "\n")
        names = {record["case"]["backend"] for record in records}
        machine = {"cpu": "Sample CPU", "cores": 2, "memory_bytes": 2**33, "time": "2026-01-02T03:04:05+00:00"}
        environment = {"machine": machine, "backends": {name: {"version": "1.2.3"} for name in names}}
        for name, content in ({"environment": environment} | files).items():
            (self.folder / f"{name}.json").write_text(content if isinstance(content, str) else json.dumps(content))
        return self.folder
