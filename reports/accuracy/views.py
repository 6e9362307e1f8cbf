"""What the page's tables show, as rows of cells."""

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


def worst(found: pd.DataFrame) -> list[dict[str, Any]]:
    """A row per subject, wrong outright first, then by the worst error."""
    order = found.sort_values(["worst_ulp", "categories"], ascending=False, na_position="last", kind="stable")
    return [line(own) for own in plain(order)]


def line(own: dict[str, Any]) -> dict[str, Any]:
    """One subject."""
    at_least = "≥ " if own["stride"] > 1 else ""
    within = own["bucket_0"] + own["bucket_1"]
    shares = [own[name] / own["measured"] if own["measured"] else float("nan") for name in (*BUCKETS, "categories")]
    has = own["worst_bits"] >= 0
    return {
        "activation": formats.text(own["activation"]),
        "direction": own["direction"],
        "who": formats.text(own["who"]),
        "ulp": at_least + formats.ulp(own["worst_ulp"]) if has else "–",
        "order": own["worst_ulp"],
        "well": formats.ulp(own["well_ulp"]) or "–",
        "well_order": own["well_ulp"],
        "x": formats.number(bits.value(int(own["worst_bits"]), own["dtype"])) if has else "",
        "bits": bits.hexadecimal(int(own["worst_bits"]), own["dtype"]) if has else "",
        "got": formats.number(own["worst_got"]) if has else "",
        "exact": formats.number(own["worst_truth"]) if has else "",
        "rounded": formats.probability(own["rounded"]),
        "rounded_order": own["rounded"],
        "within": formats.probability(within / own["measured"] if own["measured"] else float("nan")),
        "within_order": within / own["measured"] if own["measured"] else -1,
        "categories": [int(own[name]) for name in CATEGORIES],
        "histogram": [{"text": formats.probability(share) if share else "–", "order": share} for share in shares],
    }


def ranked(setting: Setting) -> list[dict[str, Any]]:
    """The rankings of each direction, both weightings beside each other."""
    told = []
    common = rankings.common(setting)
    for direction in setting.directions:
        own = common[common["direction"] == direction]
        whole = bool(own["complete"].all())
        if own.empty or len(setting.columns) < 2:
            continue
        lists = {name: {r.who: r for r in rankings.ranking(own, name)} for name in rankings.WEIGHTINGS}
        cells = rankings.cells(own, setting.columns)
        told.append(
            {
                "direction": direction,
                "common": own["activation"].nunique(),
                "whole": whole,
                "rows": [
                    {"who": formats.text(who), "own": [place(by[who]) for by in lists.values()]}
                    for who in lists["over"]
                ],
                "cells": cells,
                "disagree": sum(bool(row["disagree"]) for row in cells),
            }
        )
    return told


def place(own: rankings.Ranked) -> dict[str, Any]:
    """One column by one weighting."""
    return {"share": formats.probability(own.share) or "–", "rank": own.rank, "best": own.best}


def free(setting: Setting, found: pd.DataFrame) -> tuple[list[dict[str, Any]], list[str]]:
    """What no exact value is needed for: a row per column, and which subjects it concerns, in lines."""
    mirrors = list(agreement.asymmetries(setting))
    rows: list[dict[str, Any]] = []
    lines: list[str] = []
    for who in setting.columns:
        own, asked = found[found["who"] == who], [m for m in mirrors if m.who == who]
        cells = [counted(own, name, f"{who}: {words}", lines) for name, words in FREE.items() if name in own]
        tested = int(own["position_tested"].sum())
        cells[2]["text"] += f" of {tested:,}" if tested else " of none tested"
        differ = sum(m.differ for m in asked)
        cells.append({"text": f"{differ:,} of {sum(m.binades for m in asked):,}", "where": ""})
        lines += [
            formats.text(f"{who}: {m.activation} {m.direction} is {m.parity}, {m.differ} of {m.binades} pairs differ")
            for m in asked
            if m.differ
        ]
        rows.append({"who": who, "cells": cells})
    return rows, lines


def counted(own: pd.DataFrame, name: str, words: str, lines: list[str]) -> dict[str, str]:
    """The sum of one count, and where it is not 0."""
    rows = own[own[name] > 0]
    where = [f"{r.activation} {r.direction} {getattr(r, name):,}" for r in rows.itertuples()]
    if where:
        lines.append(formats.text(f"{words}: {', '.join(where)}"))
    return {"text": f"{int(own[name].sum()):,}", "where": formats.text(", ".join(where))}


def strides(rows: pd.DataFrame) -> str:
    """Which records are of a sample, in words; empty where every input was judged."""
    counts = rows[rows["stride"] > 1].groupby(["dtype", "mode", "stride"], sort=False).size().reset_index(name="size")
    found = [f"{o['dtype']} {o['mode']}: {sampled(o['stride'])} of {o['size']:,} binades" for o in plain(counts)]
    return "; ".join(found)
