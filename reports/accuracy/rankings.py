"""Who is more accurate: by all bit patterns alike, and by the inputs that a standard normal sends."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.accuracy import subjects
from reports.accuracy.atlas import Setting, plain
from reports.formats import probability

WEIGHTINGS = {"over": "all bit patterns", "over_normal": "N(0, 1) inputs"}


@dataclass(frozen=True)
class Ranked:
    """A column by one weighting, over the activations that all have."""

    who: str
    share: float
    """Mean probability of an error above 1 ulp or of a category."""
    best: int
    """Activations in which none is better, where some are worse."""
    rank: int


def common(setting: Setting) -> pd.DataFrame:
    """The subjects of the activations that every column has, over the binades that every column has."""
    found = subjects.subjects(setting.shared)
    own = found[found["measured"] > 0]
    having = own.groupby(["activation", "direction"])["who"].transform("nunique")
    return own[having == len(setting.columns)]


def ranking(found: pd.DataFrame, weighting: str) -> list[Ranked]:
    """From the best to the worst."""
    wide = found.pivot(index="activation", columns="who", values=weighting)  # noqa: PD010  # pivot_table drops NaN
    least = wide.min(axis=1)
    apart = wide.max(axis=1) > least
    best = (wide.eq(least, axis=0) & apart.to_numpy()[:, None]).sum()
    means = wide.mean().sort_values(kind="stable")
    ranks = means.rank(method="min", na_option="bottom").astype(int)
    listed = plain(
        pd.DataFrame({"share": means, "best": best, "rank": ranks}).loc[means.index].reset_index(names="who")
    )
    return [Ranked(**own) for own in listed]


def cells(found: pd.DataFrame, columns: list[str]) -> list[dict[str, Any]]:
    """A row per activation: both shares of each column; the best of each weighting marked."""
    rows = []
    for activation, own in found.groupby("activation", sort=False):
        by = own.set_index("who")
        told = [{name: shown(by, who, name) for name in WEIGHTINGS} for who in columns]
        heads = {tuple(by.index[by[name] == by[name].min()]) for name in WEIGHTINGS}
        rows.append({"activation": activation, "cells": told, "disagree": len(heads) > 1})
    return rows


def shown(by: pd.DataFrame, who: str, name: str) -> dict[str, Any]:
    """One share."""
    if who not in by.index:
        return {"text": "", "best": False}
    value = float(by.loc[who, name])  # type: ignore[arg-type]  # a row per column
    return {"text": probability(value), "best": bool(value == by[name].min() and by[name].max() > value)}
