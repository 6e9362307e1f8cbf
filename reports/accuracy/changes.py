"""The result of comparing two atlases: its sections, and its file."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.accuracy.record import CATEGORIES
from reports import formats
from reports.page import files, markdown
from reports.page.section import Block, Column, Items, Mark, Section, Words, table_of

Word = Literal["WORSE", "MIXED", "BETTER", "EQUAL", "SAME"]
WORDS: dict[Word, str] = {
    "WORSE": "less exact",
    "MIXED": "less exact by one figure, more by another",
    "BETTER": "more exact",
    "EQUAL": "other bits, the same errors",
    "SAME": "the same bits",
}
MARKS: dict[Word, Mark] = {"WORSE": "slower", "BETTER": "faster", "EQUAL": "soft"}
NAME = "accuracy-diff.md"
Figures = tuple[float, float]
"""A figure before and after."""


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
    def mark(self) -> Mark:
        """The mark of the word."""
        return MARKS.get(self.word, "")

    @property
    def compared(self) -> str:
        """The number of binades compared, in words."""
        return f"of {self.binades:,}"

    @property
    def worst(self) -> Figures:
        """The worst error in ulp."""
        return self.old["worst_ulp"], self.new["worst_ulp"]

    @property
    def over(self) -> Figures:
        """The share of errors above 1 ulp."""
        return self.old["over"], self.new["over"]

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
    def counts(self) -> dict[Word, int]:
        """The number of changes with each word."""
        return {word: sum(change.word == word for change in self.changes) for word in WORDS}


def count_change(name: str, old: int, new: int) -> str:
    """Return a category's count before and after."""
    return f"{name} new: {new:,}" if not old else f"{name} gone: {old:,}" if not new else f"{name} {old:,} → {new:,}"


def arrow(text: Callable[[float], str]) -> Callable[[Figures], str]:
    """Return the format of a figure before and after: `1.2 → 1.3`, or one figure where both are the same."""

    def join(figures: Figures) -> str:
        return " → ".join(dict.fromkeys(map(text, figures)))

    return join


COLUMNS = (
    Column("word", "", str.lower, mark="mark"),
    Column("name", "subject", formats.text),
    Column("where", "on", formats.text),
    Column("changed", "binades with other bits", "{:,}".format, is_number=True, note="compared"),
    Column("worst", "worst (ulp)", arrow(formats.ulp), is_number=True),
    Column("over", "P(error > 1 ulp)", arrow(formats.probability), is_number=True),
    Column("categories", "wrong outright (inputs)", ", ".join),
)


def section(comparison: Comparison, most: int | None = None) -> Section:
    """Return the comparison: its sides, the counts, and the changes, of which at most `most` are listed."""
    sides = [f"{name} {formats.markdown(text)}" for name, text in (("OLD", comparison.old), ("NEW", comparison.new))]
    counts = ", ".join(f"{number} {WORDS[word]}" for word, number in comparison.counts.items())
    blocks: list[Block] = [
        Items([*sides, *map(formats.markdown, comparison.notes)]),
        Words(f"**{formats.count(len(comparison.changes), 'subject')}: {counts}**"),
    ]
    changes = [change for change in comparison.changes if change.word != "SAME"]
    if changes:
        blocks.append(table_of(changes[:most], COLUMNS, style="numbers"))
    if most is not None and len(changes) > most:
        blocks.append(Words(f"{len(changes) - most:,} more in {NAME}."))
    return Section("Did it get less exact?", blocks)


def write(folder: Path, comparison: Comparison) -> Path:
    """Write accuracy-diff.md and return its path."""
    files.write_all(folder, {NAME: markdown.render([section(comparison)], level=1).encode()})
    return folder / NAME
