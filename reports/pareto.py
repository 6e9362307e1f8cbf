"""Accuracy against speed: how exact a backend is at its worst, beside how long it takes, an activation at a time.

Both must be of one program. The accuracy comes from the committed atlas, which names the versions it judged, the time
from a run; a backend whose version in the run is none of those is left out, and the picture says so. To put the
accuracy of one version beside the time of another would draw a point that no program has, and let it push others off
the front.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from bench.accuracy.shards import DIRECTIONS, LAYOUTS
from reports import charts, formats, plane, tables
from reports.pictures import Picture, cell

JOINT = ["label", "direction", "dtype", "mode", "backend", "version", "device"]
"""What a case of a run and a subject of the atlas must share."""
ADDED = ["digits", "most", "well", "outright", "stride"]
FIGURES = [
    ("time against a copy", "text", "x_copy"),
    ("correct digits", "right", "digits"),
    ("worst error (ulp)", "ulp", "well"),
    ("wrong outright (inputs)", "count", "outright"),
    ("on the front", "standing", "front"),
]
"""Columns of the table: what stands above, what is said, and by what it is sorted."""
WORDS = (
    "Up is more exact, left is faster. Filled: on the front, which the thin line joins; hollow: another backend is "
    "more exact and no slower, or no less exact and certainly faster. At 0 some result is wrong outright: NaN, "
    "infinite, zero or of the wrong sign. Inputs where the function itself magnifies any rounding do not count."
)


def picture(table: pd.DataFrame, found: pd.DataFrame | None, judged: str = "") -> Picture | None:
    """The tidy table beside the subjects of the atlas; None where nothing is in both.

    `judged` says where the atlas was made, if it was not where the run was.
    """
    if found is None:
        return None
    rows = joined(table, found)
    seen = rows[rows["drawn"]]
    if not len(seen):
        return None
    told = " ".join([WORDS, *filter(None, [judged]), *counts(seen), *missing(table, found)])
    text = f"{' '.join(counts(seen))} The table below holds {formats.count(len(rows), 'case')}"
    return Picture("pareto", "Accuracy against speed", told, plane.chart(seen), *behind(rows), text)


def joined(table: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """The cases that the atlas has judged, as charts need them, with `digits`, `drawn`, `front` and what is said.

    A case without a time is kept for the table. Where the atlas has several settings of a version, the worst counts.
    """
    cases = tables.activations(table)
    own = found.assign(label=found["activation"], device=np.where(found["vendor"] == "nvidia", "gpu", "cpu"))
    own = own.rename(columns={"well_ulp": "well", "categories": "outright"})
    worst = own.groupby(JOINT, sort=False)[["well", "outright", "stride"]].max()
    cases = cases.join(worst, on=JOINT, how="inner").reset_index(drop=True)
    cases["most"] = [digits(0.0, 0, dtype) for dtype in cases["dtype"]]
    cases["digits"] = [digits(*own) for own in zip(cases["well"], cases["outright"], cases["dtype"], strict=True)]
    rows = charts.spoken(cases).join(cases[ADDED])
    rows["drawn"] = rows["x_copy"].gt(0) & np.isfinite(rows["x_copy"]) & rows["digits"].notna()
    return said(rows.assign(front=fronts(rows)))


def mantissa(dtype: str) -> int:
    """Bits after the point of a format's significand, one less than the significand has."""
    return LAYOUTS[dtype].mantissa_bits


def digits(well_ulp: float, outright: float, dtype: str) -> float:
    """Decimal digits that are right in every result where the function is well conditioned.

    An error of u ulp is a relative error of u 2^-m at most, m being the bits after the point of the significand: that
    is reached where the exact value is a power of two. Its digits are log10(2^m / u). Nothing can be held to more than
    ½ ulp, so an exact function has as many as the format: 7.22 in float32, 3.31 in float16, 2.41 in bfloat16.

    Nothing is left where a result is wrong outright, wherever that is; NaN where nothing was measured.
    """
    if outright:
        return 0.0
    return math.nan if math.isnan(well_ulp) else max(0.0, math.log10(2.0 ** mantissa(dtype) / max(well_ulp, 0.5)))


def fronts(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Who is on the front of its view: nobody drawn beside it beats it."""
    found: dict[Any, bool] = {}
    for _, part in rows[rows["drawn"]].groupby(plane.VIEW, sort=False):
        cases = part[["digits", "x_copy", "seconds_low", "seconds_high"]].to_numpy()
        flags = [not any(beaten(own, other) for other in cases) for own in cases]
        found |= dict(zip(part.index, flags, strict=True))
    return pd.Series([found.get(name, False) for name in rows.index], index=rows.index, dtype=bool)


def beaten(own: Any, other: Any) -> bool:
    """Whether the other is more exact and no slower, or no less exact and certainly faster.

    Slower is a larger multiple of a copy, as drawn. Certainly asks in addition that the 95 % intervals of the times
    themselves lie apart, so that a quick copy alone wins nothing.
    """
    more, slower = other[0] - own[0], other[1] > own[1]
    return bool(not slower and (more > 0 or (more == 0 and other[3] < own[2])))


def said(rows: pd.DataFrame) -> pd.DataFrame:
    """With what tooltips and cells say."""
    modes = len(set(rows["mode"])) > 1
    at_least = np.where(rows["stride"] > 1, "≥ ", "")
    at_most = np.where((rows["stride"] > 1) & (rows["digits"] > 0), "≤ ", "")
    return rows.assign(
        name=rows["column"] if modes else rows["backend"],
        right=marked(at_most, [formats.digits(own) if own else "0" for own in rows["digits"]], "no data"),
        ulp=marked(at_least, rows["well"].map(formats.ulp), "–"),
        count=[f"{own:,}" for own in rows["outright"]],
        wrong=[f"wrong outright at {formats.count(own, 'input')}" if own else "–" for own in rows["outright"]],
        standing=np.select([~rows["drawn"], rows["front"]], ["no data", "yes"], "no"),
    )


def marked(marks: Iterable[str], texts: Iterable[str], otherwise: str) -> list[str]:
    """Each text after its mark; `otherwise` where there is none."""
    return [mark + text if text else otherwise for mark, text in zip(marks, texts, strict=True)]


def counts(seen: pd.DataFrame) -> list[str]:
    """Per direction, for how many activations each is on the front, in what is seen first."""
    first = plane.first(seen, charts.SETTINGS)
    found = []
    for direction in (name for name in DIRECTIONS if (first["direction"] == name).any()):
        own = first[first["direction"] == direction]
        on = own.groupby("name", sort=False)["front"].sum().sort_values(ascending=False, kind="stable")
        told = ", ".join(f"{name} {count}" for name, count in on.items())
        found.append(f"{direction} {told} of {formats.count(own['label'].nunique(), 'activation')}")
    where = ", ".join(str(first[name].iloc[0]) for name in charts.varying(seen, charts.SETTINGS))
    return [f"On the front{f' ({where})' if where else ''}: {'; '.join(found)}."]


def missing(table: pd.DataFrame, found: pd.DataFrame) -> list[str]:
    """Whose version the atlas does not have, and which it has."""
    judged = {str(name): sorted(set(own)) for name, own in found.groupby("backend")["version"]}
    lines = []
    for name, version in dict.fromkeys(zip(table["backend"], table["version"], strict=True)):
        known = judged.get(name, [])
        if version not in known:
            has = f"is of {', '.join(known)}" if known else "has none of it"
            lines.append(f"{name} {version or 'of unknown version'} is left out: the recorded accuracy {has}.")
    return list(map(formats.text, lines))


def behind(rows: pd.DataFrame) -> tuple[list[str], list[list[dict[str, Any]]]]:
    """The table: a row per case, sorted as it is read."""
    named = {"label": "activation", "name": "on", "direction": "direction"} | {
        name: name for name in charts.varying(rows, charts.SETTINGS)
    }
    wanted = [(words, name, name) for name, words in named.items()] + FIGURES
    columns = [[cell(*pair) for pair in zip(rows[own], rows[order], strict=True)] for _, own, order in wanted]
    return [words for words, _, _ in wanted], [list(row) for row in zip(*columns, strict=True)]
