"""Accuracy against speed: the accuracy of a backend at its worst beside its time, one activation at a time.

Both must belong to one program. The accuracy comes from the committed atlas, which names the versions it judged, the
time from a run; a backend whose version in the run is not among those is left out, and the chart says so. The accuracy
of one version beside the time of another would be a point that no program has, and could push others off the front.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from bench.accuracy.shards import DIRECTIONS, LAYOUTS
from reports import formats
from reports.data import tables
from reports.page import charts
from reports.page.section import Chart, Column, Section
from reports.speed import plane
from reports.speed.chart_sections import case_table, section

JOINT = ["label", "direction", "dtype", "mode", "backend", "version", "device"]
"""The properties that a case of a run and a subject of the atlas must share."""
ADDED = ["digits", "most", "well", "outright", "stride"]
FIGURES = (
    Column("x_copy", "time against a copy", formats.digits, is_number=True),
    Column("right", "correct digits", is_number=True, order="digits"),
    Column("ulp", "worst error (ulp)", is_number=True, order="well"),
    Column("outright", "wrong outright (inputs)", "{:,}".format, is_number=True),
    Column("standing", "on the front", is_number=True, order="front"),
)
WORDS = (
    "Up is more exact, left is faster. Filled: on the front, which the thin line joins; hollow: another backend is "
    "more exact and no slower, or no less exact and certainly faster. At 0 some result is wrong outright: NaN, "
    "infinite, zero or of the wrong sign. Inputs where the function itself magnifies any rounding do not count."
)


def chart_section(table: pd.DataFrame, subjects: pd.DataFrame | None, judged: str = "") -> Section | None:
    """Return the section of the tidy table and the subjects of the atlas; None where no case is in both.

    `judged` is a sentence on the machine of the atlas, if it is not that of the run.
    """
    if subjects is None:
        return None
    rows = joined(table, subjects)
    seen = rows[rows["drawn"]]
    if not len(seen):
        return None
    notes = [*filter(None, [judged]), *counts(seen), *missing(table, subjects)]
    words = " ".join([WORDS, *map(formats.markdown, notes)])
    text = f"{' '.join(counts(seen))} The table below holds {formats.count(len(rows), 'case')}"
    chart = Chart("pareto", plane.chart(seen), text, case_table(rows, FIGURES, "name"))
    return section("Accuracy against speed", words, chart)


def joined(table: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Return the cases that the atlas has judged, as charts need them, with `digits`, `drawn`, `front` and texts.

    The table keeps cases without a time. Where the atlas has several settings of a version, the worst counts.
    """
    cases = tables.activations(table)
    accuracy = subjects.assign(
        label=subjects["activation"], device=np.where(subjects["vendor"] == "nvidia", "gpu", "cpu")
    )
    accuracy = accuracy.rename(columns={"well_ulp": "well", "categories": "outright"})
    worst = accuracy.groupby(JOINT, sort=False)[["well", "outright", "stride"]].max()
    cases = cases.join(worst, on=JOINT, how="inner").reset_index(drop=True)
    cases["most"] = [digits(0.0, 0, dtype) for dtype in cases["dtype"]]
    cases["digits"] = [digits(*values) for values in zip(cases["well"], cases["outright"], cases["dtype"], strict=True)]
    rows = charts.spoken(cases).join(cases[ADDED])
    rows["drawn"] = rows["x_copy"].gt(0) & np.isfinite(rows["x_copy"]) & rows["digits"].notna()
    return with_texts(rows.assign(front=fronts(rows)))


def digits(well_ulp: float, outright: float, dtype: str) -> float:
    """Return the decimal digits that are right in every result where the function is well conditioned.

    An error of u ulp is a relative error of at most u 2^-m, with m bits after the point of the significand; it is
    reached where the exact value is a power of two. The digits are log10(2^m / u). No result can be held to less than
    ½ ulp, so an exact function has as many as the format: 7.22 in float32, 3.31 in float16, 2.41 in bfloat16.

    The digits are 0 where any result is wrong outright, and NaN where nothing was measured.
    """
    if outright:
        return 0.0
    steps = 2.0 ** LAYOUTS[dtype].mantissa_bits
    return math.nan if math.isnan(well_ulp) else max(0.0, math.log10(steps / max(well_ulp, 0.5)))


def fronts(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return whether each row is on the front of its view: no other drawn row beats it."""
    on_front: dict[Any, bool] = {}
    for _, part in rows[rows["drawn"]].groupby(plane.VIEW, sort=False):
        cases = part[["digits", "x_copy", "seconds_low", "seconds_high"]].to_numpy()
        flags = [not any(beaten(case, other) for other in cases) for case in cases]
        on_front |= dict(zip(part.index, flags, strict=True))
    return pd.Series([on_front.get(name, False) for name in rows.index], index=rows.index, dtype=bool)


def beaten(case: Any, other: Any) -> bool:
    """Return whether the other is more exact and no slower, or no less exact and certainly faster.

    Slower means a larger multiple of a copy, as drawn. Certainly means in addition that the 95 % intervals of the times
    do not overlap, so that a quick copy alone wins nothing.
    """
    more, slower = other[0] - case[0], other[1] > case[1]
    return bool(not slower and (more > 0 or (more == 0 and other[3] < case[2])))


def with_texts(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the texts of tooltips and cells."""
    modes = len(set(rows["mode"])) > 1
    at_least = np.where(rows["stride"] > 1, "≥ ", "")
    at_most = np.where((rows["stride"] > 1) & (rows["digits"] > 0), "≤ ", "")
    return rows.assign(
        name=rows["column"] if modes else rows["backend"],
        right=marked(at_most, [formats.digits(value) if value else "0" for value in rows["digits"]], "no data"),
        ulp=marked(at_least, rows["well"].map(formats.ulp), "–"),
        wrong=[f"wrong outright at {formats.count(number, 'input')}" if number else "–" for number in rows["outright"]],
        standing=np.select([~rows["drawn"], rows["front"]], ["no data", "yes"], "no"),
    )


def marked(marks: Iterable[str], texts: Iterable[str], otherwise: str) -> list[str]:
    """Return each text after its mark; `otherwise` where there is no text."""
    return [mark + text if text else otherwise for mark, text in zip(marks, texts, strict=True)]


def counts(seen: pd.DataFrame) -> list[str]:
    """Return, by direction, the number of activations for which each is on the front of the view shown first."""
    first = plane.first(seen, charts.SETTINGS)
    texts = []
    for direction in (name for name in DIRECTIONS if (first["direction"] == name).any()):
        rows = first[first["direction"] == direction]
        wins = rows.groupby("name", sort=False)["front"].sum().sort_values(ascending=False, kind="stable")
        totals = ", ".join(f"{name} {count}" for name, count in wins.items())
        texts.append(f"{direction} {totals} of {formats.count(rows['label'].nunique(), 'activation')}")
    where = ", ".join(str(first[name].iloc[0]) for name in charts.varying(seen, charts.SETTINGS))
    return [f"On the front{f' ({where})' if where else ''}: {'; '.join(texts)}."]


def missing(table: pd.DataFrame, subjects: pd.DataFrame) -> list[str]:
    """Return a line for each backend whose version the atlas does not have, with the versions it has."""
    judged = {str(name): sorted(set(versions)) for name, versions in subjects.groupby("backend")["version"]}
    lines = []
    for name, version in dict.fromkeys(zip(table["backend"], table["version"], strict=True)):
        judged_versions = judged.get(name, [])
        if version not in judged_versions:
            has = f"is of {', '.join(judged_versions)}" if judged_versions else "has none of it"
            lines.append(f"{name} {version or 'of unknown version'} is left out: the recorded accuracy {has}.")
    return list(map(formats.text, lines))
