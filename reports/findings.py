"""What was found, in sentences made of the figures."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from reports import formats, tables
from reports.tables import Panel

MOST_FAILURES = 4
"""Kinds of failure that are told in a sentence; the table has them all."""


def findings(table: pd.DataFrame, floors: Mapping[str, float]) -> Iterator[str]:
    """What was found, in sentences made of the figures; of each run, the largest setting alone."""
    for name, floor in floors.items():
        rows = table[table["run"] == name]
        every = tables.panels(rows)
        said = [line for panel in every if panel.setting == every[0].setting for line in panel_findings(panel)]
        mine = rows[rows["side"] == every[0].side] if every else rows
        said += [*dispatch_findings(mine), f"Noise: {noise(floor)}", *failure_findings(tables.failures(rows))]
        yield from (f"{formats.text(name)}: {line}" if len(floors) > 1 else line for line in said)


def noise(floor: float) -> str:
    """What differences mean nothing, by the run's own measure."""
    if math.isnan(floor):
        return "this run has one pass, so it cannot say how far two of its figures differ by chance."
    return (
        f"by the halves of this run, two runs of identical code differ by up to {formats.percent(floor)} in "
        "95 % of the cases; smaller differences mean nothing."
    )


def dispatch_findings(rows: pd.DataFrame) -> Iterator[str]:
    """What a call costs before it computes anything, at least and at most."""
    known = [(own.seconds["forward"], own) for own in tables.dispatch(rows) if own.seconds.get("forward", 0) > 0]
    if known:
        ends = [min(known, key=lambda pair: pair[0]), max(known, key=lambda pair: pair[0])]
        said = [
            f"{formats.duration(seconds)} on {' · '.join(filter(None, (d.column, d.setting)))}" for seconds, d in ends
        ]
        rest = f", most {said[1]}" if said[1] != said[0] else ""
        yield f"A call costs before it computes anything: least {said[0]}{rest}."


def panel_findings(panel: Panel) -> Iterator[str]:
    """Who is fastest by the geometric mean, and the two ends of × copy."""
    means = {column: mean for column, mean in panel.means("seconds").items() if not math.isnan(mean)}
    if not means:
        yield formats.text(f"{panel.direction.capitalize()}: no activation has a time on every backend that has any.")
        return
    ranked = sorted(means, key=means.__getitem__)
    known = panel.rows[panel.rows["x_copy"].notna()].sort_values("x_copy")
    rest = ", ".join(f"{name} {formats.times(means[name] / means[ranked[0]])}" for name in ranked[1:])
    over = formats.count(len(panel.common()), "activation")
    least = f"{ranked[0]} takes {formats.duration(means[ranked[0]])} in the geometric mean of {over}"
    yield formats.text(f"{panel.direction.capitalize()}: {least}" + (f"; as multiples of it {rest}." if rest else "."))
    if len(known):
        ends = [f"{row['label']} on {row['column']} ({formats.times(row['x_copy'])})" for row in ends_of(known)]
        yield formats.text(f"{panel.direction.capitalize()}: against a copy, least {ends[0]}, most {ends[1]}.")


def ends_of(rows: pd.DataFrame) -> list[Any]:
    """The first and the last row."""
    return [rows.iloc[0], rows.iloc[-1]]


def failure_findings(failed: pd.DataFrame) -> Iterator[str]:
    """A line per backend and status: how many cases, and one of the reasons."""
    kinds = list(failed.groupby(["backend", "status"], sort=False))
    for (backend, status), part in kinds[:MOST_FAILURES]:
        cases = formats.count(int(part["cases"].sum()), "case")
        kind = str(status).replace("_", " ")
        reason = part["reason"].iloc[0]
        yield formats.text(f"Without a time: {cases} {kind} on {backend}" + (f", as {reason}" if reason else ""))
    if len(kinds) > MOST_FAILURES:
        more = formats.count(len(kinds) - MOST_FAILURES, "kind")
        yield f"Without a time besides: {more} of failure, listed in the report."
