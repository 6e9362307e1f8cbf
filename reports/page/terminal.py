"""Sections on the terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table as ConsoleTable
from rich.text import Text

from reports.formats import WORD_JOINER
from reports.page.section import (
    Block,
    Cell,
    Chart,
    Code,
    Drawing,
    Facts,
    Fold,
    Grid,
    Index,
    Items,
    Legend,
    Rendered,
    Section,
    Table,
    Words,
)

PIPE_WIDTH = 120  # columns, where the output is no terminal
STYLES = {
    "best": "bold green",
    "fault": "red",
    "soft": "dim",
    "strong": "bold",
    "slower": "red",
    "faster": "green",
    "uncertain": "yellow",
}


def console() -> Console:
    """Return standard output as a console, of a fixed width where it is no terminal."""
    out = Console(highlight=False)
    if not out.is_terminal:
        out.width = PIPE_WIDTH
    return out


def render(blocks: Sequence[Block]) -> Iterator[Text | ConsoleTable | Markdown]:
    """Yield what a console prints for the blocks; charts and folds are left to the page."""
    for block in blocks:
        match block:
            case Words():
                yield words(block.text, STYLES.get(block.mark, "none"))
            case Items():
                yield words("\n".join(f"- {text}" for text in block.texts))
            case Facts():
                yield from (Text(f"{name}: {value}") for name, value in block.pairs.items())
            case Legend():
                yield Text(", ".join(block.hues))
            case Grid(blocks=blocks) | Drawing(substitutes=blocks):
                yield from render(blocks)
            case Code():
                yield Text(block.text)
            case Table() if block.is_brief:
                yield table(block)
            case Section():
                yield Text(block.title, style="bold")
                yield from render(block.blocks)
            case Chart() | Fold() | Index() | Rendered() | Table():
                pass


def words(text: str, style: str = "none") -> Markdown:
    """Return words for a console, which links nothing by itself."""
    return Markdown(text.replace(WORD_JOINER, ""), style=style)


def table(block: Table) -> ConsoleTable:
    """Return a table for a console."""
    grid = ConsoleTable(header_style="bold", pad_edge=False, box=None)
    for place, column in enumerate(block.columns):
        justify = "right" if column.is_number else "left"
        grid.add_column(Text(column.heading), justify=justify, max_width=None if place else 32)  # type: ignore[arg-type]
    lines = list(block.cells())
    for place, row in enumerate(lines):
        if block.foot and place == len(lines) - block.foot:
            grid.add_section()
        grid.add_row(*map(cell, row), style="bold" if place >= len(lines) - block.foot else None)
    return grid


def cell(shown: Cell) -> Text:
    """Return a cell with the style of its mark."""
    text = Text(f"★ {shown.text}" if shown.mark == "best" else shown.text, style=STYLES.get(shown.mark, ""))
    return text.append(f" {shown.note}", style="dim") if shown.note else text
