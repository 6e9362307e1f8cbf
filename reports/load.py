"""Runs into one tidy table: a row per case of a run, units in the column names.

Seconds are the median of the block medians of all passes. The interval is a t-interval on their
logarithms: a bootstrap over 3 blocks would cover 76 %, not 95 %.
"""

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from bench.cases import COPY, SCHEMA
from reports import formats
from reports.fault import BadRun
from reports.statistic import interval

BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
TEXTS = ("backend", "activation", "direction", "mode", "device", "dtype", "label", "id")
SETTING = ["run", "device", "dtype", "size", "threads"]
"""What a comparison of backends holds fixed, beside the direction."""
COLUMNS = [
    *("run", "backend", "version", "activation", "label", "parameters", "direction", "mode"),
    *("device", "dtype", "size", "threads", "status", "reason", "blocks"),
    *("seconds", "seconds_low", "seconds_high", "copy_seconds", "x_copy", "elements_per_second"),
    *("gigabytes_per_second", "compile_seconds", "break_even_calls", "id"),
]

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One run's folder, read."""

    name: str
    environment: Row
    divergences: tuple[Row, ...] | None
    """None where the run does not record them."""
    records: tuple[Row, ...]
    damaged: tuple[str, ...] = field(default=())
    """The lines that were set aside, each with its fault."""

    @property
    def machine(self) -> Row:
        """What the run says of its machine."""
        return as_dict(self.environment.get("machine"))

    def version(self, backend: str) -> str:
        """The framework's version, empty where the run does not say."""
        facts = as_dict(as_dict(self.environment.get("backends")).get(backend))
        return formats.text(facts.get("version", ""))


def as_dict(value: object) -> Row:
    """Itself if it is one, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


def read_json(path: Path, otherwise: Any) -> Any:
    """The file's content, or `otherwise` where there is none; BadRun where it is no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return otherwise
    except (OSError, ValueError, RecursionError) as error:
        raise BadRun(f"{path} cannot be read: {one_line(error)}") from None


def one_line(error: Exception) -> str:
    """The error's own words."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split())[:200] or type(error).__name__


def read(folder: Path) -> Run:
    """A run; BadRun where nothing in it can be used."""
    if not folder.is_dir():
        raise BadRun(f"{folder} is no folder of a run")
    path = folder / "records.jsonl"
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BadRun(f"{path} cannot be read: {one_line(error)}") from None
    records, damaged = [], []
    for number, line in enumerate(lines, 1):
        try:
            records.append(checked(line))
        except ForeignSchema as error:
            raise BadRun(f"{path} line {number}: {error}") from None
        except (ValueError, RecursionError) as error:
            damaged.append(f"{path.name} line {number}: {one_line(error)}")
    if not records:
        raise BadRun(f"{path} holds no record" + (f" ({damaged[0]})" if damaged else ""))
    environment = as_dict(read_json(folder / "environment.json", {}))
    divergences = read_json(folder / "divergences.json", environment.get("divergences"))
    kept = tuple(filter(as_dict, divergences)) if isinstance(divergences, list) else None
    return Run(folder.resolve().name, environment, kept, tuple(records), tuple(damaged))


class ForeignSchema(Exception):
    """A record of another version of the format: guessing at its meaning would mislead."""


def checked(line: bytes) -> Row:
    """A record from its line; ValueError with what is wrong with it."""
    row = json.loads(line)
    if not isinstance(row, dict) or "case" not in row or "status" not in row:
        raise ValueError("not a record")
    if row.get("schema") != SCHEMA:
        raise ForeignSchema(f"schema {str(row.get('schema'))[:20]!r} is not the one that is read here, {SCHEMA}")
    case, blocks = as_dict(row["case"]), row.get("block_seconds")
    for name in TEXTS:
        require(isinstance(case.get(name), str), f"{name} is no text")
    require(case["dtype"] in BYTES, f"unknown dtype {case['dtype'][:40]!r}")
    for name in ("size", "threads"):
        require(type(case.get(name)) is int and 0 < case[name] < 2**53, f"{name} is no count")
    require(isinstance(row["status"], str), "status is no text")
    json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair could be written nowhere
    require(isinstance(blocks, list) and all(map(is_time, blocks)), "block_seconds are no times")
    require(row["status"] != "ok" or bool(blocks), "ok without a time")
    return row


def require(holds: bool, fault: str) -> None:
    """ValueError with the fault unless it holds."""
    if not holds:
        raise ValueError(fault)


def is_time(value: object) -> bool:
    """Whether it is a number of seconds between a picosecond and 30 years."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 1e-12 <= value <= 1e9


def tidy(runs: Sequence[Run]) -> pd.DataFrame:
    """One row per case of each run, the copies among them; failures have a status, a reason and no number."""
    table = pd.DataFrame([row for run in runs for row in summaries(run)])
    table["run"] = table["run"].astype("str")
    key = [*SETTING, "backend"]
    copies = table[table["activation"] == COPY].drop_duplicates(key).set_index(key)["seconds"]
    table = table.join(copies.rename("copy_seconds"), on=key)
    table["x_copy"] = table["seconds"] / table["copy_seconds"]
    table["elements_per_second"] = table["size"] / table["seconds"]
    # one read and one write of every element, as in metrics.py
    table["gigabytes_per_second"] = 2e-9 * table["dtype"].map(BYTES) * table["elements_per_second"]
    return with_break_even(table)[COLUMNS]


def summaries(run: Run) -> Iterable[Row]:
    """A row per case: the blocks of its passes together, or its first failure."""
    passes: dict[str, dict[Any, Row]] = {}
    for record in run.records:  # a later record of the same pass replaces an earlier one
        passes.setdefault(record["case"]["id"], {})[str(record.get("pass_number"))] = record
    for found in passes.values():
        yield summary(run, list(found.values()))


def summary(run: Run, records: list[Row]) -> Row:
    """One case from the records of its passes."""
    case = records[0]["case"]
    failed = [record for record in records if record["status"] != "ok"]
    blocks = [] if failed else [seconds for record in records for seconds in record["block_seconds"]]
    compiling = [r["compile_seconds"] for r in records if not failed and is_time(r.get("compile_seconds"))]
    low, high = interval(blocks)
    return {
        **{name: case[name] for name in (*TEXTS, "size", "threads")},
        "run": run.name,
        "version": run.version(case["backend"]),
        "parameters": json.dumps(case.get("parameters", {})),
        "status": failed[0]["status"] if failed else "ok",
        "reason": str(failed[0].get("reason", "")) if failed else "",
        "blocks": len(blocks),
        "seconds": statistics.median(blocks) if blocks else math.nan,
        "seconds_low": low,
        "seconds_high": high,
        "compile_seconds": statistics.median(compiling) if compiling else math.nan,
    }


def with_break_even(table: pd.DataFrame) -> pd.DataFrame:
    """Add the calls after which compiling has paid off: inf where compiled is no faster than eager."""
    key = [*SETTING, "backend", "label", "direction"]
    eager = table[table["mode"] == "eager"].drop_duplicates(key).set_index(key)["seconds"]
    table = table.join(eager.rename("eager_seconds"), on=key)
    saved = table["eager_seconds"] - table["seconds"]
    calls = (table["compile_seconds"] / saved).where(saved > 0, math.inf)
    known = (table["mode"] == "compiled") & saved.notna() & table["compile_seconds"].notna()
    return table.assign(break_even_calls=calls.where(known))
