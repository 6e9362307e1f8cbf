"""The tables of the page, as rows of cells."""

from typing import Any

import pandas as pd

from bench.accuracy.record import CATEGORIES, EDGES
from reports import formats
from reports.accuracy import agreement, bits, rankings
from reports.accuracy.atlas import Setting, plain, sampled
from reports.accuracy.load import BUCKETS

BUCKET_NAMES = [*(f"≤ {'½' if edge == 0.5 else f'{edge:g}'}" for edge in EDGES), f"> {EDGES[-1]:g}"]
FREE = {
    "out_of_range": "out of range (inputs)",
    "not_monotone": "not monotone (steps)",
    "position_differ": "position dependent (inputs)",
    "nan_swallowed": "NaN swallowed (inputs)",
    "asymmetric": "odd or even, not mirrored (binade pairs)",
}


def worst(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a row for each subject, in order of the worst error, then of the results wrong outright."""
    order = table.sort_values(["worst_ulp", "categories"], ascending=False, na_position="last", kind="stable")
    return [line(row) for row in plain(order)]


def line(row: dict[str, Any]) -> dict[str, Any]:
    """Return the row of one subject."""
    at_least = "≥ " if row["stride"] > 1 else ""
    within = row["bucket_0"] + row["bucket_1"]
    shares = [row[name] / row["measured"] if row["measured"] else float("nan") for name in (*BUCKETS, "categories")]
    has = row["worst_bits"] >= 0
    return {
        "activation": formats.text(row["activation"]),
        "direction": row["direction"],
        "who": formats.text(row["who"]),
        "ulp": at_least + formats.ulp(row["worst_ulp"]) if has else "–",
        "order": row["worst_ulp"],
        "well": formats.ulp(row["well_ulp"]) or "–",
        "well_order": row["well_ulp"],
        "x": formats.number(bits.value(int(row["worst_bits"]), row["dtype"])) if has else "",
        "bits": bits.hexadecimal(int(row["worst_bits"]), row["dtype"]) if has else "",
        "got": formats.number(row["worst_got"]) if has else "",
        "exact": formats.number(row["worst_truth"]) if has else "",
        "rounded": formats.probability(row["rounded"]),
        "rounded_order": row["rounded"],
        "within": formats.probability(within / row["measured"] if row["measured"] else float("nan")),
        "within_order": within / row["measured"] if row["measured"] else -1,
        "categories": [int(row[name]) for name in CATEGORIES],
        "histogram": [{"text": formats.probability(share) if share else "–", "order": share} for share in shares],
    }


def ranked(setting: Setting) -> list[dict[str, Any]]:
    """Return the rankings of each direction, both weightings beside each other."""
    sections = []
    common = rankings.common(setting)
    for direction in setting.directions:
        rows = common[common["direction"] == direction]
        whole = bool(rows["complete"].all())
        if rows.empty or len(setting.columns) < 2:
            continue
        lists = {name: {r.column: r for r in rankings.ranking(rows, name)} for name in rankings.WEIGHTINGS}
        cells = rankings.cells(rows, setting.columns)
        sections.append(
            {
                "direction": direction,
                "common": rows["activation"].nunique(),
                "whole": whole,
                "rows": [
                    {"who": formats.text(column), "own": [place(ranks[column]) for ranks in lists.values()]}
                    for column in lists["over"]
                ],
                "cells": cells,
                "disagree": sum(bool(row["disagree"]) for row in cells),
            }
        )
    return sections


def place(ranked: rankings.Ranked) -> dict[str, Any]:
    """Return the cell of one column by one weighting."""
    return {"share": formats.probability(ranked.share) or "–", "rank": ranked.rank, "best": ranked.best}


def free(setting: Setting, table: pd.DataFrame) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the checks that need no exact value: a row for each column, and the subjects concerned, in lines."""
    mirrors = list(agreement.asymmetries(setting))
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for column in setting.columns:
        subjects, asymmetries = table[table["who"] == column], [m for m in mirrors if m.column == column]
        cells = [
            count_cell(subjects, name, f"{column}: {words}", lines) for name, words in FREE.items() if name in subjects
        ]
        tested = int(subjects["position_tested"].sum())
        cells[2]["text"] += f" of {tested:,}" if tested else " of none tested"
        differ = sum(m.differ for m in asymmetries)
        cells.append({"text": f"{differ:,} of {sum(m.binades for m in asymmetries):,}", "where": ""})
        lines += [
            formats.text(
                f"{column}: {m.activation} {m.direction} is {m.parity}, {m.differ} of {m.binades} pairs differ"
            )
            for m in asymmetries
            if m.differ
        ]
        rows.append({"who": column, "cells": cells})
    return rows, lines


def count_cell(subjects: pd.DataFrame, name: str, words: str, lines: list[str]) -> dict[str, str]:
    """Return the sum of one count and the subjects where it is not 0; add those to `lines`."""
    rows = subjects[subjects[name] > 0]
    where = [f"{r.activation} {r.direction} {getattr(r, name):,}" for r in rows.itertuples()]
    if where:
        lines.append(formats.text(f"{words}: {', '.join(where)}"))
    return {"text": f"{int(subjects[name].sum()):,}", "where": formats.text(", ".join(where))}


def strides(rows: pd.DataFrame) -> str:
    """Return in words which records are of a sample; empty where every input was judged."""
    counts = rows[rows["stride"] > 1].groupby(["dtype", "mode", "stride"], sort=False).size().reset_index(name="size")
    parts = [f"{o['dtype']} {o['mode']}: {sampled(o['stride'])} of {o['size']:,} binades" for o in plain(counts)]
    return "; ".join(parts)
