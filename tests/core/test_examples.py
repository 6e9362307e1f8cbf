"""The committed example reports: every figure on a page is a row of the table beside it."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.core.cases import COPY, NOOP
from reports import formats
from reports.data import load, tidy
from reports.page import csv_text

EXAMPLES = sorted((Path(__file__).parents[2] / "reports" / "examples").iterdir())

TEXTS = ("h2", "summary", "th", "td", "small")


@dataclass
class Cell:
    """The text of a table cell, and its small print."""

    text: str = ""
    small: str = ""


@dataclass
class Table:
    """A table's rows of cells, and the title above it."""

    title: str
    rows: list[list[Cell]] = field(default_factory=list)


class Tables(HTMLParser):
    """A parser of the tables of a page, each with the last summary or heading before it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.title = ""
        self.open: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # the parser's signature
        """Begin a title, a table, a row or a cell."""
        if tag in ("h2", "summary"):
            self.title = ""
        elif tag == "table":
            self.tables.append(Table(self.title))
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in ("th", "td"):
            self.tables[-1].rows[-1].append(Cell())
        if tag in TEXTS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an open text element."""
        if tag in TEXTS:
            self.open.remove(tag)

    def handle_data(self, data: str) -> None:
        """Add text to the open title or cell."""
        if self.open and self.open[0] in ("h2", "summary"):
            self.title += data
        elif self.open and self.open[0] in ("th", "td"):
            cell = self.tables[-1].rows[-1][-1]
            if "small" in self.open:
                cell.small += data
            else:
                cell.text += data


Key = tuple[str, str, str]
Cases = dict[Key, dict[str, Any]]


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda folder: folder.name)
def example(request: pytest.FixtureRequest) -> tuple[list[Table], Cases]:
    """Return the tables of an example's page, and the rows of its table file by the labels that a reader sees."""
    rows = pd.read_parquet(request.param / "table.parquet").to_dict("records")
    rows = [row for row in rows if row["activation"] != COPY]
    labels = ["a call" if row["activation"] == NOOP else row["label"] for row in rows]
    cases = {
        (label, row["direction"], f"{row['backend']} {row['mode']}"): {str(name): row[name] for name in row}
        for label, row in zip(labels, rows, strict=True)
    }
    return Tables(request.param / "report.html").tables, cases


def times(tables: list[Table]) -> Iterator[tuple[Key, Cell]]:
    """Yield the cells under Times by activation, direction and column."""
    for table in tables:
        direction = table.title.partition(" ")[0]
        head, *rows = table.rows
        if direction in ("forward", "backward") and head[0].text == "activation":
            for row in rows[:-1]:  # the last one holds the means
                for name, cell in zip(head[1:], row[1:], strict=True):
                    yield (row[0].text, direction, name.text), cell


def test_every_time_is_a_row_of_the_table(example: tuple[list[Table], Cases]) -> None:
    """A cell shows milliseconds and the × copy, or the status, and every activation is shown."""
    tables, cases = example
    cells = dict(times(tables))

    assert set(cells) == {key for key in cases if key[0] != "a call"}
    for key, cell in cells.items():
        row = cases[key]
        if row["status"] != "ok":
            assert (cell.text, cell.small) == (row["status"], "")
            continue
        assert cell.text.strip() == formats.milliseconds(row["seconds"])
        assert cell.small == f"{formats.digits(row['x_copy'])}×"


SOURCE_COLUMNS: dict[str, tuple[str, Callable[[float], str]]] = {
    "time": ("seconds", formats.duration),
    "forward": ("forward_seconds", formats.duration),
    "backward": ("seconds", formats.duration),
    "eager": ("eager_seconds", formats.duration),
    "compiled": ("seconds", formats.duration),
    "to compile": ("compile_seconds", formats.duration),
    "time against a copy": ("x_copy", formats.digits),
}
"""For columns of the tables under the charts: the table file's column, and its format."""


def test_every_figure_behind_a_picture_is_a_row_of_the_table(example: tuple[list[Table], Cases]) -> None:
    """Figures are of the case in the line; eager and forward ones are of the same case in that mode or direction."""
    tables, cases = example
    checked = 0
    for table in tables:
        head = [cell.text for cell in table.rows[0]]
        # tables of the atlas have other columns
        if head[:3] != ["activation", "on", "direction"] or set(head).isdisjoint(SOURCE_COLUMNS):
            continue
        for label, backend, direction, *cells in table.rows[1:]:
            column = backend.text if " " in backend.text else f"{backend.text} eager"
            row = cases[label.text, direction.text, column]
            eager = cases[label.text, direction.text, f"{row['backend']} eager"]
            forward = cases[label.text, "forward", column]
            figures = row | {"eager_seconds": eager["seconds"], "forward_seconds": forward["seconds"]}
            for name, cell in zip(head[3:], cells, strict=True):
                if name in SOURCE_COLUMNS:
                    figure, format_figure = SOURCE_COLUMNS[name]
                    expected = format_figure(figures[figure]) or "–"  # "–": the programs had been compiled before
                    assert cell.text.removesuffix("\xa0×").strip() == expected, (table.title, label.text)
                    checked += 1

    assert checked > 4 * len(cases)  # each time, its × copy, and the ratios


STORED = [folder for folder in EXAMPLES if (folder / "runs").is_dir()]


@pytest.mark.parametrize("folder", STORED, ids=lambda folder: folder.name)
def test_the_table_is_that_of_the_stored_records(folder: Path) -> None:
    """Today's code makes the committed table of the records that a former version wrote; libm differs by rounding."""
    text = csv_text.as_csv(tidy.table([load.read(folder / "runs" / "quick")]))
    committed = pd.read_csv(folder / "table.csv")

    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(text)), committed, rtol=1e-9)
