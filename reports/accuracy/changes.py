"""The result of comparing two atlases, and its file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.accuracy.record import CATEGORIES
from reports import formats
from reports.page import files, templating

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
        """The activation and direction, such as `gelu backward`."""
        return f"{self.subject['activation']} {self.subject['direction']}"

    @property
    def where(self) -> str:
        """The backend, format and mode, such as `torch float32 eager`."""
        return " ".join(self.subject[name] for name in ("backend", "dtype", "mode"))

    @property
    def categories(self) -> list[str]:
        """The changed counts, such as `nan new: 4,096`, `zero gone: 17`, `sign 12 → 13`."""
        return [count_change(name, int(self.old[name]), int(self.new[name])) for name in CATEGORIES if self.moved(name)]

    def moved(self, name: str) -> bool:
        """Return whether a figure differs."""
        return self.old[name] != self.new[name]


@dataclass(frozen=True)
class Comparison:
    """The two sides, compared subject by subject."""

    old: str
    new: str
    changes: tuple[Change, ...]
    """The changes, worse ones first."""
    notes: tuple[str, ...]

    @property
    def counts(self) -> dict[str, int]:
        """The number of changes with each word."""
        return {word: sum(change.word == word for change in self.changes) for word in WORDS}


def count_change(name: str, old: int, new: int) -> str:
    """Return a category's count before and after."""
    return f"{name} new: {new:,}" if not old else f"{name} gone: {old:,}" if not new else f"{name} {old:,} → {new:,}"


def write(folder: Path, comparison: Comparison) -> Path:
    """Write accuracy-diff.md and return its path."""
    text = templating.get("accuracy-diff.md").render(
        found=comparison, words=WORDS, rows=[row(change) for change in comparison.changes]
    )
    files.write_all(folder, {NAME: text.encode()})
    return folder / NAME


def row(change: Change) -> dict[str, str]:
    """Return one change in words."""
    worst, over = (
        [text(figures[name]) for figures in (change.old, change.new)]
        for name, text in (("worst_ulp", formats.ulp), ("over", formats.probability))
    )
    return {
        "word": change.word,
        "name": formats.text(change.name),
        "where": formats.text(change.where),
        "bits": f"{change.changed:,} of {change.binades:,}",
        "worst": arrow(worst),
        "over": arrow(over),
        "categories": ", ".join(change.categories),
    }


def arrow(texts: list[str]) -> str:
    """Return `1.2 → 1.3`, or one figure where both are the same."""
    return texts[0] if texts[0] == texts[1] else f"{texts[0]} → {texts[1]}"
