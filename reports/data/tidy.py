"""The tidy table of runs: a row per case, run and side, with units in the column names.

The figure of a replicate is the median of its blocks; seconds is the median of these figures, the middle of the
interval. Ratios to a reference are taken within a replicate, and then their median.
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bench.speed import verdicts
from reports.data.load import Run
from reports.data.series import References, Series, collect, group
from reports.data.standings import Standings
from reports.data.statistic import median, most
from reports.fault import BadRun
from reports.metrics import METRICS, Metric

SETTING = ["run", "side", "device", "dtype", "size", "threads", "cache"]
"""The properties that a comparison of backends holds fixed, beside the direction."""
CASE_COLUMNS = (
    *("backend", "activation", "direction", "mode", "device", "dtype", "cache", "label", "id"),
    *("size", "threads", "bytes_moved"),
)
"""The columns that a case fills."""
COLUMNS = [
    *("run", "side", "backend", "version", "activation", "label", "parameters", "direction", "mode"),
    *("device", "dtype", "size", "threads", "cache", "status", "reason", "standing", "standing_of_mode"),
    *(metric.column for metric in METRICS),
    "id",
]


def read(path: Path) -> pd.DataFrame:
    """Read a table.parquet that a report wrote; raise BadRun where it is another file."""
    try:
        frame = pd.read_parquet(path)
    except ValueError as error:
        raise BadRun(f"{path} is no table of a report: {error}") from None
    if missing := [column for column in COLUMNS if column not in frame]:
        raise BadRun(f"{path} is no table of a report: it lacks {', '.join(missing[:3])}")
    return frame


def table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return a row per case of each run, references included; failures have a status, a reason and no number."""
    frame = pd.DataFrame([row for run in runs for row in rows(run)])
    frame["run"] = frame["run"].astype("str")
    frame["elements_per_second"] = frame["size"] / frame["seconds"]
    frame["gigabytes_per_second"] = 1e-9 * frame["bytes_moved"] / frame["seconds"]
    return with_break_even(frame)[COLUMNS]


def rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yield a row per case and side."""
    measured = [*collect(run), *(Series(record.side, (record,)) for record in run.missing)]
    references, bounds, places = References(measured), intervals(measured), Standings(run)
    versions = {side: run.versions(side) for side in run.sides}
    for series in measured:
        low, high = bounds.get((series.side, series.id), (math.nan, math.nan))
        yield {
            **{name: getattr(series.case, name) for name in CASE_COLUMNS},
            "run": run.name,
            "side": series.side,
            "version": versions[series.side].get(series.case.backend, ""),
            "parameters": json.dumps(series.case.parameters),
            **figures(series),
            **relative_figures(series, references),
            "seconds_low": low,
            "seconds_high": high,
            **standing(places, series),
        }


def standing(places: Standings, series: Series) -> dict[str, Any]:
    """Return the standing of a case among all columns and among those of its mode, with its distance to the fastest."""
    key = series.side, series.id
    of_all, of_mode = places.cases.get(key), places.cases_of_mode.get(key)
    return {
        "standing": of_all.word if of_all else "",
        "standing_of_mode": of_mode.word if of_mode else "",
        "x_fastest": of_all.ratio if of_all else math.nan,
        "x_fastest_low": of_all.low if of_all else math.nan,
        "x_fastest_high": of_all.high if of_all else math.nan,
    }


def figures(series: Series) -> dict[str, Any]:
    """Return the figures of a case over its replicates."""
    return {
        "status": series.status,
        "reason": series.reason,
        "replicates": len(series.figures),
        "blocks": len(series.blocks),
        "seconds": median(list(series.figures.values())),
        "compile_seconds": median(series.times("compile_seconds", compile_cache="cold")),
        "cached_compile_seconds": median(series.times("compile_seconds", compile_cache="warm")),
        **{metric.column: over_replicates(series, metric) for metric in METRICS if metric.over_replicates},
    }


def over_replicates(series: Series, metric: Metric) -> float:
    """Return a field of the record over the replicates: the median of a time, the most of a count."""
    if metric.over_replicates == "median":
        return median(series.times(metric.column))
    return most(series.counts(metric.column))


def relative_figures(series: Series, references: References) -> dict[str, float]:
    """Return the figures of a case relative to the copy and the no-op of its replicates."""
    copy, noop = references.copy(series), references.noop(series)
    return {
        "copy_seconds": median(list(copy.figures.values())) if copy else math.nan,
        "x_copy": median(list(series.against_copy(copy).values())),
        "dispatch_seconds": median(list(noop.figures.values())) if noop else math.nan,
        "x_noop": median(list(series.against(noop).values())),
    }


def intervals(measured: Sequence[Series]) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the bounds of the 95 % interval of each case, by side and id."""
    groups: dict[str, dict[str, list[float]]] = {}
    for place, series in enumerate(measured):
        groups.setdefault(group(series), {})[str(place)] = list(series.figures.values())
    by_place = verdicts.intervals(groups)
    return {
        (series.side, series.id): (by_place[str(n)].low, by_place[str(n)].high) for n, series in enumerate(measured)
    }


def noise_floor(run: Run) -> float:
    """Return the relative difference that identical code reaches in 95 % of the cases; NaN for one replicate."""
    return verdicts.noise_floor([list(series.figures.values()) for series in collect(run) if not series.is_reference])


def with_break_even(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the calls after which compiling has paid off: inf where compiled is no faster than eager."""
    key = [*SETTING, "backend", "label", "direction"]
    eager = frame[frame["mode"] == "eager"].drop_duplicates(key).set_index(key)["seconds"]
    frame = frame.join(eager.rename("eager_seconds"), on=key)
    saved = frame["eager_seconds"] - frame["seconds"]
    calls = (frame["compile_seconds"] / saved).where(saved > 0, math.inf)
    comparable = (frame["mode"] == "compiled") & saved.notna() & frame["compile_seconds"].notna()
    return frame.assign(break_even_calls=calls.where(comparable))
