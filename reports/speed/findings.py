"""The findings of a report: sentences composed from the figures."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from reports import formats
from reports.data import tables
from reports.data.standings import Standings
from reports.data.tables import Panel

MOST_FAILURES = 4
"""The number of kinds of failure that get a sentence each; the table has them all."""


def findings(table: pd.DataFrame, standings: Mapping[str, Standings]) -> Iterator[str]:
    """Yield the findings as sentences; of each run, the largest setting alone."""
    for name, places in standings.items():
        rows = table[table["run"] == name]
        panels = tables.panels(rows)
        lines = [line for panel in panels if panel.setting == panels[0].setting for line in panel_findings(panel)]
        side_rows = rows[rows["side"] == panels[0].side] if panels else rows
        lines += [*dispatch_findings(side_rows), f"Noise: {noise(places)}", *failure_findings(tables.failures(rows))]
        yield from (f"{formats.text(name)}: {line}" if len(standings) > 1 else line for line in lines)


def noise(standings: Standings) -> str:
    """Return the noise in words, as the run itself measured it."""
    if standings.noise.pairs:
        return (
            f"identical code, measured twice side by side, differs by up to "
            f"{formats.percent(standings.noise.ratios)} in 95 % of {formats.count(standings.noise.pairs, 'pair')}, and "
            f"by {formats.percent(standings.noise.x_copy)} in × copy; smaller differences mean nothing. Ratios of two "
            f"such runs differ by up to {formats.percent(standings.noise.between_runs)}."
        )
    if math.isnan(standings.floor):
        return "this run has one replicate, so it cannot say how far two of its figures differ by chance."
    return (
        f"by the halves of this run, two runs of identical code differ by up to {formats.percent(standings.floor)} in "
        "95 % of the cases; smaller differences mean nothing."
    )


def dispatch_findings(rows: pd.DataFrame) -> Iterator[str]:
    """Yield the least and the largest dispatch cost."""
    costs = [(cost.seconds["forward"], cost) for cost in tables.dispatch(rows) if cost.seconds.get("forward", 0) > 0]
    if costs:
        extremes = [min(costs, key=lambda pair: pair[0]), max(costs, key=lambda pair: pair[0])]
        texts = [
            f"{formats.duration(seconds)} on {' · '.join(filter(None, (cost.column, cost.setting)))}"
            for seconds, cost in extremes
        ]
        rest = f", most {texts[1]}" if texts[1] != texts[0] else ""
        yield f"A call costs before it computes anything: least {texts[0]}{rest}."


def panel_findings(panel: Panel) -> Iterator[str]:
    """Yield the fastest column by the geometric mean, and the least and the largest × copy."""
    means = {column: mean for column, mean in panel.means("seconds").items() if not math.isnan(mean)}
    if not means:
        yield formats.text(f"{panel.direction.capitalize()}: no activation has a time on every backend that has any.")
        return
    ranked = sorted(means, key=means.__getitem__)
    timed = panel.rows[panel.rows["x_copy"].notna()].sort_values("x_copy")
    rest = ", ".join(f"{name} {formats.times(means[name] / means[ranked[0]])}" for name in ranked[1:])
    over = formats.count(len(panel.common()), "activation")
    least = f"{ranked[0]} takes {formats.duration(means[ranked[0]])} in the geometric mean of {over}"
    yield formats.text(f"{panel.direction.capitalize()}: {least}" + (f"; as multiples of it {rest}." if rest else "."))
    if len(timed):
        extremes = [
            f"{row['label']} on {row['column']} ({formats.times(row['x_copy'])})" for row in first_and_last(timed)
        ]
        yield formats.text(f"{panel.direction.capitalize()}: against a copy, least {extremes[0]}, most {extremes[1]}.")


def first_and_last(rows: pd.DataFrame) -> list[Any]:
    """Return the first and the last row."""
    return [rows.iloc[0], rows.iloc[-1]]


def failure_findings(failed: pd.DataFrame) -> Iterator[str]:
    """Yield a line per backend and status: the number of cases, and one of the reasons."""
    kinds = list(failed.groupby(["backend", "status"], sort=False))
    for (backend, status), part in kinds[:MOST_FAILURES]:
        cases = formats.count(int(part["cases"].sum()), "case")
        kind = str(status).replace("_", " ")
        reason = part["reason"].iloc[0]
        yield formats.text(f"Without a time: {cases} {kind} on {backend}" + (f", as {reason}" if reason else ""))
    if len(kinds) > MOST_FAILURES:
        more = formats.count(len(kinds) - MOST_FAILURES, "kind")
        yield f"Without a time besides: {more} of failure, listed in the report."


def counts(table: pd.DataFrame) -> str:
    """Return how many cases have a time, and how many have none."""
    by_status = table["status"].value_counts()
    parts = [f"{number} {str(name).replace('_', ' ')}" for name, number in by_status.items()]
    return formats.text(f"{formats.count(len(table), 'case')}: {', '.join(parts)}")
