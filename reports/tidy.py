"""Runs into one tidy table: a row per case, run and side, units in the column names.

A pass's figure is the median of its blocks, seconds the median of the passes' figures: the middle of the interval.
Ratios to a reference are taken inside of a pass, and then their median.
"""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from bench import verdicts
from reports import passes
from reports.load import Run
from reports.passes import References, Series
from reports.records import TEXTS, Row
from reports.statistic import median, most

SETTING = ["run", "side", "device", "dtype", "size", "threads", "cache"]
"""What a comparison of backends holds fixed, beside the direction."""
COLUMNS = [
    *("run", "side", "backend", "version", "activation", "label", "parameters", "direction", "mode"),
    *("device", "dtype", "size", "threads", "cache", "status", "reason", "passes", "blocks"),
    *("seconds", "seconds_low", "seconds_high", "copy_seconds", "x_copy", "dispatch_seconds", "x_noop"),
    *("elements_per_second", "bytes_moved", "gigabytes_per_second", "host_seconds", "device_seconds"),
    *("compile_seconds", "cached_compile_seconds", "break_even_calls", "recompiles", "saved_bytes", "peak_bytes", "id"),
]


def table(runs: Sequence[Run]) -> pd.DataFrame:
    """One row per case of each run, the references among them; failures have a status, a reason and no number."""
    found = pd.DataFrame([row for run in runs for row in rows(run)])
    found["run"] = found["run"].astype("str")
    found["elements_per_second"] = found["size"] / found["seconds"]
    found["gigabytes_per_second"] = 1e-9 * found["bytes_moved"] / found["seconds"]
    return with_break_even(found)[COLUMNS]


def rows(run: Run) -> Iterator[Row]:
    """A row per case and side."""
    found = [*passes.of(run), *(Series(record["side"], (record,)) for record in run.missing)]
    references, ends = References(found), intervals(found)
    versions = {side: run.versions(side) for side in run.sides}
    for series in found:
        low, high = ends.get((series.side, series.id), (math.nan, math.nan))
        yield {
            **{name: series.case[name] for name in (*TEXTS, "size", "threads", "bytes_moved")},
            "run": run.name,
            "side": series.side,
            "version": versions[series.side].get(series.case["backend"], ""),
            "parameters": json.dumps(series.case.get("parameters", {})),
            **figures(series),
            **compared(series, references),
            "seconds_low": low,
            "seconds_high": high,
        }


def figures(series: Series) -> dict[str, Any]:
    """What the records of a case say, over its passes."""
    return {
        "status": series.status,
        "reason": series.reason,
        "passes": len(series.figures),
        "blocks": len(series.blocks),
        "seconds": median(list(series.figures.values())),
        "host_seconds": median(series.times("host_seconds")),
        "device_seconds": median(series.times("device_seconds")),
        "compile_seconds": median(series.times("compile_seconds", compile_cache="cold")),
        "cached_compile_seconds": median(series.times("compile_seconds", compile_cache="warm")),
        "recompiles": most(series.counts("recompiles")),
        "saved_bytes": most(series.counts("saved_bytes")),
        "peak_bytes": most(series.counts("peak_bytes")),
    }


def compared(series: Series, references: References) -> dict[str, float]:
    """A case beside the copy and the no-op of its passes."""
    copy, noop = references.copy(series), references.noop(series)
    return {
        "copy_seconds": median(list(copy.figures.values())) if copy else math.nan,
        "x_copy": median(list(series.against(copy).values())),
        "dispatch_seconds": median(list(noop.figures.values())) if noop else math.nan,
        "x_noop": median(list(series.against(noop).values())),
    }


def intervals(found: Sequence[Series]) -> dict[tuple[str, str], tuple[float, float]]:
    """The ends of each case's 95 % interval, by side and id."""
    groups: dict[str, dict[str, list[float]]] = {}
    for place, series in enumerate(found):
        groups.setdefault(passes.group(series), {})[str(place)] = list(series.figures.values())
    known = verdicts.intervals(groups)
    return {(own.side, own.id): (known[str(n)].low, known[str(n)].high) for n, own in enumerate(found)}


def noise_floor(run: Run) -> float:
    """The relative difference that identical code reaches in 95 % of the cases; NaN for a run of one pass."""
    return verdicts.noise_floor([list(own.figures.values()) for own in passes.of(run) if not own.is_reference])


def with_break_even(found: pd.DataFrame) -> pd.DataFrame:
    """Add the calls after which compiling has paid off: inf where compiled is no faster than eager."""
    key = [*SETTING, "backend", "label", "direction"]
    eager = found[found["mode"] == "eager"].drop_duplicates(key).set_index(key)["seconds"]
    found = found.join(eager.rename("eager_seconds"), on=key)
    saved = found["eager_seconds"] - found["seconds"]
    calls = (found["compile_seconds"] / saved).where(saved > 0, math.inf)
    known = (found["mode"] == "compiled") & saved.notna() & found["compile_seconds"].notna()
    return found.assign(break_even_calls=calls.where(known))
