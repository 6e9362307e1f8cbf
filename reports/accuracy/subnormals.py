"""Subnormal numbers: what each column does with them, as observed."""

from dataclasses import dataclass

import pandas as pd

from bench.accuracy.shards import LAYOUTS
from reports.accuracy.atlas import Setting


@dataclass(frozen=True)
class Policy:
    """Of one column and direction."""

    who: str
    direction: str
    inputs: str
    """Subnormal inputs, in words with counts."""
    outputs: str
    """Subnormal results of normal inputs."""
    strict: float
    """The largest error in smallest subnormals, and without what was flushed."""
    contracted: float
    exceptions: str
    """Activations that keep to another policy than most."""


def policies(setting: Setting) -> list[Policy]:
    """Of each column and direction that met a subnormal number."""
    found = []
    for (who, direction), rows in setting.rows.groupby(["who", "direction"], sort=False):
        own = rows[rows["subnormal"] > 0]
        if len(own):
            found.append(policy(str(who), str(direction), own, LAYOUTS[setting.dtype].binades // 2))
    order = setting.columns
    return sorted(found, key=lambda own: (order.index(own.who), setting.directions.index(own.direction)))


def policy(who: str, direction: str, rows: pd.DataFrame, half: int) -> Policy:
    """From the binades that hold subnormal inputs, exponent 0, and from the others."""
    by_input = rows["binade"] % half == 0
    inputs, outputs = (summed(rows[mask]) for mask in (by_input, ~by_input))
    return Policy(
        who,
        direction,
        words(inputs),
        words(outputs),
        float(rows["strict_ulp"].max()),
        float(rows["contracted_ulp"].max()),
        exceptions(outputs),
    )


def summed(rows: pd.DataFrame) -> pd.DataFrame:
    """By activation."""
    return rows.groupby("activation", sort=False)[["subnormal", "flushed"]].sum()


def words(own: pd.DataFrame) -> str:
    """The share that was flushed."""
    total = int(own["subnormal"].sum())
    if not total:
        return "none met"
    share = float(own["flushed"].sum()) / total
    if share in (0, 1):
        return "flushed" if share else "kept"
    return "<1 % flushed" if share < 0.01 else ">99 % flushed" if share > 0.99 else f"{share:.0%} flushed"


def exceptions(own: pd.DataFrame) -> str:
    """Where most are kept those that flush, and the other way round; the first six."""
    flushes = own["flushed"] > own["subnormal"] / 2
    odd = list(own.index[flushes != (flushes.mean() > 0.5)])
    return ", ".join(odd[:6]) + (f" and {len(odd) - 6} more" if len(odd) > 6 else "")
