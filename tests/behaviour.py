"""Recorded behaviour: the figures of a backend in one setting, one kind a file and one subject a line.

`recorded/amd-avx512_bf16/inputs-torch-2.13.0+cpu.json` holds the behaviour of torch 2.13.0 at all inputs on an AMD
processor with these instructions. Each setting has its files, so that recording in one leaves the others alone.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.core.setting import Setting

FOLDER = Path(__file__).parent / "conformance" / "recorded"
KINDS = ("inputs", "rows", "float64", "conventions", "divergences")
Line = dict[str, Any]
"""The record of a subject; `revision` is that of the backend's function, left out where it is 1."""


@dataclass
class Behaviour:
    """The behaviour of one backend in one setting, of one kind, by subject."""

    kind: str
    backend: str
    setting: Setting
    subjects: dict[str, Line] = field(default_factory=dict)

    def write(self, folder: Path = FOLDER) -> None:
        """Write the file, sorted by subject; it is replaced only once it is complete."""
        path = path_of(self.kind, self.backend, self.setting, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"{json.dumps(key)}: {json.dumps(self.subjects[key])}" for key in sorted(self.subjects)]
        head = f'{{"backend": {json.dumps(self.backend)},\n"setting": {json.dumps(asdict(self.setting))},\n'
        unfinished = path.with_suffix(".part")
        unfinished.write_text(head + '"subjects": {\n' + ",\n".join(lines) + "\n}}\n")
        unfinished.replace(path)


def path_of(kind: str, backend: str, setting: Setting, folder: Path = FOLDER) -> Path:
    """Return the file of one kind; its name leaves out the usual build (a release) and thread count (one)."""
    build = "" if setting.build == "release" else f"+{setting.build}"
    threads = "" if setting.threads == 1 else f"-{setting.threads}threads"
    return folder / setting.processor / f"{kind}-{backend}-{setting.version}{build}{threads}.json"


def read(path: Path) -> Behaviour:
    """Return the contents of a file."""
    stored = json.loads(path.read_text())
    kind = path.name.partition("-")[0]
    return Behaviour(kind, stored["backend"], Setting(**stored["setting"]), stored["subjects"])


def load(kind: str, backend: str, setting: Setting, folder: Path = FOLDER) -> Behaviour | None:
    """Return the record of exactly this setting; None where there is none."""
    path = path_of(kind, backend, setting, folder)
    return read(path) if path.exists() else None


def nearest(kind: str, backend: str, setting: Setting, folder: Path = FOLDER) -> Behaviour | None:
    """Return the record of the settings most like this one: version first, then vendor.

    A subject is taken from the most similar setting that has it, as machines need not record the same subjects.
    """
    stored = [read(path) for path in sorted(folder.glob(f"*/{kind}-{backend}-*.json"))]
    matches = [behaviour for behaviour in stored if behaviour.backend == backend]
    if not matches:
        return None
    ordered = sorted(matches, key=lambda behaviour: likeness(behaviour.setting, setting), reverse=True)
    merged = {subject: line for behaviour in reversed(ordered) for subject, line in behaviour.subjects.items()}
    return Behaviour(kind, backend, ordered[0].setting, merged)


def likeness(one: Setting, other: Setting) -> tuple[bool, ...]:
    """Return which parts two settings share, the most important first."""
    names = ("version", "vendor", "instruction_set", "build", "threads")
    return tuple(getattr(one, name) == getattr(other, name) for name in names)


def subject_revision(line: Line) -> int:
    """Return the revision of the backend's function that a line was recorded with."""
    return int(line.get("revision", 1))
