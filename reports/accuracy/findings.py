"""The findings of the atlas, in sentences made of the figures."""

from collections.abc import Iterator

import pandas as pd

from bench.accuracy.record import CATEGORIES
from reports import formats
from reports.accuracy import rankings
from reports.accuracy.atlas import Setting, sampled


def findings(settings: list[Setting], table: pd.DataFrame) -> list[str]:
    """Return the findings of the first setting, with which the page opens."""
    first = settings[0]
    rows = first.subjects(table)
    lines = [*ranks(first), *worst(first, rows), *outright(first, rows)]
    return [formats.text(line[:1].upper() + line[1:]) for line in lines]


def ranks(setting: Setting) -> Iterator[str]:
    """Yield which columns err by more than 1 ulp least often, by both weightings."""
    common = rankings.common(setting) if len(setting.columns) > 1 else setting.rows.iloc[:0]
    for direction in setting.directions:
        rows = common[common["direction"] == direction]
        if rows.empty:
            continue
        parts = []
        for name, words in rankings.WEIGHTINGS.items():
            shares = [f"{r.column} {formats.probability(r.share) or '–'}" for r in rankings.ranking(rows, name)]
            parts.append(f"of {words} {', '.join(shares)}")
        over = formats.count(rows["activation"].nunique(), "activation")
        part = "" if rows["complete"].all() else ", over what all have"
        yield f"{direction}, wrong by more than 1 ulp in the mean of {over}{part}: {'; '.join(parts)}"


def worst(setting: Setting, table: pd.DataFrame) -> Iterator[str]:
    """Yield how many subjects stay within an ulp, by column."""
    parts = []
    for column in setting.columns:
        rows = table[(table["column"] == column) & (table["measured"] > 0)]
        good = int(((rows["worst_ulp"] <= 1) & (rows["categories"] == 0)).sum())
        note = sampled(int(rows["stride"].max())) if len(rows) else ""
        parts.append(f"{column} {good} of {len(rows)}" + (f" ({note})" if note else ""))
    yield f"never more than 1 ulp off: {', '.join(parts)} subjects"


def outright(setting: Setting, table: pd.DataFrame) -> Iterator[str]:
    """Yield how many subjects give NaN, infinities, zeros or wrong signs, by column."""
    parts = []
    for column in setting.columns:
        rows = table[table["column"] == column]
        counts = [f"{formats.category(name)} {(rows[name] > 0).sum()}" for name in CATEGORIES if (rows[name] > 0).any()]
        parts.append(f"{column} {', '.join(counts) or 'none'}")
    yield f"subjects with results wrong outright: {'; '.join(parts)}"
