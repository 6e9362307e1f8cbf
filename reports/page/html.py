"""Sections as HTML. Every text is escaped: words by the Markdown parser, all others by the template."""

from collections.abc import Sequence

from markupsafe import Markup

from reports.page import templating
from reports.page.section import (
    Block,
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


def render(blocks: Sequence[Block], level: int = 2, *, is_nested: bool = False) -> Markup:
    """Return the blocks as HTML; headings begin at `level`, and only outermost folds and tables have a frame."""
    return Markup().join(render_block(block, level, is_nested=is_nested) for block in blocks)


def render_block(block: Block, level: int, *, is_nested: bool) -> Markup:
    """Return a block as HTML."""
    macros = templating.get("blocks.html").module
    match block:
        case Section():
            inner = render(block.blocks, level + 1, is_nested=block.is_card or is_nested)
            markup = macros.section(block, inner, level)  # type: ignore[attr-defined]
        case Fold():
            inner = render(block.blocks, level + 1, is_nested=True)
            markup = macros.fold(block, inner, is_nested)  # type: ignore[attr-defined]
        case Grid():
            cells = [render(cell, level, is_nested=True) for cell in block.cells]
            markup = macros.grid(block, cells)  # type: ignore[attr-defined]
        case Drawing() if not block.alt:
            markup = block.markup
        case Rendered():
            markup = block.html
        case Words() | Items() | Facts() | Code() | Table() | Chart() | Drawing() | Legend() | Index():
            macro = getattr(macros, type(block).__name__.lower())
            markup = macro(block, is_nested)
    return Markup(markup)
