"""The worst error of each subject as tables: with its input, as a histogram, and activation × backend."""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from bench.accuracy.record import CATEGORIES, EDGES
from reports import formats
from reports.accuracy import bits
from reports.accuracy.atlas import Setting, plain
from reports.accuracy.load import BUCKETS
from reports.accuracy.subjects import MEANINGS, WorstError, worst_error
from reports.page.section import Column, Table

Errors = dict[tuple[str, str, str], WorstError]
"""The worst errors by activation, direction and column."""
LONGEST = 40
"""The number of rows above which Markdown leaves a table to the page; it has the table by activation."""


def optional(text: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return the format of values of which some are None."""
    return lambda value: "" if value is None else text(value)


def share(value: float) -> str:
    """Format a share; empty for 0."""
    return formats.probability(value) if value else ""


NAME = "activation"
SUBJECT = (Column(NAME, NAME), Column("direction", "direction"), Column("column", "backend"))
WORST = (
    *SUBJECT,
    Column(
        "error", "worst (ulp)", operator.attrgetter("error"), True, order="worst_ulp", meaning=MEANINGS["worst_ulp"]
    ),
    Column("well_ulp", "well conditioned (ulp)", formats.ulp, True, meaning=MEANINGS["well_ulp"]),
    Column("x", "input", optional(formats.number), True),
    Column("hexadecimal", "bits", is_code=True),
    Column("got", "got", optional(formats.number), True),
    Column("exact", "exact", optional(formats.number), True),
    Column("rounded", "≤ ½ ulp", formats.probability, True, meaning=MEANINGS["rounded"]),
    Column("within", "≤ 1 ulp", formats.probability, True),
    *(Column(name, formats.category(name), formats.nonzero, True, mark=f"{name} mark") for name in CATEGORIES),
)
BUCKET_NAMES = [*(f"≤ {'½' if edge == 0.5 else f'{edge:g}'}" for edge in EDGES), f"> {EDGES[-1]:g}"]
HISTOGRAM = (
    *SUBJECT,
    *(Column(f"{name} share", heading, share, True) for name, heading in zip(BUCKETS, BUCKET_NAMES, strict=True)),
    Column("categories share", "category", share, True),
)


def tables(table: pd.DataFrame) -> tuple[Table, Table]:
    """Return the worst errors and the histograms of subjects, the worst first."""
    order = table.sort_values(["worst_ulp", "categories"], ascending=False, na_position="last", kind="stable")
    rows = figures(order)
    worst, histogram = (
        Table(rows, columns, caption, is_sortable=True, style="numbers", longest=LONGEST)
        for columns, caption in ((WORST, "Input, result and exact value where it was"), (HISTOGRAM, ""))
    )
    return worst, histogram


def figures(table: pd.DataFrame) -> pd.DataFrame:
    """Return subjects with their worst errors, the inputs of these, the shares of each error and the marks."""
    measured = table["measured"].where(table["measured"] > 0)
    shares = {f"{name} share": table[name] / measured for name in (*BUCKETS, "categories")}
    marks = {f"{name} mark": np.where(table[name] > 0, "fault", "") for name in CATEGORIES}
    subjects = plain(table)
    objects = {
        "error": [worst_error(row) for row in subjects],
        "x": values(subjects, lambda row: bits.value(row["worst_bits"], row["dtype"])),
        "got": values(subjects, lambda row: row["worst_got"]),
        "exact": values(subjects, lambda row: row["worst_truth"]),
    }
    return table.assign(
        **shares,
        **marks,
        **{name: pd.Series(column, table.index, dtype=object) for name, column in objects.items()},
        hexadecimal=[bits.hexadecimal(row["worst_bits"], row["dtype"]) for row in subjects],
        within=(table["bucket_0"] + table["bucket_1"]) / measured,
    )


def values(subjects: list[dict[str, Any]], value: Callable[[dict[str, Any]], float]) -> list[float | None]:
    """Return a value at the worst input of each subject; None where nothing was measured."""
    return [float(value(row)) if row["worst_bits"] >= 0 else None for row in subjects]


def errors(table: pd.DataFrame) -> Errors:
    """Return the worst error of each subject."""
    return {(row["activation"], row["direction"], row["column"]): worst_error(row) for row in plain(table)}


def by_activation(setting: Setting, worst: Errors) -> Table:
    """Return the worst errors with a row for each activation."""
    keys = [(direction, column) for direction in setting.directions for column in setting.columns]
    rows = [[name, *(worst.get((name, *key), WorstError()) for key in keys)] for name in setting.activations]
    headings = [f"{column} {direction}" for direction, column in keys]
    columns = [Column(heading, heading, operator.attrgetter("text"), True) for heading in headings]
    return Table(pd.DataFrame(rows, columns=[NAME, *headings]), [Column(NAME, NAME), *columns])
