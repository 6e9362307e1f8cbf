"""The contents of a chapter, written once: sections of words, tables and charts, which any renderer writes.

Words are Markdown of one paragraph: `**strong**`, `` `code` `` and `[links](#anchor)`. A text from a result file is
inserted by `formats.markdown`, which leaves no markup in it. Cells of tables and names are plain texts and need no
escaping. Numbers stay numbers until a renderer calls the `format` of their column.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
from markupsafe import Markup

Mark = Literal["", "best", "fault", "soft", "strong", "slower", "faster", "uncertain"]
"""The meaning that a cell or words carry beside their text."""


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str
    mark: Mark = ""


@dataclass(frozen=True)
class Items:
    """A list, each item of which is words."""

    texts: Sequence[str]
    style: str = "findings"
    """The class of the style sheet."""


@dataclass(frozen=True)
class Facts:
    """Names with their values, such as the machine of a run."""

    title: str
    pairs: Mapping[str, str]
    notes: Mapping[str, str] = field(default_factory=dict)
    """Texts that stand smaller below a value, by name."""
    meanings: Mapping[str, str] = field(default_factory=dict)
    """The meanings of names, which they show when pointed at."""


@dataclass(frozen=True)
class Code:
    """Lines of a program, or of its output."""

    text: str
    language: str = ""
    """The language by which Markdown colours them, such as `python`."""


@dataclass(frozen=True)
class Column:
    """A column of a table; `note`, `mark`, `order`, `href` and `hint` name columns that belong to its cells."""

    key: Any
    """The name of the frame's column."""
    heading: str
    format: Callable[[Any], str] = str
    """The text of a value; a cell with an empty text shows a dash."""
    is_number: bool = False
    """Whether it is aligned to the right and sorted by its value."""
    note: str = ""
    """A text that stands smaller after the value."""
    mark: str = ""
    """The `Mark` of each cell."""
    order: Any = ""
    """The number by which a sorted table orders the cells; the value itself by default."""
    href: str = ""
    """The target of a link, such as `#failures`."""
    hint: str = ""
    """A text that a cell shows when pointed at; Markdown shows it where there is no note."""
    meaning: str = ""
    """The meaning of the column, which its heading shows when pointed at."""
    is_code: bool = False
    is_list: bool = False
    """Whether a value is several, each of which is a line of its cell."""


@dataclass(frozen=True)
class Cell:
    """The texts of a cell as a renderer shows it."""

    lines: Sequence[str]
    note: str
    mark: Mark
    order: float | None
    href: str
    hint: str
    is_code: bool

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Table:
    """A table: a data frame and the columns that are shown, the first of which names the row."""

    rows: pd.DataFrame
    columns: Sequence[Column]
    caption: str = ""
    is_sortable: bool = False
    style: str = ""
    """Classes of the style sheet."""
    foot: int = 0
    """The number of last rows that summarise the others."""
    longest: int | None = None
    """The number of rows above which Markdown and the terminal leave the table out."""

    def cells(self) -> Iterator[list[Cell]]:
        """Yield the cells of each row."""
        for row in self.rows.to_dict("records"):
            yield [cell(column, row) for column in self.columns]

    @property
    def is_brief(self) -> bool:
        """Whether it is short enough for Markdown and the terminal."""
        return self.longest is None or len(self.rows) <= self.longest


def cell(column: Column, row: Mapping[Any, Any]) -> Cell:
    """Return the cell of a row in this column."""
    value = row[column.key]
    lines = [text for item in (value if column.is_list else [value]) if (text := column.format(item))]
    order = row[column.order] if column.order != "" else value
    return Cell(
        lines or ["–"],
        str(row[column.note]) if column.note else "",
        row[column.mark] if column.mark else "",
        float(order) if column.is_number and isinstance(order, int | float) else None,
        str(row[column.href]) if column.href else "",
        str(row[column.hint]) if column.hint else "",
        column.is_code and bool(lines),
    )


@dataclass(frozen=True)
class Chart:
    """A chart, drawn in the page and as the file report-NAME.svg."""

    name: str
    definition: Any
    """The Altair definition."""
    alt: str
    """The chart in words, for those who do not see it."""
    table: Table | None = None
    """The figures that it draws, folded away below it."""

    @property
    def described(self) -> Any:
        """The definition with the chart in words."""
        return self.definition.properties(description=self.alt)


@dataclass(frozen=True)
class Drawing:
    """A drawing made for the page alone; Markdown and the terminal show the blocks that stand for it, if any."""

    markup: Markup
    substitutes: Sequence["Block"] = ()
    alt: str = ""
    """The drawing in words, for those who do not see it."""
    title: str = ""


@dataclass(frozen=True)
class Legend:
    """Names with the colours that drawings and charts give them."""

    hues: Mapping[str, str]


@dataclass(frozen=True)
class Index:
    """Links to places of the page, which Markdown and the terminal leave out."""

    title: str
    links: Mapping[str, str]
    """The anchors by name."""


@dataclass(frozen=True)
class Grid:
    """Cells of blocks side by side, where the page has room for them."""

    cells: Sequence[Sequence["Block"]]
    style: str = ""
    """Classes of the style sheet."""

    @property
    def blocks(self) -> Sequence["Block"]:
        """The blocks of all cells."""
        return [block for blocks in self.cells for block in blocks]


@dataclass(frozen=True)
class Fold:
    """Blocks that are folded away under their title until a reader opens it; the terminal leaves them out."""

    title: str
    """Words."""
    blocks: Sequence["Block"]
    is_open: bool = False
    anchor: str = ""
    mark: Mark = ""


@dataclass(frozen=True)
class Rendered:
    """Blocks of the highest level as they were rendered before; the terminal leaves them out."""

    html: Markup
    markdown: str


@dataclass(frozen=True)
class Section:
    """A heading with the blocks below it, which may be sections of the next level."""

    title: str
    blocks: Sequence["Block"]
    anchor: str = ""
    is_card: bool = False
    """Whether the page frames it."""


Block = Words | Items | Facts | Code | Table | Chart | Drawing | Legend | Index | Grid | Fold | Rendered | Section


def table_of(items: Sequence[Any], columns: Sequence[Column], **options: Any) -> Table:
    """Return the table of objects, whose attributes have the names of the columns."""
    names = [(column.key, column.note, column.mark, column.href, column.hint) for column in columns]
    keys = list(dict.fromkeys(name for group in names for name in group if name))
    rows = pd.DataFrame([{key: getattr(item, key) for key in keys} for item in items], columns=keys, dtype=object)
    return Table(rows, columns, **options)


def charts_of(blocks: Sequence[Block]) -> Iterator[Chart]:
    """Yield every chart of the blocks, in order."""
    for block in blocks:
        if isinstance(block, Chart):
            yield block
        elif isinstance(block, Fold | Section | Grid):
            yield from charts_of(block.blocks)
