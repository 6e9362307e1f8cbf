"""Sections as Markdown, for files and for the comment of a pull request."""

from collections.abc import Iterator, Sequence

from reports import formats
from reports.page.section import Block, Cell, Chart, Code, Column, Drawing, Facts, Fold, Items, Section, Table, Words
from reports.page.words import parser

STRONG: tuple[str, ...] = ("best", "strong", "slower", "faster", "fault")
"""The marks of a cell whose text is set in bold."""
ARROWS = {"slower": "🔺 ", "faster": "🔽 "}
"""Signs before a change, since a comment on GitHub has no colours."""

MOST_FIGURES = 40
"""The number of rows above which the figures of a chart are left to the page."""


def render(blocks: Sequence[Block], level: int = 2) -> str:
    """Return the blocks as Markdown; headings begin at `level`."""
    return "\n".join(text for block in blocks for text in render_block(block, level))


def render_block(block: Block, level: int) -> Iterator[str]:
    """Yield the parts of a block, each of which ends with a newline."""
    match block:
        case Words():
            yield f"**{block.text}**\n" if block.mark == "strong" else f"{block.text}\n"
        case Items():
            yield "".join(f"- {text}\n" for text in block.texts)
        case Facts():
            yield "".join(f"- {name}: {formats.markdown(value)}\n" for name, value in block.pairs.items())
        case Code():
            yield f"```\n{block.text.rstrip()}\n```\n"
        case Table() if block.is_brief:
            yield table(block)
        case Chart():
            yield f"![{formats.markdown(block.alt)}](report-{block.name}.svg)\n"
            if block.table is not None and len(block.table.rows) <= MOST_FIGURES:
                yield fold("The figures behind it", table(block.table))
        case Fold():
            if inner := render(block.blocks, level):
                yield fold(block.title, inner, is_open=block.is_open)
        case Section():
            if texts := [text for inner in block.blocks for text in render_block(inner, level + 1)]:
                yield f"{'#' * level} {formats.markdown(block.title)}\n"
                yield from texts
        case Drawing() | Table():
            return


def fold(title: str, inner: str, *, is_open: bool = False) -> str:
    """Return Markdown that is folded away under words, which are HTML there."""
    words = parser().renderInline(title)
    return f"<details{' open' if is_open else ''}><summary>{words}</summary>\n\n{inner}\n</details>\n"


def table(block: Table) -> str:
    """Return a table as Markdown."""
    headings = "".join(f" {formats.markdown(column.heading)} |" for column in block.columns)
    rule = "".join(" ---: |" if column.is_number else " --- |" for column in block.columns)
    caption = f"{formats.markdown(block.caption)}\n\n" if block.caption else ""
    lines = ["".join(f" {cell(*pair)} |" for pair in zip(row, block.columns, strict=True)) for row in block.cells()]
    return caption + "".join(f"|{line}\n" for line in (headings, rule, *lines))


def cell(shown: Cell, column: Column) -> str:
    """Return a cell as Markdown, with its note in parentheses."""
    text = f"`{shown.text}`" if column.is_code else formats.markdown(shown.text)
    text = f"{ARROWS.get(shown.mark, '')}**{text}**" if shown.mark in STRONG else text
    return f"{text} ({formats.markdown(shown.note)})" if shown.note else text
