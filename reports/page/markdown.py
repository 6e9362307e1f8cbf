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
    Index,
    Items,
    Legend,
    Section,
    Table,
    Words,
)

STRONG: tuple[str, ...] = ("best", "strong", "slower", "fault")
"""The marks of a cell whose text is set in bold."""


def render(blocks: Sequence[Block], level: int = 2) -> str:
    """Return the blocks as Markdown; headings begin at `level`."""
    return "\n".join(text for block in blocks for text in render_block(block, level))


def render_block(block: Block, level: int) -> Iterator[str]:
    """Yield the parts of a block, each of which ends with a newline."""
    match block:
        case Words():
            yield f"{block.text}\n"
        case Items():
            yield "".join(f"- {text}\n" for text in block.texts)
        case Facts():
            yield "".join(f"- {name}: {fact(block, name)}\n" for name in block.pairs)
        case Legend():
            yield f"{', '.join(map(formats.markdown, block.hues))}\n"
        case Code():
            yield f"```\n{block.text.rstrip()}\n```\n"
        case Table() if block.is_brief:
            yield table(block)
        case Chart():
            yield f"![{formats.markdown(block.alt)}](report-{block.name}.svg)\n"
        case Fold():
            if inner := render(block.blocks, level):
                yield f"<details><summary>{formats.markdown(block.title)}</summary>\n\n{inner}\n</details>\n"
        case Grid():
            yield from (text for inner in block.blocks for text in render_block(inner, level))
        case Section():
            yield f"{'#' * level} {formats.markdown(block.title)}\n"
            yield from (text for inner in block.blocks for text in render_block(inner, level + 1))
        case Drawing() | Index() | Table():
            return


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
    text = f"**{text}**" if shown.mark in STRONG else text
    note = shown.note or shown.hint
    return f"{text} ({formats.markdown(note)})" if note else text


def code(value: str) -> str:
    """Return a text as code within a table; its fence is longer than any row of backticks in it."""
    line = formats.text(value).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if len(fence) > 1 else f"`{line}`"
