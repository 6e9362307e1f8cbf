"""The chapter on memory bandwidth: bytes moved in a second by each case, and its share of the copy's bandwidth."""

import math
from collections.abc import Callable

import pandas as pd

from bench.core.cases import DIRECTIONS
from reports import formats
from reports.data import tables
from reports.page.chapter import Chapter
from reports.page.section import Column, Section, Table, Words

WORDS = (
    "Bytes are what the operation must move: forward two arrays (one read, one written), backward three (two read, "
    "one written). The copy moves two. A backward pass that keeps less than its input moves fewer bytes than it is "
    "credited with. No copy: the run has none in this setting."
)


def against_copy(text: Callable[[float], str]) -> Callable[[float], str]:
    """Return the format of a figure that needs the time of a copy; NaN where there is none."""
    return lambda value: "no copy" if math.isnan(value) else text(value)


COLUMNS = (
    Column("label", "activation"),
    Column("column", "on"),
    Column("microseconds", "µs", "{:.1f}".format, is_number=True),
    Column("gigabytes_per_second", "GB/s", "{:.0f}".format, is_number=True),
    Column("x_copy", "× copy", against_copy(formats.digits), is_number=True),
    Column("share", "of the copy's bandwidth", against_copy(formats.percent), is_number=True),
)


def chapter(table: pd.DataFrame) -> Chapter:
    """Return the chapter: a table for each device, dtype, size and direction, largest size first."""
    rows = tables.activations(table[table["status"] == "ok"])
    copy_bandwidth = 2 * itemsize(rows) * rows["size"] / rows["copy_seconds"]
    rows = rows.assign(
        microseconds=rows["seconds"] * 1e6,
        share=rows["bytes_moved"] / rows["seconds"] / copy_bandwidth,
        order=rows["direction"].map({name: place for place, name in enumerate(DIRECTIONS)}).fillna(9),
    )
    key = ["device", "size", "dtype", "order"]
    rows = rows.sort_values(key, ascending=[True, False, True, True])
    sections = [section(part) for _, part in rows.groupby(key, sort=False)]
    return Chapter("bandwidth", "Bandwidth", "Bandwidth", [Words(WORDS), *sections])


def itemsize(rows: pd.DataFrame) -> "pd.Series[float]":
    """Return the size of an element in bytes."""
    return rows["dtype"].map({"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}).astype("float64")


def section(part: pd.DataFrame) -> Section:
    """Return the section of one setting and direction."""
    first = part.iloc[0]
    title = f"{first['direction']} · {first['dtype']} · {formats.size(first['size'])} elements · {first['device']}"
    return Section(title, [Table(part.sort_values(["label", "rank", "backend", "eager"]), COLUMNS, style="numbers")])
