"""The compact form of complete results: one Parquet file per backend and version."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.accuracy import store
from bench.accuracy.shards import LAYOUTS

SUBJECT = tuple(name for name in store.KEYS if name != "binade")


def pack(places: Sequence[Path], folder: Path) -> tuple[list[Path], list[str]]:
    """Write the complete subjects of these stores and packed files; what was written, and what was left out and why.

    The bytes are the same for the same records. A file of the same backend and version that is in the folder is
    replaced: name it among the places to keep what it holds.
    """
    loaded = store.load(places)
    table, left_out = complete(loaded.table)
    told = [f"{path} is damaged" for path in loaded.damaged] + [
        f"{path} has another schema" for path in loaded.outdated
    ]
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for group in (
        table.group_by(["backend", "version"])
        .aggregate([])
        .sort_by([("backend", "ascending"), ("version", "ascending")])
        .to_pylist()
    ):
        mine = table.filter((pc.field("backend") == group["backend"]) & (pc.field("version") == group["version"]))
        path = folder / f"{group['backend']}-{group['version']}.parquet"
        store.put(path, mine.combine_chunks(), row_group_size=2**16)
        written.append(path)
    return written, told + left_out


def complete(table: Any) -> tuple[Any, list[str]]:
    """The rows of the subjects that have each binade exactly once, and what is wrong with the others."""
    groups = table.group_by(list(SUBJECT)).aggregate([("binade", "count"), ("binade", "count_distinct")]).to_pylist()
    good, bad = [], []
    for group in groups:
        rows, binades, wanted = group["binade_count"], group["binade_count_distinct"], LAYOUTS[group["dtype"]].binades
        if rows == binades == wanted:
            good.append(group)
        elif rows > binades:
            bad.append(f"{store.named(group)} is not deterministic")
        else:
            bad.append(f"{store.named(group)} has {binades} of {wanted} binades")
    form = pa.schema([store.FORM.field(name) for name in SUBJECT])
    chosen = pa.Table.from_pylist([{name: group[name] for name in SUBJECT} for group in good], form)
    numbered = table.select(SUBJECT).append_column("at", pa.array(range(len(table)), pa.int64()))
    places = pc.sort_indices(
        joined := numbered.join(chosen, list(SUBJECT), join_type="left semi"), [("at", "ascending")]
    )
    return table.take(joined["at"].take(places)), sorted(bad)
