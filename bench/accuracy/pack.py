"""The packed form of complete results: one Parquet file per backend and setting."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.accuracy import store
from bench.accuracy.form import FORM, SUBJECT
from bench.accuracy.shards import LAYOUTS
from bench.accuracy.union import subject_label
from bench.core.setting import Setting

FILE_COLUMNS = ("backend", "version", "build", "vendor", "instruction_set", "threads")
"""The columns that all records of a packed file share: the backend and the setting."""


def pack(places: Sequence[Path], folder: Path) -> tuple[list[Path], list[str]]:
    """Write the complete subjects of stores or packed files; return the paths and the reasons for leaving subjects out.

    The bytes are the same for the same records. A file of the same backend and setting in the folder is replaced: pass
    it among the places to keep its records.
    """
    loaded = store.load(places)
    table, left_out = complete(loaded.table)
    faults = [f"{path} is damaged" for path in loaded.damaged] + [str(error) for error in loaded.foreign]
    folder.mkdir(parents=True, exist_ok=True)
    return write(table, folder), faults + left_out


def write(table: Any, folder: Path) -> list[Path]:
    """Write the records of each backend and setting as one file, and return the paths."""
    written = []
    groups = table.group_by(list(FILE_COLUMNS)).aggregate([]).sort_by([(name, "ascending") for name in FILE_COLUMNS])
    for group in groups.to_pylist():
        chosen = table
        for name in FILE_COLUMNS:
            chosen = chosen.filter(pc.field(name) == group[name])
        path = folder / file_name(group.pop("backend"), Setting(**group))
        store.put(path, chosen.combine_chunks(), row_group_size=2**16)
        written.append(path)
    return written


def file_name(backend: str, setting: Setting) -> str:
    """Return the name of a packed file: `torch-2.13.0-cpu-amd-avx512_bf16.parquet`."""
    build = [setting.build] if setting.build != "release" else []
    threads = [f"{setting.threads}threads"] if setting.threads != 1 else []
    parts = "-".join([backend, setting.version, *build, setting.processor, *threads])
    return re.sub(r"[^\w.+-]", "_", parts) + ".parquet"


def complete(table: Any) -> tuple[Any, list[str]]:
    """Return the rows of the subjects that have each binade exactly once, and a line for each other subject."""
    groups = table.group_by(list(SUBJECT)).aggregate([("binade", "count"), ("binade", "count_distinct")]).to_pylist()
    good, bad = [], []
    for group in groups:
        rows, binades, expected = group["binade_count"], group["binade_count_distinct"], LAYOUTS[group["dtype"]].binades
        if rows == binades == expected:
            good.append(group)
        elif rows > binades:
            bad.append(f"{subject_label(group)} is not deterministic")
        else:
            bad.append(f"{subject_label(group)} has {binades} of {expected} binades")
    form = pa.schema([FORM.field(name) for name in SUBJECT])
    chosen = pa.Table.from_pylist([{name: group[name] for name in SUBJECT} for group in good], form)
    numbered = table.select(SUBJECT).append_column("at", pa.array(range(len(table)), pa.int64()))
    places = pc.sort_indices(
        joined := numbered.join(chosen, list(SUBJECT), join_type="left semi"), [("at", "ascending")]
    )
    return table.take(joined["at"].take(places)), sorted(bad)
