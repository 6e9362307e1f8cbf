"""The recorded curves of a store: one file per backend."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import backends
from bench.curves.store import read_file
from reports import formats
from reports.fault import BadRun

COMMITTED = Path(__file__).parents[1] / "portraits"
"""The folder of the curves for the pinned versions."""
MISSING = "its curves were not recorded"


@dataclass(frozen=True)
class Recording:
    """A backend and the curves recorded on it."""

    name: str
    about: dict[str, Any]
    portraits: dict[str, dict[str, Any]]

    @property
    def version(self) -> str:
        """The version of the framework."""
        return formats.text(self.about.get("version", ""))

    def portrait(self, variant: str) -> dict[str, Any]:
        """Return the curves of a variant; empty where there are none."""
        portrait = self.portraits.get(variant)
        return portrait if isinstance(portrait, dict) else {}

    def part(self, variant: str, name: str) -> dict[str, Any]:
        """Return a part of a variant's curves; one without data has a status and the reason."""
        portrait = self.portrait(variant)
        if not portrait:
            return {"status": "missing", "reason": MISSING}
        part = portrait.get(name, portrait)
        is_whole = isinstance(part, dict) and isinstance(part.get("status"), str)
        return part if is_whole else {"status": "error", "reason": f"its file says nothing of {name}"}


@dataclass(frozen=True, eq=False)
class CurveCollection:
    """All recordings of a store; compared by identity, so that pictures of it can be cached."""

    recordings: tuple[Recording, ...]
    notes: list[str] = field(default_factory=list)
    """The files that were left out, each with its fault."""

    def numbers(self, variant: str, part: str, name: str) -> dict[str, float]:
        """Return a number of a part, for each backend that has it."""
        parts = {recording.name: recording.part(variant, part) for recording in self.recordings}
        return {
            backend: y
            for backend, values in parts.items()
            if values["status"] == "ok"
            for y in numbers([values.get(name)])
        }

    @property
    def names(self) -> list[str]:
        """The names of the backends."""
        return [recording.name for recording in self.recordings]


def numbers(values: Any) -> list[float]:
    """Return stored numbers, in which infinities and NaN are texts; empty where it is no list of numbers."""
    try:
        return [float(y) for y in values]
    except (TypeError, ValueError):
        return []


def chosen(store: Path | None) -> CurveCollection:
    """Return the curves of this folder; the committed ones where none is named."""
    return read(store) if store else committed()


@cache
def committed() -> CurveCollection:
    """Return the committed curves."""
    return read(COMMITTED)


def read(store: Path) -> CurveCollection:
    """Return the curves of a folder; raise BadRun where none can be read."""
    recordings, notes = [], []
    for path in sorted([*store.glob("*.json"), *store.glob("*.json.gz")]):
        stored = read_file(path)
        if stored is None:
            notes.append(f"{path.name} holds no portraits")
        else:
            recordings.append(
                Recording(formats.short(stored.get("backend", path.stem), 20), stored, stored["portraits"])
            )
    if not recordings:
        because = f" ({notes[0]})" if notes else ""
        raise BadRun(f"{store} holds no curves{because}; nox -s curves records them")
    order = backends.names()
    recordings.sort(
        key=lambda recording: (order.index(recording.name) if recording.name in order else len(order), recording.name)
    )
    return CurveCollection(tuple(recordings), notes)
