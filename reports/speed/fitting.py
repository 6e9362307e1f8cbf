"""The runs and the settings that a page has room for, with every figure."""

from collections.abc import Sequence

import pandas as pd

from bench.core.cases import REFERENCES
from reports.data import tables
from reports.data.load import Run
from reports.speed import runs as run_facts

MOST_CASES = 1350
"""The number of rows with all their figures on the page, at 1 kB each: three quick runs, or one standard run."""


def detailed(runs: Sequence[Run], table: pd.DataFrame) -> tuple[list[Run], pd.DataFrame]:
    """Return the newest runs, as many as a page can hold with every figure, newest first, and their rows."""
    rows = table["run"].value_counts()
    newest: list[Run] = []
    for run in run_facts.ordered(runs)[::-1]:
        if newest and sum(rows[other.name] for other in (*newest, run)) > MOST_CASES:
            break
        newest.append(run)
    order = {run.name: place for place, run in enumerate(newest)}
    newest_rows = table[table["run"].isin(order)]
    return newest, newest_rows.sort_values("run", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def fitting(table: pd.DataFrame) -> pd.DataFrame:
    """Return the references and the settings that fit on a page, in the order of the tables; all rows if they fit."""
    if len(table) <= MOST_CASES:
        return table
    parts: list[pd.DataFrame] = []
    count = 0
    for panel in tables.panels(table):
        count += len(panel.rows)
        if parts and count > MOST_CASES:
            break
        parts.append(panel.rows)
    indices = [index for rows in parts for index in rows.index]
    return table[table["activation"].isin(REFERENCES) | table.index.isin(indices)]
