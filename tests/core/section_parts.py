"""The parts of a section with a chart, as tests look at them."""

from reports.page.section import Cell, Chart, Section, Table, Words


def chart_of(section: Section | None) -> Chart:
    """Return the chart of a section, which must exist."""
    assert section is not None
    (chart,) = [block for block in section.blocks if isinstance(block, Chart)]
    return chart


def words_of(section: Section | None) -> str:
    """Return the words above the chart."""
    assert section is not None
    return " ".join(block.text for block in section.blocks if isinstance(block, Words))


def figures_of(section: Section | None) -> Table:
    """Return the table of a section's chart."""
    table = chart_of(section).table
    assert table is not None
    return table


def rows_of(section: Section | None) -> list[list[Cell]]:
    """Return the cells of the chart's table."""
    return list(figures_of(section).cells())
