"""Differences between backends: the divergences they declare, and the disagreement of Keras' own backends."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.core.divergences import DivergenceRecord
from reports import formats
from reports.data.load import Run, read_rows

DISAGREEMENTS_PATH = Path(__file__).parent / "keras_backends_apart.json"
KINDS = {
    "ours": "ours to fix",
    "upstream": "upstream to fix",
    "by_design": "a convention",
}


@dataclass(frozen=True)
class Divergence:
    """A divergence that a backend declares, in words."""

    backend: str
    activation: str
    what: str
    where: str
    kind: str
    reason: str
    upstream: str


def find_divergences(runs: Sequence[Run]) -> list[Divergence]:
    """Return the divergences of the backends of these runs; those of one backend and reason are merged."""
    groups: dict[tuple[str, str, str, str], list[DivergenceRecord]] = {}
    for entry in (entry for run in runs for entry in run.divergences or ()):
        backend, kind, reason, upstream = map(formats.text, (entry.backend, entry.kind, entry.reason, entry.upstream))
        groups.setdefault((backend, kind, reason, upstream), []).append(entry)
    divergences = [merge_entries(*key, entries) for key, entries in groups.items()]
    return sorted(divergences, key=lambda d: (d.backend, d.activation))


def merge_entries(backend: str, kind: str, reason: str, upstream: str, entries: list[DivergenceRecord]) -> Divergence:
    """Return the divergence that merges these entries."""
    what = [entry.check.replace("_", " ") for entry in entries]
    dtypes = [name for entry in entries for name in entry.dtypes]
    modes = [name for entry in entries for name in entry.modes]
    return Divergence(
        backend,
        each(entry.activation for entry in entries),
        " · ".join(filter(None, map(each, (what, dtypes, modes)))),
        where(entries),
        KINDS.get(kind, kind),
        reason,
        upstream,
    )


def each(texts: Iterable[str]) -> str:
    """Return the distinct texts, joined by commas."""
    return formats.text(", ".join(dict.fromkeys(texts)))


def where(entries: list[DivergenceRecord]) -> str:
    """Return the inputs of the entries; of four ranges or more, the range around all of them."""
    ranges = list(dict.fromkeys(inputs(entry.low, entry.high) for entry in entries))
    if len(ranges) < 4:
        return each(ranges)
    bounds = [x for entry in entries for x in numbers(entry.low, entry.high) if not math.isnan(x)]
    around = inputs(min(bounds, default=None), max(bounds, default=None))
    return f"{len(ranges)} ranges" + ("" if around == "everywhere" else f" {around}")


def numbers(*values: object) -> list[float]:
    """Return the numbers among the values; those that are not finite are recorded as texts."""
    return [float(x) for x in values if isinstance(x, int | float) or x in ("-inf", "inf", "nan")]


def inputs(low: object, high: object) -> str:
    """Return the bounds in words; anything that is no number counts as no bound."""
    bounds = numbers(low, high)
    if len(bounds) < 2 or bounds == [float("-inf"), float("inf")]:
        return "everywhere"
    if bounds[0] != bounds[0]:
        return "at NaN"
    if bounds[0] == bounds[1]:
        return f"at {bounds[0]:.6g}"
    if bounds[0] == float("-inf"):
        return f"up to {bounds[1]:.6g}"
    return f"from {bounds[0]:.6g}" + ("" if bounds[1] == float("inf") else f" to {bounds[1]:.6g}")


@dataclass(frozen=True)
class Disagreement:
    """The disagreement of Keras' backends for one activation and dtype, at ordinary points."""

    activation: str
    dtype: str
    quantity: str
    beyond: int
    numbers: int
    relative: float
    pair: str
    at: str


def keras_disagreements() -> list[Disagreement]:
    """Return the worst pair of each activation, dtype and quantity; empty without the golden comparison."""
    worst: dict[tuple[str, str, str], Disagreement] = {}
    for line in filter(None, read_rows(DISAGREEMENTS_PATH, read_disagreement, "golden comparison")):
        key = (line.activation, line.dtype, line.quantity)
        previous = worst.get(key)
        if previous is None or (line.beyond, line.relative) > (previous.beyond, previous.relative):
            worst[key] = line
    return sorted(worst.values(), key=lambda a: (a.activation, a.dtype, a.quantity != "value"))


def read_disagreement(row: dict[str, Any]) -> Disagreement | None:
    """Return the disagreement in a row of the golden comparison; None for other points, or some of the backends."""
    if row["where"] != "ordinary" or row["among"] != "all":
        return None
    x = row["at"]
    return Disagreement(
        formats.text(row["activation"]),
        formats.text(row["dtype"]),
        formats.text(row["quantity"]),
        int(row["beyond_promise"]),
        int(row["numbers"]),
        float(row["max_relative"]),
        formats.text(" and ".join(row["pair"])),
        "a row" if isinstance(x, list) else f"{float(x):.6g}",
    )


def verdict(lines: Iterable[Disagreement]) -> str:
    """Return a sentence that compares the disagreements with Keras' promise; empty without the comparison."""
    values = [line for line in lines if line.quantity == "value" and line.dtype == "float32"]
    if not values:
        return ""
    beyond = [line for line in values if line.beyond]
    agreeing = len(values) - len(beyond)
    return (
        f"Keras promises that its numerics agree to 1e-7 across backends. In float32, at the probe points of the "
        f"golden files, its own backends do for {agreeing} of {formats.count(len(values), 'activation')}."
    )
