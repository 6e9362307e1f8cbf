"""The history of several runs: each run, the changes from one to the next, the trend, and the gate's verdicts.

Everything here is ordered by date, oldest first; the templates put the newest first in lists.
"""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from bench.core.cases import REFERENCES
from reports import formats
from reports.data import tables, tidy
from reports.data.load import Run
from reports.history import gate, timeline, trend
from reports.history.gate import RunVerdict
from reports.history.timeline import Stop
from reports.page import html, markdown
from reports.page.chapter import Chapter
from reports.page.section import charts_of

MOST_CASES = 1350
"""The number of rows with all their figures on the page, at 1 kB each: three quick runs, or one standard run."""


def newest_first(runs: Sequence[Run]) -> list[Run]:
    """Return the runs, newest first."""
    return timeline.ordered(runs)[::-1]


def detailed(runs: Sequence[Run], table: pd.DataFrame) -> tuple[list[Run], pd.DataFrame]:
    """Return the newest runs, as many as a page can hold with every figure, newest first, and their rows."""
    rows = table["run"].value_counts()
    newest: list[Run] = []
    for run in newest_first(runs):
        if newest and sum(rows[other.name] for other in (*newest, run)) > MOST_CASES:
            break
        newest.append(run)
    order = {run.name: place for place, run in enumerate(newest)}
    newest_rows = table[table["run"].isin(order)]
    return newest, newest_rows.sort_values("run", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def fitting(table: pd.DataFrame) -> pd.DataFrame:
    """Return the references and the settings that fit on a page, in the order of the tables; all rows if they fit."""
    if len(table) <= MOST_CASES:
        return table
    parts: list[pd.DataFrame] = []
    count = 0
    for panel in tables.panels(table):
        count += len(panel.rows)
        if parts and count > MOST_CASES:
            break
        parts.append(panel.rows)
    indices = [index for rows in parts for index in rows.index]
    return table[table["activation"].isin(REFERENCES) | table.index.isin(indices)]


def chapter(runs: Sequence[Run], table: pd.DataFrame) -> Chapter:
    """Return the chapter on several runs."""
    stops = timeline.stops(runs)
    run_verdicts = gate.judge_all(stops)
    dates = {stop.run.name: stop.date for stop in stops}
    section = trend.chart_section(stops, table)
    sections = [section] if section else []
    content = {
        "runs": [row(place, run_verdicts, table) for place in range(len(stops))],
        "undated": sum(stop.when is None for stop in stops),
        "trend": section,
        "trend_html": html.render(sections),
        "trend_markdown": markdown.render(sections),
        "verdicts": [gate.view(verdict, place, dates) for place, verdict in enumerate(reversed(run_verdicts))],
        "damaged": [f"{run.name}: {line}" for run in runs for line in run.damaged],
    }
    return Chapter("history", "History", content, {chart.name: chart.described for chart in charts_of(sections)})


def row(place: int, run_verdicts: Sequence[RunVerdict], table: pd.DataFrame) -> dict[str, Any]:
    """Return a row of the table of runs."""
    stop = run_verdicts[place].stop
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
        "changes": changes([verdict.stop for verdict in run_verdicts[:place]], stop),
        "first": not place,
        "word": run_verdicts[place].word,
        "number": len(run_verdicts) - place,
    }


def versions(stop: Stop) -> str:
    """Return the backends with their versions, of both sides where there are two."""
    base = stop.run.versions("base") if stop.run.alternated else {}
    texts = []
    for name, version in stop.side.versions.items():
        before = base.get(name, version)
        texts.append(f"{name} {version}" if before == version else f"{name} {before} → {version}")
    return formats.text(", ".join(texts))


def changes(before: Sequence[Stop], now: Stop) -> list[str]:
    """Return the differences from the run just before, in words."""
    if not before:
        return []
    last = before[-1]
    earlier, current = (stop.side.versions for stop in (last, now))
    texts = [machine_change(before, now)] if last.machine != now.machine else []
    texts += [
        f"{name} {earlier[name]} → {current[name]}"
        for name in earlier
        if earlier[name] != current.get(name, earlier[name])
    ]
    texts += [f"no {name}" for name in earlier if name not in current]
    texts += [f"{name} is new" for name in current if name not in earlier]
    for fact, name, length in (("python", "Python", 20), ("commit", "this project", 7)):
        values = [str(getattr(stop.run.machine, fact) or "")[:length] for stop in (last, now)]
        if all(values) and values[0] != values[1]:
            texts.append(f"{name} {' → '.join(values)}")
    return [formats.short(text) for text in texts]


def machine_change(before: Sequence[Stop], now: Stop) -> str:
    """Return the change of machine in words, with the last run on the new machine if there is one."""
    names = [stop.run.name for stop in before if stop.machine == now.machine]
    return f"other machine, that of {names[-1]}" if names else "other machine"
