"""The portraits of a store, read: one file per backend."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import backends
from bench.portrait.store import known
from reports import formats
from reports.fault import BadRun

COMMITTED = Path(__file__).parents[1] / "portraits"
"""Of the pinned versions."""
MISSING = "it was not portrayed"


@dataclass(frozen=True)
class Sitter:
    """A backend and its portraits."""

    name: str
    about: dict[str, Any]
    portraits: dict[str, dict[str, Any]]

    @property
    def version(self) -> str:
        """Of its framework."""
        return formats.text(self.about.get("version", ""))

    def portrait(self, variant: str) -> dict[str, Any]:
        """Of a variant; empty where there is none."""
        own = self.portraits.get(variant)
        return own if isinstance(own, dict) else {}

    def part(self, variant: str, name: str) -> dict[str, Any]:
        """A part of a portrait; without data it has a status and the reason."""
        own = self.portrait(variant)
        if not own:
            return {"status": "missing", "reason": MISSING}
        found = own.get(name, own)
        whole = isinstance(found, dict) and isinstance(found.get("status"), str)
        return found if whole else {"status": "error", "reason": f"its file says nothing of {name}"}


@dataclass(frozen=True, eq=False)
class Gallery:
    """All that a store holds; itself alone is equal to it, so that what was drawn of it can be kept."""

    sitters: tuple[Sitter, ...]
    notes: list[str] = field(default_factory=list)
    """The files that were left out, each with its fault."""

    def numbers(self, variant: str, part: str, name: str) -> dict[str, float]:
        """A number of a part, of each backend that has it."""
        parts = {own.name: own.part(variant, part) for own in self.sitters}
        return {who: y for who, own in parts.items() if own["status"] == "ok" for y in numbers([own.get(name)])}

    @property
    def names(self) -> list[str]:
        """Of the backends."""
        return [own.name for own in self.sitters]


def numbers(given: Any) -> list[float]:
    """Of a portrait, whose infinities and NaN are spelled; empty where it is no list of numbers."""
    try:
        return [float(y) for y in given]
    except (TypeError, ValueError):
        return []


def chosen(store: Path | None) -> Gallery:
    """The portraits of this folder; the project's own where none is named."""
    return read(store) if store else committed()


@cache
def committed() -> Gallery:
    """The project's own."""
    return read(COMMITTED)


def read(store: Path) -> Gallery:
    """The portraits of a folder; BadRun where it has none that can be read."""
    sitters, notes = [], []
    for path in sorted([*store.glob("*.json"), *store.glob("*.json.gz")]):
        found = known(path)
        if found is None:
            notes.append(f"{path.name} holds no portraits")
        else:
            sitters.append(Sitter(formats.short(found.get("backend", path.stem), 20), found, found["portraits"]))
    if not sitters:
        because = f" ({notes[0]})" if notes else ""
        raise BadRun(f"{store} holds no portraits{because}; nox -s portrait makes them")
    order = backends.names()
    sitters.sort(key=lambda own: (order.index(own.name) if own.name in order else len(order), own.name))
    return Gallery(tuple(sitters), notes)
