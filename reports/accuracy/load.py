"""Reading of the atlas' records: stores of shards and packed files, as `bench.accuracy.store` writes them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.accuracy import store
from bench.accuracy.record import EDGES
from bench.accuracy.shards import DIRECTIONS, LAYOUTS
from reports import formats
from reports.fault import BadRun

ATLAS = Path(__file__).parent.parent / "atlas"
"""The folder of the committed records: one file per backend and setting."""
BUCKETS = [f"bucket_{number}" for number in range(len(EDGES) + 1)]
"""The columns that replace the list column `buckets`."""


@dataclass(frozen=True)
class Records:
    """Records, a row each, and notes on faults of their files."""

    rows: pd.DataFrame
    notes: tuple[str, ...] = ()


def read(paths: Sequence[Path]) -> Records:
    """Return the records in these files and below these folders; raise BadRun where there is none."""
    files = sorted(set(parquet_files(paths or [ATLAS])))
    where = ", ".join(map(str, paths)) if paths else f"{ATLAS.parent.name}/{ATLAS.name}"
    if not files:
        raise BadRun(f"no record of the accuracy atlas in {where}: no file *.parquet")
    loaded = store.load_files(lambda: sorted(set(parquet_files(paths or [ATLAS]))))
    notes = [f"{path.name} is set aside: no whole file of records" for path in loaded.damaged]
    notes += [f"set aside: {error}" for error in loaded.foreign]
    if not len(loaded.table):
        raise BadRun(f"no record of the accuracy atlas in {where}" + (f": {notes[0]}" if notes else ""))
    notes += [f"Computed again with other bits: {subject}" for subject in loaded.nondeterministic]
    return Records(check(flat(loaded.table)), tuple(map(formats.text, notes)))


def parquet_files(paths: Iterable[Path]) -> Iterable[Path]:
    """Yield the files named, and those in the folders named."""
    for path in paths:
        if path.is_dir():
            yield from (file for file in path.rglob("*.parquet") if not file.name.startswith("."))
        elif path.is_file():
            yield path
        elif path != ATLAS:
            raise BadRun(f"{path} is neither a folder nor a file")


def flat(records: Any) -> pd.DataFrame:
    """Return a table with a column per bucket; the short lists of special points stay lists."""
    counts = np.asarray(records.column("buckets").combine_chunks().flatten())
    if len(counts) != len(BUCKETS) * len(records):
        raise BadRun(f"records of another histogram: {len(BUCKETS)} buckets are expected")
    frame: pd.DataFrame = records.drop_columns(["buckets"]).to_pandas()
    return frame.assign(**dict(zip(BUCKETS, counts.reshape(-1, len(BUCKETS)).T, strict=True)))


def check(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table; raise BadRun for values that no record can have."""
    for name, values in (("dtype", tuple(LAYOUTS)), ("direction", DIRECTIONS)):
        for value in frame[name].unique():
            if value not in values:
                raise BadRun(f"records of an unknown {name} {str(value)[:40]!r}")
    top = frame["dtype"].map({name: layout.binades for name, layout in LAYOUTS.items()})
    if ((frame["binade"] < 0) | (frame["binade"] >= top)).any() or (frame["stride"] < 1).any():
        raise BadRun("records of a binade or a stride that cannot be")
    return frame
