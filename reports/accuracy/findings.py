"""What the atlas says, in sentences made of the figures."""

from collections.abc import Iterator

import pandas as pd

from bench.accuracy.record import CATEGORIES
from reports import formats
from reports.accuracy import rankings
from reports.accuracy.atlas import Setting, sampled


def findings(settings: list[Setting], found: pd.DataFrame) -> list[str]:
    """Of the first setting, which the page opens with."""
    first = settings[0]
    own = found[(found["dtype"] == first.dtype) & (found["mode"] == first.mode)]
    lines = [*ranks(first), *worst(first, own), *outright(first, own)]
    return [formats.text(line[:1].upper() + line[1:]) for line in lines]


def ranks(setting: Setting) -> Iterator[str]:
    """Who errs by more than 1 ulp least often, by both weightings."""
    common = rankings.common(setting) if len(setting.columns) > 1 else setting.rows.iloc[:0]
    for direction in setting.directions:
        own = common[common["direction"] == direction]
        if own.empty:
            continue
        told = []
        for name, words in rankings.WEIGHTINGS.items():
            shares = [f"{r.who} {formats.probability(r.share) or '–'}" for r in rankings.ranking(own, name)]
            told.append(f"of {words} {', '.join(shares)}")
        over = formats.count(own["activation"].nunique(), "activation")
        part = "" if own["complete"].all() else ", over what all have"
        yield f"{direction}, wrong by more than 1 ulp in the mean of {over}{part}: {'; '.join(told)}"


def worst(setting: Setting, found: pd.DataFrame) -> Iterator[str]:
    """The subjects that stay within an ulp, by column."""
    said = []
    for who in setting.columns:
        own = found[(found["who"] == who) & (found["measured"] > 0)]
        good = int(((own["worst_ulp"] <= 1) & (own["categories"] == 0)).sum())
        note = sampled(int(own["stride"].max())) if len(own) else ""
        said.append(f"{who} {good} of {len(own)}" + (f" ({note})" if note else ""))
    yield f"never more than 1 ulp off: {', '.join(said)} subjects"


def outright(setting: Setting, found: pd.DataFrame) -> Iterator[str]:
    """How many subjects give NaN, infinities, zeros or wrong signs."""
    said = []
    for who in setting.columns:
        own = found[found["who"] == who]
        counts = [f"{formats.category(name)} {(own[name] > 0).sum()}" for name in CATEGORIES if (own[name] > 0).any()]
        said.append(f"{who} {', '.join(counts) or 'none'}")
    yield f"subjects with results wrong outright: {'; '.join(said)}"
