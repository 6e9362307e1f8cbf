"""Sections as Markdown, for files and for the comment of a pull request."""

import re
from collections.abc import Iterator, Sequence

from reports import formats
from reports.page.section import (
    Block,
    Cell,
    Chart,
    Code,
    Drawing,
    Facts,
    Fold,
    Grid,
    Items,
    Legend,
    Rendered,
    Section,
    Table,
    Words,
)
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
    """Yield the parts of a block, each of which ends with a newline; none of an index or a table that is too long."""
    match block:
        case Words():
            yield f"**{block.text}**\n" if block.mark == "strong" else f"{block.text}\n"
        case Items():
            yield "".join(f"- {text}\n" for text in block.texts)
        case Facts():
            yield "".join(f"- {name}: {fact(block, name)}\n" for name in block.pairs)
        case Legend():
            yield f"{', '.join(map(formats.markdown, block.hues))}\n"
        case Code():
            yield f"```{block.language}\n{block.text.rstrip()}\n```\n"
        case Table() if block.is_brief:
            yield table(block)
        case Chart():
            yield from chart(block)
        case Fold():
            yield from fold(block.title, render(block.blocks, level), is_open=block.is_open)
        case Grid(blocks=blocks) | Drawing(substitutes=blocks):
            yield from (text for inner in blocks for text in render_block(inner, level))
        case Section():
            if inner := render(block.blocks, level + 1):
                yield f"{'#' * level} {formats.markdown(block.title)}\n\n{inner}"
        case Rendered():
            yield block.markdown


def chart(block: Chart) -> Iterator[str]:
    """Yield the file of a chart, and its figures where they are few."""
    yield f"![{formats.markdown(block.alt)}](report-{block.name}.svg)\n"
    if block.table is not None and len(block.table.rows) <= MOST_FIGURES:
        yield from fold("The figures behind it", table(block.table))


def fold(title: str, inner: str, *, is_open: bool = False) -> Iterator[str]:
    """Yield Markdown that is folded away under words, which are HTML there; nothing where there is no content."""
    words = parser().renderInline(title)
    if inner:
        yield f"<details{' open' if is_open else ''}><summary>{words}</summary>\n\n{inner}\n</details>\n"


def fact(block: Facts, name: str) -> str:
    """Return the value of a name with its note in parentheses."""
    note = block.notes.get(name)
    value = formats.markdown(block.pairs[name])
    return f"{value} ({formats.markdown(note)})" if note else value


def table(block: Table) -> str:
    """Return a table as Markdown."""
    headings = "".join(f" {formats.markdown(column.heading)} |" for column in block.columns)
    rule = "".join(" ---: |" if column.is_number else " --- |" for column in block.columns)
    caption = f"{formats.markdown(block.caption)}\n\n" if block.caption else ""
    lines = ["".join(f" {cell(shown)} |" for shown in row) for row in block.cells()]
    return caption + "".join(f"|{line}\n" for line in (headings, rule, *lines))


def cell(shown: Cell) -> str:
    """Return a cell as Markdown, with its note or else its hint in parentheses."""
    text = "<br>".join(map(code if shown.is_code else formats.markdown, shown.lines))
    text = f"{ARROWS.get(shown.mark, '')}**{text}**" if shown.mark in STRONG else text
    note = shown.note or shown.hint
    return f"{text} ({formats.markdown(note)})" if note else text


def code(value: str) -> str:
    """Return a text as code within a table; its fence is longer than any row of backticks in it."""
    line = formats.text(value).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if len(fence) > 1 else f"`{line}`"
