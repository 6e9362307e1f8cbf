"""The recorded curves of a store: one file per backend."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

import backends
from bench.core import decode
from bench.core.curves import (
    Curve,
    CurveFile,
    Depth,
    Native,
    Normal,
    Number,
    Part,
    Points,
    Vanishing,
    VariantCurves,
)
from bench.curves.store import read_file
from reports import formats
from reports.fault import BadRun

COMMITTED = Path(__file__).parents[1] / "curves"
"""The folder of the curves for the pinned versions."""
MISSING = "its curves were not recorded"


PartKind = TypeVar("PartKind", bound=Part)
PARTS = {Curve: "curve", Points: "points", Normal: "normal", Depth: "depth", Native: "native", Vanishing: "vanished"}


@dataclass(frozen=True)
class Recording:
    """A backend and the curves recorded on it."""

    name: str
    version: str
    """The version of the framework."""
    cpu: str
    variants: dict[str, VariantCurves]
    """The curves by the variant's id."""

    def curves(self, variant: str) -> VariantCurves:
        """Return the curves of a variant; without any part where there are none."""
        return self.variants.get(variant, VariantCurves("missing", MISSING))

    def part(self, variant: str, kind: type[PartKind]) -> PartKind:
        """Return a part of a variant's curves; one without data has a status and the reason."""
        curves, name = self.curves(variant), PARTS[kind]
        part = getattr(curves, name)
        if isinstance(part, kind):
            return part
        if curves.status:
            return kind(curves.status, curves.reason)
        return kind("error", f"its file says nothing of {name}")


@dataclass(frozen=True, eq=False)
class CurveCollection:
    """All recordings of a store; compared by identity, so that pictures of it can be cached."""

    recordings: tuple[Recording, ...]
    notes: list[str] = field(default_factory=list)
    """The files that were left out, each with its fault."""

    def numbers(self, variant: str, name: str) -> dict[str, float]:
        """Return a figure of N(0, 1) inputs, for each backend that has it."""
        parts = {recording.name: recording.part(variant, Normal) for recording in self.recordings}
        return {
            backend: y
            for backend, values in parts.items()
            if values.status == "ok"
            for y in numbers([getattr(values, name)])
        }

    @property
    def names(self) -> list[str]:
        """The names of the backends."""
        return [recording.name for recording in self.recordings]


def numbers(values: Iterable[Number | None]) -> list[float]:
    """Return stored numbers, in which infinities and NaN are texts; empty where one is missing."""
    stored = [float(y) if y is not None else None for y in values]
    present = [y for y in stored if y is not None]
    return present if len(present) == len(stored) else []


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
            notes.append(f"{path.name} holds no curves")
        else:
            recordings.append(recording_of(decode.salvage(CurveFile, stored), path))
    if not recordings:
        because = f" ({notes[0]})" if notes else ""
        raise BadRun(f"{store} holds no curves{because}; nox -s curves records them")
    order = backends.names()
    recordings.sort(
        key=lambda recording: (order.index(recording.name) if recording.name in order else len(order), recording.name)
    )
    return CurveCollection(tuple(recordings), notes)


def recording_of(content: CurveFile, path: Path) -> Recording:
    """Return the recording in a file; curves of another form count as missing."""
    variants = {
        name: decode.salvage(VariantCurves, curves)
        for name, curves in content.curves.items()
        if curves and isinstance(curves, dict)
    }
    name = formats.short(content.backend or path.stem, 20)
    return Recording(name, formats.text(content.version), formats.text(content.cpu), variants)
