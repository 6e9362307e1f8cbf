"""The history of several runs: each run, the changes from one to the next, the trend, and the gate's verdicts."""

import math
from collections.abc import Sequence

import pandas as pd

from reports import formats
from reports.data import tidy
from reports.data.load import Run
from reports.history import gate, gate_section, timeline, trend
from reports.history.gate import RunVerdict
from reports.history.timeline import Stop
from reports.page.chapter import Chapter
from reports.page.section import Block, Column, Section, Table, Words
from reports.speed.chapter import damaged

NOISE_WORDS = (
    "Noise: by the halves of a run, two runs of identical code differ by up to that much in 95 % of the cases. Gate: "
    "the run against the one before it on the same machine, below."
)
COLUMNS = (
    Column("name", "run"),
    Column("date", "date"),
    Column("changes", "changed from the run before", mark="changes_mark"),
    Column("word", "gate", mark="gate_mark", href="gate"),
    Column("machine", "machine"),
    Column("versions", "versions"),
    Column("timed", "timed cases", "{:,}".format, is_number=True),
    Column("untimed", "without a time", formats.nonzero, is_number=True),
    Column("noise", "noise", lambda share: "one pass" if math.isnan(share) else formats.percent(share), is_number=True),
)


def chapter(runs: Sequence[Run], table: pd.DataFrame) -> Chapter:
    """Return the chapter on several runs."""
    stops = timeline.stops(runs)
    run_verdicts = gate.judge_all(stops)
    blocks: list[Block] = [Words(order_words(stops), "soft")]
    blocks += [Table(run_rows(run_verdicts, table), COLUMNS, style="words runs"), Words(NOISE_WORDS, "soft")]
    blocks += [trend_section(stops, table), gate_section.section(run_verdicts), *damaged(runs)]
    return Chapter("history", "History", "What changed from run to run?", blocks)


def order_words(stops: Sequence[Stop]) -> str:
    """Return the order of the runs in words."""
    undated = sum(stop.when is None for stop in stops)
    count = "counts" if undated == 1 else "count"
    rest = f"; {undated} without a date {count} as the oldest, in the order given" if undated else ""
    return f"{len(stops)} runs, the newest first{rest}."


def trend_section(stops: Sequence[Stop], table: pd.DataFrame) -> Section:
    """Return the section of the trend, or one that says that there is none."""
    without = Section(trend.TITLE, [Words("No run has a time against a copy.")])
    return trend.chart_section(stops, table) or without


def run_rows(run_verdicts: Sequence[RunVerdict], table: pd.DataFrame) -> pd.DataFrame:
    """Return a row per run, the newest first; the verdicts are given oldest first."""
    places = reversed(range(len(run_verdicts)))
    return pd.DataFrame([run_row(place, run_verdicts, table) for place in places])


def run_row(place: int, run_verdicts: Sequence[RunVerdict], table: pd.DataFrame) -> dict[str, object]:
    """Return the row of the run at this place, counted from the oldest."""
    verdict = run_verdicts[place]
    stop, word = verdict.stop, verdict.word
    statuses = table.loc[table["run"] == stop.run.name, "status"]
    timed = int((statuses == "ok").sum())
    changed = "; ".join(changes([earlier.stop for earlier in run_verdicts[:place]], stop))
    return {
        "name": stop.run.name,
        "date": stop.date,
        "changes": changed or ("nothing" if place else "the first"),
        "changes_mark": "strong" if changed else "",
        "word": word,
        "gate": f"#{gate_section.anchor(len(run_verdicts) - 1 - place)}" if word else "",
        "gate_mark": "fault" if verdict.is_bad else "",
        "machine": stop.hardware,
        "versions": versions(stop),
        "timed": timed,
        "untimed": len(statuses) - timed,
        "noise": tidy.noise_floor(stop.run),
    }


def versions(stop: Stop) -> str:
    """Return the backends with their versions, of both sides where there are two."""
    head = stop.side.versions
    return formats.versions(head, *([stop.run.versions("base")] if stop.run.alternated else []), head)


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
