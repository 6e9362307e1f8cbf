"""Subnormal numbers: whether each column keeps or flushes them, as observed."""

from dataclasses import dataclass

import pandas as pd

from bench.accuracy.shards import LAYOUTS
from reports.accuracy.atlas import Setting


@dataclass(frozen=True)
class Policy:
    """The treatment of subnormal numbers by one column in one direction."""

    column: str
    direction: str
    inputs: str
    """The treatment of subnormal inputs, in words with counts."""
    outputs: str
    """The treatment of subnormal results of normal inputs."""
    strict: float
    """The largest error in smallest subnormals; `contracted` leaves out flushed results."""
    contracted: float
    exceptions: str
    """The activations that deviate from what most do."""


def policies(setting: Setting) -> list[Policy]:
    """Return the policy of each column and direction that met a subnormal number."""
    listed = []
    for (column, direction), rows in setting.rows.groupby(["column", "direction"], sort=False):
        matches = rows[rows["subnormal"] > 0]
        if len(matches):
            listed.append(policy(str(column), str(direction), matches, LAYOUTS[setting.dtype].binades // 2))
    order = setting.columns
    return sorted(listed, key=lambda row: (order.index(row.column), setting.directions.index(row.direction)))


def policy(column: str, direction: str, rows: pd.DataFrame, half: int) -> Policy:
    """Return the policy from the binades that hold subnormal inputs, exponent 0, and from the others."""
    by_input = rows["binade"] % half == 0
    inputs, outputs = (sum_by_activation(rows[mask]) for mask in (by_input, ~by_input))
    return Policy(
        column,
        direction,
        words(inputs),
        words(outputs),
        float(rows["strict_ulp"].max()),
        float(rows["contracted_ulp"].max()),
        exceptions(outputs),
    )


def sum_by_activation(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the counts by activation."""
    return rows.groupby("activation", sort=False)[["subnormal", "flushed"]].sum()


def words(rows: pd.DataFrame) -> str:
    """Return the share that was flushed, in words."""
    total = int(rows["subnormal"].sum())
    if not total:
        return "none met"
    share = float(rows["flushed"].sum()) / total
    if share in (0, 1):
        return "flushed" if share else "kept"
    return "<1 % flushed" if share < 0.01 else ">99 % flushed" if share > 0.99 else f"{share:.0%} flushed"


def exceptions(rows: pd.DataFrame) -> str:
    """Return the activations that flush where most keep, or the reverse; the first six."""
    flushes = rows["flushed"] > rows["subnormal"] / 2
    odd = list(rows.index[flushes != (flushes.mean() > 0.5)])
    return ", ".join(odd[:6]) + (f" and {len(odd) - 6} more" if len(odd) > 6 else "")
