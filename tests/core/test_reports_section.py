"""Sections are written once and rendered as HTML, as Markdown and on the terminal."""

import io

import altair as alt
import pandas as pd
import pytest
from markupsafe import Markup
from rich.console import Console

from reports import formats
from reports.page import html, markdown, terminal
from reports.page.section import (
    Block,
    Chart,
    Code,
    Column,
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
    charts_of,
)

HOSTILE = "<b>[x](y) `|*"
ROWS = pd.DataFrame({"name": [HOSTILE, "relu"], "seconds": [0.5, 0.25], "mark": ["", "best"], "note": ["", "1 of 2"]})
COLUMNS = (
    Column("name", "activation"),
    Column("seconds", "time", formats.duration, is_number=True, note="note", mark="mark"),
)
TABLE = Table(ROWS, COLUMNS, is_sortable=True)
BLOCKS: tuple[Block, ...] = (
    Words(f"**Strong** and {formats.markdown(HOSTILE)}"),
    Items(["one", "`two`"]),
    Facts("machine", {"processor": HOSTILE}),
    Code("x = 1\n"),
    Section("Times", [TABLE, Fold("Folded", [Chart("c", alt.Chart(ROWS).mark_point(), "a chart")])], "times"),
)


def printed(blocks: tuple[Block, ...]) -> str:
    """Return what a console of 100 characters prints."""
    console = Console(file=io.StringIO(), width=100, color_system=None)
    for line in terminal.render(blocks):
        console.print(line)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text


def test_a_foreign_text_is_no_markup() -> None:
    """Neither in words nor in cells, on a page nor in Markdown."""
    page, text = html.render(BLOCKS), markdown.render(BLOCKS)

    assert "<b>" not in page
    assert 'href="y"' not in page
    assert page.count("&lt;b&gt;") == 3
    assert "<b>" not in text.replace("\\<b", "")
    assert HOSTILE in printed(BLOCKS)


def test_numbers_are_formatted_and_sorted_by_value() -> None:
    """The text is the column's format, and the order the number."""
    page = html.render(BLOCKS)

    assert '<td class="n best" data-v="0.25">250 ms <small>1 of 2</small></td>' in page.replace("\u00a0", " ")
    assert "| relu | **250 ms** (1 of 2) |" in markdown.render(BLOCKS)
    assert "★ 250 ms 1 of 2" in printed(BLOCKS)


def test_sections_nest_below_their_heading() -> None:
    """A section within a section has a heading of the next level."""
    blocks = (Section("Outer", [Section("Inner", [Words("text")])]),)

    assert "<h2>Outer</h2>" in html.render(blocks)
    assert "<h3>Inner</h3>" in html.render(blocks)
    assert markdown.render(blocks) == "## Outer\n\n### Inner\n\ntext\n"


def test_a_chart_in_a_fold_is_drawn() -> None:
    """A chapter draws every chart of its blocks; Markdown shows the file."""
    assert [chart.name for chart in charts_of(BLOCKS)] == ["c"]
    assert "![a chart](report-c.svg)" in markdown.render(BLOCKS)


@pytest.mark.parametrize(("longest", "is_brief"), [(None, True), (2, True), (1, False)])
def test_a_long_table_is_left_to_the_page(longest: int | None, *, is_brief: bool) -> None:
    """Markdown and the terminal leave out a table that is longer than its limit."""
    blocks = (Table(ROWS, COLUMNS, longest=longest),)

    assert ("relu" in markdown.render(blocks)) is is_brief
    assert ("relu" in printed(blocks)) is is_brief
    assert "relu" in html.render(blocks)


def test_an_empty_cell_is_a_dash() -> None:
    """A value that has no text is shown as a dash."""
    rows = pd.DataFrame({"x": [float("nan")]})

    assert "| – |" in markdown.render((Table(rows, (Column("x", "x", formats.duration, is_number=True),)),))


def test_blocks_stand_for_a_drawing() -> None:
    """Markdown and the terminal show them in its place."""
    blocks = (Drawing(Markup("<svg></svg>"), [Words("substitute")]),)

    assert html.render(blocks) == "<svg></svg>"
    assert markdown.render(blocks) == "substitute\n"
    assert "substitute" in printed(blocks)


def test_a_section_without_content_is_left_out() -> None:
    """Markdown has no heading above nothing."""
    assert markdown.render((Section("Empty", [Drawing(Markup("<svg></svg>"))]),)) == ""


def test_the_title_of_a_fold_is_words() -> None:
    """In a Markdown file it is HTML, as GitHub parses no Markdown there; a foreign text is no markup."""
    text = markdown.render((Fold(f"`relu` {formats.markdown(HOSTILE)}", [Code("x", "python")]),))

    assert "<summary><code>relu</code> &lt;b&gt;[x](y) `|*</summary>" in text
    assert "```python\nx\n```" in text


def test_a_drawing_and_an_index_are_left_to_the_page() -> None:
    """The page has both, each with its label; Markdown and the terminal have neither."""
    blocks = (Drawing(Markup("<svg></svg>"), alt=HOSTILE, title="drawn"), Index("cards", {HOSTILE: "card-x"}))
    page = html.render(blocks)

    assert '<figcaption>drawn</figcaption><div role="img" aria-label="&lt;b&gt;' in page
    assert '<nav aria-label="cards"><ul class="index"><li><a href="#card-x">&lt;b&gt;' in page
    assert "<svg></svg>" in page
    assert (markdown.render(blocks), printed(blocks)) == ("", "")


def test_cells_of_a_grid_follow_each_other_outside_the_page() -> None:
    """The page sets them side by side, and charts in them are drawn."""
    blocks = (Grid([[Words("first")], [Words("second"), Chart("c", alt.Chart(ROWS).mark_point(), "a chart")]]),)

    assert '<div class="grid "><div>' in html.render(blocks)
    assert markdown.render(blocks).startswith("first\n\nsecond\n")
    assert printed(blocks).split() == ["first", "second"]
    assert [chart.name for chart in charts_of(blocks)] == ["c"]


def test_facts_have_meanings_and_notes() -> None:
    """A name shows its meaning when pointed at; a note stands in parentheses in Markdown."""
    facts = (Facts("relu", {"range": "0 to ∞"}, {"range": "proved"}, {"range": "the values"}),)

    assert '<abbr title="the values" tabindex="0">range</abbr></dt><dd>0 to ∞ <small>proved</small>' in html.render(
        facts
    )
    assert markdown.render(facts) == "- range: 0 to ∞ (proved)\n"


def test_a_legend_names_its_colours() -> None:
    """The page shows each hue; elsewhere the names stand alone."""
    legend = (Legend({"numpy": "#123", HOSTILE: "#456"}),)

    assert '<span><i style="background: #123"></i>numpy</span>' in html.render(legend)
    assert markdown.render(legend).startswith("numpy, \\<b\\>")
    assert printed(legend).strip() == f"numpy, {HOSTILE}"


def test_a_cell_has_lines_a_hint_and_code() -> None:
    """A list has a line each; a hint is a tooltip; code can hold every character of a table."""
    rows = pd.DataFrame({"x": [["a|", "b"]], "hint": [HOSTILE], "call": ["f(`x`) | <b>"]})
    blocks = (Table(rows, (Column("call", "call", is_code=True), Column("x", "x", is_list=True, hint="hint"))),)

    assert "<code>f(`x`) | &lt;b&gt;</code>" in html.render(blocks)
    assert 'title="&lt;b&gt;[x](y) `|*">a|<br>b</td>' in html.render(blocks)
    assert r"| `` f(`x`) \| <b> `` | a\|<br>b (\<b\>" in markdown.render(blocks)
