"""Several runs side by side: what each is, what changed from one to the next, the trend, and the gate's verdicts.

Everything here is ordered by date, oldest first; what is read from top to bottom has the newest first in the templates.
"""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from bench.cases import REFERENCES
from reports import formats, gate, tables, tidy, timeline, trend
from reports.chapter import Chapter
from reports.gate import Judged
from reports.load import Run
from reports.timeline import Stop

MOST_CASES = 1350
"""Rows whose every figure the page holds, a kilobyte each: three runs of the quick profile, one of the standard."""


def newest_first(runs: Sequence[Run]) -> list[Run]:
    """As a reader expects them."""
    return timeline.ordered(runs)[::-1]


def detailed(runs: Sequence[Run], table: pd.DataFrame) -> tuple[list[Run], pd.DataFrame]:
    """The newest runs, as many as a page can hold every figure of, newest first, with their rows."""
    rows = table["run"].value_counts()
    kept: list[Run] = []
    for run in newest_first(runs):
        if kept and sum(rows[own.name] for own in (*kept, run)) > MOST_CASES:
            break
        kept.append(run)
    order = {run.name: place for place, run in enumerate(kept)}
    mine = table[table["run"].isin(order)]
    return kept, mine.sort_values("run", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def fitting(table: pd.DataFrame) -> pd.DataFrame:
    """Of runs that are too large for a page, the settings that fit in the order of the tables, and the references."""
    if len(table) <= MOST_CASES:
        return table
    wanted: list[pd.DataFrame] = []
    count = 0
    for panel in tables.panels(table):
        count += len(panel.rows)
        if wanted and count > MOST_CASES:
            break
        wanted.append(panel.rows)
    kept = [place for rows in wanted for place in rows.index]
    return table[table["activation"].isin(REFERENCES) | table.index.isin(kept)]


def chapter(runs: Sequence[Run], table: pd.DataFrame) -> Chapter:
    """What became of several runs."""
    stops = timeline.stops(runs)
    found = gate.judged(stops)
    dates = {stop.run.name: stop.date for stop in stops}
    picture = trend.picture(stops, table)
    content = {
        "runs": [row(place, found, table) for place in range(len(stops))],
        "undated": sum(stop.when is None for stop in stops),
        "trend": picture,
        "verdicts": [gate.view(own, place, dates) for place, own in enumerate(reversed(found))],
        "damaged": [f"{run.name}: {line}" for run in runs for line in run.damaged],
    }
    return Chapter("history", "History", content, {picture.name: picture.described} if picture else {})


def row(place: int, found: Sequence[Judged], table: pd.DataFrame) -> dict[str, Any]:
    """A run in the table of runs."""
    stop = found[place].stop
    statuses = table.loc[table["run"] == stop.run.name, "status"]
    timed = int((statuses == "ok").sum())
    floor = tidy.noise_floor(stop.run)
    return {
        "name": stop.run.name,
        "date": stop.date,
        "machine": stop.hardware,
        "versions": versions(stop),
        "timed": timed,
        "untimed": len(statuses) - timed,
        "noise": "one pass" if math.isnan(floor) else formats.percent(floor),
        "changes": changes([own.stop for own in found[:place]], stop),
        "first": not place,
        "word": found[place].word,
        "number": len(found) - place,
    }


def versions(stop: Stop) -> str:
    """The backends with their versions, of both sides where there are two."""
    base = stop.run.versions("base") if stop.run.alternated else {}
    said = []
    for name, version in stop.end.versions.items():
        before = base.get(name, version)
        said.append(f"{name} {version}" if before == version else f"{name} {before} → {version}")
    return formats.text(", ".join(said))


def changes(before: Sequence[Stop], now: Stop) -> list[str]:
    """How it differs from the run just before it, in words."""
    if not before:
        return []
    last = before[-1]
    ours, theirs = (own.end.versions for own in (last, now))
    said = [moved(before, now)] if last.machine != now.machine else []
    said += [f"{name} {ours[name]} → {theirs[name]}" for name in ours if ours[name] != theirs.get(name, ours[name])]
    said += [f"no {name}" for name in ours if name not in theirs]
    said += [f"{name} is new" for name in theirs if name not in ours]
    for fact, name, length in (("python", "Python", 20), ("commit", "this project", 7)):
        values = [str(own.run.machine.get(fact) or "")[:length] for own in (last, now)]
        if all(values) and values[0] != values[1]:
            said.append(f"{name} {' → '.join(values)}")
    return [formats.short(own) for own in said]


def moved(before: Sequence[Stop], now: Stop) -> str:
    """To which machine."""
    known = [own.run.name for own in before if own.machine == now.machine]
    return f"other machine, that of {known[-1]}" if known else "other machine"
