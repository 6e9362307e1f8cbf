"""What a comparison of two atlases finds, and how it is told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.accuracy.record import CATEGORIES
from reports import files, formats, templating

Word = Literal["WORSE", "MIXED", "BETTER", "EQUAL", "SAME"]
WORDS: dict[Word, str] = {
    "WORSE": "less exact",
    "MIXED": "less exact by one figure, more by another",
    "BETTER": "more exact",
    "EQUAL": "other bits, the same errors",
    "SAME": "the same bits",
}
NAME = "accuracy-diff.md"


@dataclass(frozen=True)
class Change:
    """One subject on both sides, over the binades that both have at the same inputs."""

    subject: dict[str, str]
    word: Word
    binades: int
    changed: int
    old: dict[str, float]
    new: dict[str, float]

    @property
    def name(self) -> str:
        """`gelu backward`."""
        return f"{self.subject['activation']} {self.subject['direction']}"

    @property
    def where(self) -> str:
        """`torch float32 eager`."""
        return " ".join(self.subject[name] for name in ("backend", "dtype", "mode"))

    @property
    def categories(self) -> list[str]:
        """`nan new: 4,096`, `zero gone: 17`, `sign 12 → 13`."""
        return [told(name, int(self.old[name]), int(self.new[name])) for name in CATEGORIES if self.moved(name)]

    def moved(self, name: str) -> bool:
        """Whether a figure differs."""
        return self.old[name] != self.new[name]


@dataclass(frozen=True)
class Comparison:
    """Two sides, judged subject by subject."""

    old: str
    new: str
    changes: tuple[Change, ...]
    """The worse first."""
    notes: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Of each word."""
        return {word: sum(own.word == word for own in self.changes) for word in WORDS}


def told(name: str, old: int, new: int) -> str:
    """A category's count before and now."""
    return f"{name} new: {new:,}" if not old else f"{name} gone: {old:,}" if not new else f"{name} {old:,} → {new:,}"


def write(folder: Path, found: Comparison) -> Path:
    """Write accuracy-diff.md; returns its path."""
    text = templating.get("accuracy-diff.md").render(found=found, words=WORDS, rows=[row(own) for own in found.changes])
    files.write_all(folder, {NAME: text.encode()})
    return folder / NAME


def row(own: Change) -> dict[str, str]:
    """One change in words."""
    worst, over = (
        [say(end[name]) for end in (own.old, own.new)]
        for name, say in (("worst_ulp", formats.ulp), ("over", formats.probability))
    )
    return {
        "word": own.word,
        "name": formats.text(own.name),
        "where": formats.text(own.where),
        "bits": f"{own.changed:,} of {own.binades:,}",
        "worst": arrow(worst),
        "over": arrow(over),
        "categories": ", ".join(own.categories),
    }


def arrow(ends: list[str]) -> str:
    """`1.2 → 1.3`, or the one figure."""
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} → {ends[1]}"
