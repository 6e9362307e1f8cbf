"""Memory bandwidth as Markdown: bytes moved in a second by each case, and its share of the copy's bandwidth."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bench.core.cases import DIRECTIONS
from reports import formats
from reports.data import tables

HEAD = "| activation | on | µs | GB/s | × copy | of the copy's bandwidth |\n| --- | --- | ---: | ---: | ---: | ---: |"
WORDS = (
    "Bytes are what the operation must move: forward two arrays (one read, one written), backward three (two read, "
    "one written). The copy moves two. A backward pass that keeps less than its input moves fewer bytes than it is "
    "credited with. No copy: the run has none in this setting."
)


def markdown(table: pd.DataFrame) -> str:
    """Return a table for each device, dtype, size and direction, largest size first."""
    rows = tables.activations(table[table["status"] == "ok"])
    copy_bandwidth = 2 * itemsize(rows) * rows["size"] / rows["copy_seconds"]
    rows = rows.assign(share=rows["bytes_moved"] / rows["seconds"] / copy_bandwidth)
    rows = rows.assign(order=rows["direction"].map({name: place for place, name in enumerate(DIRECTIONS)}).fillna(9))
    key = ["device", "size", "dtype", "order"]
    rows = rows.sort_values(key, ascending=[True, False, True, True])
    parts = [part_markdown(part) for _, part in rows.groupby(key, sort=False)]
    return "\n\n".join(["# Bandwidth", WORDS, *parts]) + "\n"


def itemsize(rows: pd.DataFrame) -> "pd.Series[float]":
    """Return the size of an element in bytes."""
    return rows["dtype"].map({"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}).astype("float64")


def part_markdown(part: pd.DataFrame) -> str:
    """Return the table of one setting and direction as Markdown."""
    first = part.iloc[0]
    title = f"{first['direction']} · {first['dtype']} · {formats.size(first['size'])} elements · {first['device']}"
    part = part.sort_values(["label", "rank", "backend", "eager"])
    return "\n".join([f"## {formats.markdown(title)}", "", HEAD, *map(line, part.to_dict("records"))])


def line(row: Mapping[Any, Any]) -> str:
    """Return the table row of one case."""
    figures = {name: float(row[name]) for name in ("seconds", "gigabytes_per_second", "x_copy", "share")}
    has_copy = figures["share"] == figures["share"]
    cells = (
        formats.markdown(row["label"]),
        formats.markdown(row["column"]),
        f"{figures['seconds'] * 1e6:.1f}",
        f"{figures['gigabytes_per_second']:.0f}",
        formats.digits(figures["x_copy"]) if has_copy else "no copy",
        formats.percent(figures["share"]) if has_copy else "no copy",
    )
    return f"| {' | '.join(cells)} |"
