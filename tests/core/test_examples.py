"""The committed example reports: every figure on the page is a row of the table that lies beside it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.cases import COPY, NOOP
from reports import formats

EXAMPLES = sorted((Path(__file__).parents[2] / "reports" / "examples").iterdir())

TEXTS = ("h2", "summary", "th", "td", "small")


@dataclass
class Cell:
    """What a cell of a table says, its small print apart."""

    text: str = ""
    small: str = ""


@dataclass
class Table:
    """Rows of cells, and what stands above it."""

    title: str
    rows: list[list[Cell]] = field(default_factory=list)


class Tables(HTMLParser):
    """Those of a page, each under the last summary or heading before it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[Table] = []
        self.title = ""
        self.open: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  # the parser's
        """Begin a title, a table, a row or a cell."""
        if tag in ("h2", "summary"):
            self.title = ""
        elif tag == "table":
            self.found.append(Table(self.title))
        elif tag == "tr":
            self.found[-1].rows.append([])
        elif tag in ("th", "td"):
            self.found[-1].rows[-1].append(Cell())
        if tag in TEXTS:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Of what was opened last."""
        if tag in TEXTS:
            self.open.remove(tag)

    def handle_data(self, data: str) -> None:
        """To the title or to the cell that is open."""
        if self.open and self.open[0] in ("h2", "summary"):
            self.title += data
        elif self.open and self.open[0] in ("th", "td"):
            cell = self.found[-1].rows[-1][-1]
            if "small" in self.open:
                cell.small += data
            else:
                cell.text += data


Key = tuple[str, str, str]
Cases = dict[Key, dict[str, Any]]


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda folder: folder.name)
def example(request: pytest.FixtureRequest) -> tuple[list[Table], Cases]:
    """The tables of an example's page, and the rows of its own table by what a reader calls them."""
    rows = pd.read_parquet(request.param / "table.parquet").to_dict("records")
    rows = [own for own in rows if own["activation"] != COPY]
    labels = ["a call" if own["activation"] == NOOP else own["label"] for own in rows]
    cases = {
        (label, own["direction"], f"{own['backend']} {own['mode']}"): {str(name): own[name] for name in own}
        for label, own in zip(labels, rows, strict=True)
    }
    return Tables(request.param / "report.html").found, cases


def times(tables: list[Table]) -> Iterator[tuple[Key, Cell]]:
    """The cells under Times, by activation, direction and column."""
    for own in tables:
        direction = own.title.partition(" ")[0]
        head, *rows = own.rows
        if direction in ("forward", "backward") and head[0].text == "activation":
            for row in rows[:-1]:  # the last one holds the means
                for name, cell in zip(head[1:], row[1:], strict=True):
                    yield (row[0].text, direction, name.text), cell


def test_every_time_is_a_row_of_the_table(example: tuple[list[Table], Cases]) -> None:
    """In milliseconds and in multiples of a copy, or its status; and every activation of the table is shown."""
    tables, cases = example
    shown = dict(times(tables))

    assert set(shown) == {key for key in cases if key[0] != "a call"}
    for key, cell in shown.items():
        row = cases[key]
        if row["status"] != "ok":
            assert (cell.text, cell.small) == (row["status"], "")
            continue
        assert cell.text == formats.milliseconds(row["seconds"])
        assert cell.small == f"{formats.digits(row['x_copy'])}×"


BEHIND: dict[str, tuple[str, Callable[[float], str]]] = {
    "time": ("seconds", formats.duration),
    "forward": ("forward_seconds", formats.duration),
    "backward": ("seconds", formats.duration),
    "eager": ("eager_seconds", formats.duration),
    "compiled": ("seconds", formats.duration),
    "to compile": ("compile_seconds", formats.duration),
    "time against a copy": ("x_copy", formats.digits),
}
"""Columns of the tables behind the pictures: of which figure of the table, and how it is said."""


def test_every_figure_behind_a_picture_is_a_row_of_the_table(example: tuple[list[Table], Cases]) -> None:
    """Of the case that the line names; eager and forward are those of the same case in that mode or direction."""
    tables, cases = example
    checked = 0
    for own in tables:
        head = [cell.text for cell in own.rows[0]]
        if head[:3] != ["activation", "on", "direction"] or not set(head) & set(BEHIND):  # or of the atlas
            continue
        for label, on, direction, *cells in own.rows[1:]:
            column = on.text if " " in on.text else f"{on.text} eager"
            row = cases[label.text, direction.text, column]
            eager = cases[label.text, direction.text, f"{row['backend']} eager"]
            forward = cases[label.text, "forward", column]
            figures = row | {"eager_seconds": eager["seconds"], "forward_seconds": forward["seconds"]}
            for name, cell in zip(head[3:], cells, strict=True):
                if name in BEHIND:
                    figure, said = BEHIND[name]
                    expected = said(figures[figure]) or "–"  # the second where the programs had been compiled before
                    assert cell.text.removesuffix("\xa0×").strip() == expected, (own.title, label.text)
                    checked += 1

    assert checked > 4 * len(cases)  # each time alone, against a copy, and in the ratios
