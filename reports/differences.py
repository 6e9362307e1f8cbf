"""Where the backends differ: what they declare themselves, and how far Keras' own are apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import formats
from reports.fault import BadRun
from reports.load import Run, read_json
from reports.records import as_dict

APART = Path(__file__).parent / "recorded" / "keras_backends_apart.json"
KINDS = {
    "ours": "ours to fix",
    "upstream": "upstream to fix",
    "by_design": "a convention",
}


@dataclass(frozen=True)
class Departure:
    """A backend's declared divergence, in words."""

    backend: str
    activation: str
    what: str
    where: str
    kind: str
    reason: str
    upstream: str


def departures(runs: Sequence[Run]) -> list[Departure]:
    """What the backends of these runs declare; entries of one backend with one reason stand together."""
    together: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for entry in (entry for run in runs for entry in run.divergences or ()):
        backend, kind, reason, upstream = (
            formats.text(entry.get(name, "")) for name in ("backend", "kind", "reason", "upstream")
        )
        together.setdefault((backend, kind, reason, upstream), []).append(entry)
    found = [departure(*key, entries) for key, entries in together.items()]
    return sorted(found, key=lambda d: (d.backend, d.activation))


def departure(backend: str, kind: str, reason: str, upstream: str, entries: list[dict[str, Any]]) -> Departure:
    """One line of entries; nothing in them is taken for granted."""
    what = [str(entry.get("check", "")).replace("_", " ") for entry in entries]
    dtypes = [name for entry in entries for name in words(entry.get("dtypes"))]
    modes = [name for entry in entries for name in words(entry.get("modes"))]
    return Departure(
        backend,
        each(str(entry.get("activation", "")) for entry in entries),
        " · ".join(filter(None, map(each, (what, dtypes, modes)))),
        where(entries),
        KINDS.get(kind, kind),
        reason,
        upstream,
    )


def each(texts: Iterable[str]) -> str:
    """Every text once, in a line."""
    return formats.text(", ".join(dict.fromkeys(texts)))


def where(entries: list[dict[str, Any]]) -> str:
    """Their inputs; of many ranges the one around all of them."""
    ranges = list(dict.fromkeys(inputs(entry.get("low"), entry.get("high")) for entry in entries))
    if len(ranges) < 4:
        return each(ranges)
    ends = [x for entry in entries for x in (entry.get("low"), entry.get("high")) if isinstance(x, int | float)]
    return f"{len(ranges)} ranges " + inputs(min(ends, key=float), max(ends, key=float))


def words(value: object) -> list[str]:
    """The texts of a list; none for anything else."""
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def inputs(low: object, high: object) -> str:
    """The bounds in words; anything that is no number counts as no bound."""
    ends = [float(x) for x in (low, high) if isinstance(x, int | float) or x in ("-inf", "inf", "nan")]
    if len(ends) < 2 or ends == [float("-inf"), float("inf")]:
        return "everywhere"
    if ends[0] != ends[0]:
        return "at NaN"
    if ends[0] == ends[1]:
        return f"at {ends[0]:.6g}"
    if ends[0] == float("-inf"):
        return f"up to {ends[1]:.6g}"
    return f"from {ends[0]:.6g}" + ("" if ends[1] == float("inf") else f" to {ends[1]:.6g}")


@dataclass(frozen=True)
class Apart:
    """How far Keras' backends are apart for one activation and dtype, at ordinary points."""

    activation: str
    dtype: str
    quantity: str
    beyond: int
    numbers: int
    relative: float
    pair: str
    at: str


def keras_apart(path: Path = APART) -> list[Apart]:
    """The worst pair of each activation, dtype and quantity; empty without the golden comparison."""
    rows = as_dict(read_json(path, {})).get("rows", [])
    found: dict[tuple[str, str, str], Apart] = {}
    try:
        for row in rows:
            if row["where"] == "ordinary" and row["among"] == "all":
                line = apart(row)
                key = (line.activation, line.dtype, line.quantity)
                best = found.get(key)
                if best is None or (line.beyond, line.relative) > (best.beyond, best.relative):
                    found[key] = line
    except (KeyError, TypeError, ValueError) as error:
        raise BadRun(f"{path} is no golden comparison: {error!r}") from None
    return sorted(found.values(), key=lambda a: (a.activation, a.dtype, a.quantity != "value"))


def apart(row: dict[str, Any]) -> Apart:
    """One line of the golden comparison."""
    at = row["at"]
    return Apart(
        formats.text(row["activation"]),
        formats.text(row["dtype"]),
        formats.text(row["quantity"]),
        int(row["beyond_promise"]),
        int(row["numbers"]),
        float(row["max_relative"]),
        formats.text(" and ".join(row["pair"])),
        "a row" if isinstance(at, list) else f"{float(at):.6g}",
    )


def verdict(lines: Iterable[Apart]) -> str:
    """One sentence beside Keras' promise; empty without the comparison."""
    values = [line for line in lines if line.quantity == "value" and line.dtype == "float32"]
    if not values:
        return ""
    beyond = [line for line in values if line.beyond]
    kept = len(values) - len(beyond)
    return (
        f"Keras promises that its numerics agree to 1e-7 across backends. In float32, at the probe points of the "
        f"golden files, its own backends do for {kept} of {formats.count(len(values), 'activation')}."
    )
