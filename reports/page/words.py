"""Words, which are Markdown of one paragraph, as HTML."""

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

from reports.formats import WORD_JOINER


def inline(words: str) -> Markup:
    """Return words as HTML; tags in them are shown as text."""
    return Markup(parser().renderInline(words.replace(WORD_JOINER, "")))


@cache
def parser() -> MarkdownIt:
    """Return the parser of inline Markdown, which passes no HTML through."""
    return MarkdownIt("commonmark", {"html": False})
