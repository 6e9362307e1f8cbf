"""A comparison on the terminal: the changes, the summary, and the answer last."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.text import Text

from reports.comparison import verdict_section
from reports.comparison.comparison import Comparison
from reports.comparison.outcome import Outcome
from reports.page import terminal
from reports.page.section import Block, Fold, Section, Table

MOST = {"turned": 40, "changed": 40, "uncertain": 40, "backends": 1000}
"""The number of rows of each table on the terminal; verdict.md has more, verdict.json all."""


def show(comparison: Comparison, result: Outcome, path: Path) -> None:
    """Print the changes, the summary, and the answer."""
    answer, *facts = verdict_section.opening(comparison, result)
    blocks = [*unfolded(verdict_section.sections(comparison, room)), *facts]
    notes = [verdict_section.notes_list(comparison)] if comparison.cases else []
    out = terminal.console()
    for part in terminal.render([*blocks, *notes, answer]):
        out.print(part)
    out.print(Text(f"verdict: {path}"), soft_wrap=True)


def room(name: str, table: Table) -> int:
    """Return the number of rows of a table that are printed."""
    return min(MOST.get(name, 0), len(table.rows))


def unfolded(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks with folds as sections, since a terminal opens none."""
    for block in blocks:
        yield Section(block.title, block.blocks) if isinstance(block, Fold) else block
