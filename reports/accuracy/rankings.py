"""Accuracy rankings of the columns: by all bit patterns alike, and by the inputs of a standard normal distribution."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.accuracy import subjects
from reports.accuracy.atlas import Setting, plain
from reports.formats import probability

WEIGHTINGS = {"over": "all bit patterns", "over_normal": "N(0, 1) inputs"}


@dataclass(frozen=True)
class Ranked:
    """A column ranked by one weighting, over the activations that all columns have."""

    column: str
    share: float
    """The mean probability of an error above 1 ulp or of a category."""
    best: int
    """The number of activations in which no column is better and some are worse."""
    rank: int


def common(setting: Setting) -> pd.DataFrame:
    """Return the subjects of the activations that every column has, over the binades that every column has."""
    table = subjects.subjects(setting.shared)
    measured = table[table["measured"] > 0]
    having = measured.groupby(["activation", "direction"])["who"].transform("nunique")
    return measured[having == len(setting.columns)]


def ranking(table: pd.DataFrame, weighting: str) -> list[Ranked]:
    """Return the columns from best to worst."""
    wide = table.pivot(index="activation", columns="who", values=weighting)  # noqa: PD010  # pivot_table drops NaN
    least = wide.min(axis=1)
    differs = wide.max(axis=1) > least
    best = (wide.eq(least, axis=0) & differs.to_numpy()[:, None]).sum()
    means = wide.mean().sort_values(kind="stable")
    ranks = means.rank(method="min", na_option="bottom").astype(int)
    listed = plain(
        pd.DataFrame({"share": means, "best": best, "rank": ranks}).loc[means.index].reset_index(names="column")
    )
    return [Ranked(**row) for row in listed]


def cells(table: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    """Return a row per activation with both shares of each column, the best of each weighting marked."""
    rows = []
    for activation, group in table.groupby("activation", sort=False):
        shares = group.set_index("who")
        entries = [{name: share_cell(shares, column, name) for name in WEIGHTINGS} for column in columns]
        heads = {tuple(shares.index[shares[name] == shares[name].min()]) for name in WEIGHTINGS}
        rows.append({"activation": activation, "cells": entries, "disagree": len(heads) > 1})
    return rows


def share_cell(shares: pd.DataFrame, column: str, name: str) -> dict[str, Any]:
    """Return one share in words, and whether it is the best."""
    if column not in shares.index:
        return {"text": "", "best": False}
    value = float(shares.loc[column, name])  # type: ignore[arg-type]  # a row per column
    return {"text": probability(value), "best": bool(value == shares[name].min() and shares[name].max() > value)}
