"""Sections as Markdown, for files and for the comment of a pull request."""

from collections.abc import Iterator, Sequence

from reports import formats
from reports.page import words
from reports.page.section import Block, Cell, Chart, Code, Column, Drawing, Facts, Fold, Items, Section, Table, Words

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
            yield "".join(f"- {name}: {formats.markdown(value)}\n" for name, value in block.pairs.items())
        case Code():
            yield f"```{block.language}\n{block.text.rstrip()}\n```\n"
        case Table() if block.is_brief:
            yield table(block)
        case Chart():
            yield f"![{formats.markdown(block.alt)}](report-{block.name}.svg)\n"
        case Fold():
            if inner := render(block.blocks, level):
                # the line of a summary is HTML, in which Markdown is not parsed
                yield f"<details><summary>{words.parser().renderInline(block.title)}</summary>\n\n{inner}\n</details>\n"
        case Section():
            if inner := render(block.blocks, level + 1):
                yield f"{'#' * level} {formats.markdown(block.title)}\n\n{inner}"
        case Drawing():
            yield from (text for inner in block.substitutes for text in render_block(inner, level))
        case Table():
            return


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
    text = f"**{text}**" if shown.mark in STRONG else text
    return f"{text} ({formats.markdown(shown.note)})" if shown.note else text
