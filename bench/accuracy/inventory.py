"""The inventory of a store, read once per sweep: the binades of each subject, and the figures for the summary.

A subject here is everything but the binade in a record's key: the same function in another setting is another subject.
Only the columns `store.NEEDED` are read, and only sums and the worst error of each subject are kept, so that the
inventory of a store of millions of records fits into memory.
"""

import functools
import operator
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from bench.accuracy import store
from bench.accuracy.form import FORM, SUBJECT
from bench.accuracy.plan import SweepSetting, common_key
from bench.accuracy.record import COUNTS
from bench.accuracy.shards import LAYOUTS, Shard
from bench.accuracy.union import unite

BATCH_RECORDS = 2**13
"""The number of records that are summed together."""
SUMMARY = pa.schema([FORM.field(name) for name in (*SUBJECT, *COUNTS, *store.WORST)])
"""The schema of a row per subject: sums, and the worst error with its input."""
Subject = tuple[Any, ...]
"""The values of SUBJECT's columns."""


@dataclass
class SubjectRecords:
    """The records of one subject in a store."""

    figures: dict[str, Any]
    """A row of SUMMARY, correct while no binade has two records."""
    files: dict[Path, int] = field(default_factory=dict)
    """The binades in each file, as the bits of an integer."""
    rows: int = 0
    """The number of records in all files."""

    @property
    def binades(self) -> int:
        """The binades in all files, as the bits of an integer."""
        return functools.reduce(operator.or_, self.files.values(), 0)

    @property
    def overlaps(self) -> bool:
        """Whether a binade has several records."""
        return self.rows != self.binades.bit_count()

    def is_complete(self, without: Container[Path] = ()) -> bool:
        """Return whether every binade of the format is there, even without some files."""
        sets = (binades for path, binades in self.files.items() if path not in without)
        return bits(range(LAYOUTS[self.figures["dtype"]].binades)) == functools.reduce(operator.or_, sets, 0)

    def table(self) -> tuple[Any, list[str]]:
        """Read and return the records, each once, and a line for each subject that has several of one binade."""
        return unite(pa.concat_tables([of_subject(store.read(path), self) for path in self.files]))


class Inventory:
    """The contents of a store. A file that is added to the store has to be added here too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.subjects: dict[Subject, SubjectRecords] = {}
        self.rows: dict[Path, int] = {}
        """The number of records in each file."""
        self.damaged: list[Path] = []
        self.foreign: list[store.ForeignSchema] = []

    def holds(self, shard: Shard, sweep_setting: SweepSetting) -> bool:
        """Return whether the store holds all binades of a shard."""
        records = self.subjects.get(subject_of(common_key(shard, sweep_setting)))
        needed = bits(shard.binades)
        return records is not None and records.binades & needed == needed

    def add(self, tables: dict[Path, Any]) -> None:
        """Add the records of whole files."""
        new = {path: table for path, table in tables.items() if path not in self.rows}
        self.rows |= {path: len(table) for path, table in new.items()}
        paths, numbered = list(new), []
        for number, table in enumerate(new.values()):
            file = pa.array([number] * len(table), pa.int32())
            numbered.append(table.select(store.NEEDED).append_column("file", file))
        for row in sums(pa.concat_tables(numbered)) if numbered else ():
            records = self.subjects.setdefault(subject_of(row), SubjectRecords(dict(row)))
            if records.files:
                records.figures = join_figures(records.figures, row)
            records.files[paths[row["file"]]] = bits(row["binade_list"])
            records.rows += len(row["binade_list"])

    def summary(self, shards: Iterable[Shard], settings: dict[str, SweepSetting]) -> tuple[Any, list[str]]:
        """Return a table of SUMMARY for the subjects of these shards, and those that were not deterministic."""
        subjects = dict.fromkeys(subject_of(common_key(shard, settings[shard.subject.backend])) for shard in shards)
        rows, several = list[dict[str, Any]](), list[str]()
        for records in filter(None, map(self.subjects.get, subjects)):
            if records.overlaps:
                table, lines = records.table()
                rows += sums(table.append_column("file", pa.array([0] * len(table), pa.int32())))
                several += lines
            else:
                rows.append(records.figures)
        return pa.Table.from_pylist(rows, SUMMARY), sorted(several)


def read(folder: Path, files: Iterable[Path] | None = None) -> Inventory:
    """Return the inventory of a store, or of some of its files. Changes no file."""
    inventory, batch = Inventory(folder), dict[Path, Any]()
    for path in store.files_of(folder) if files is None else files:
        try:
            batch[path] = store.read_needed(path)
        except store.Damaged:
            inventory.damaged.append(path)
        except store.ForeignSchema as error:
            inventory.foreign.append(error)
        if sum(map(len, batch.values())) >= BATCH_RECORDS:
            inventory.add(batch)
            batch = {}
    inventory.add(batch)
    return inventory


def subject_of(row: dict[str, Any]) -> Subject:
    """Return the values of SUBJECT's columns in a row."""
    return tuple(row[name] for name in SUBJECT)


def of_subject(table: Any, records: SubjectRecords) -> Any:
    """Return the records of a subject in a table."""
    return table.filter(functools.reduce(operator.and_, (pc.field(n) == records.figures[n] for n in SUBJECT)))


def bits(numbers: Iterable[int]) -> int:
    """Return an integer with these bits set."""
    return functools.reduce(operator.or_, (1 << number for number in numbers), 0)


def sums(table: Any) -> list[dict[str, Any]]:
    """Return a row per subject and file: sums, the worst error with its input, and the list of binades."""
    order = pc.sort_indices(table, [("worst_ulp", "descending")])  # NaN, no error, comes last
    figures = [*((name, "sum") for name in COUNTS), *((name, "first") for name in store.WORST), ("binade", "list")]
    groups = table.take(order).group_by([*SUBJECT, "file"], use_threads=False).aggregate(figures)
    plain = {f"{name}_{kind}": name for name, kind in figures if kind != "list"}
    return groups.rename_columns([plain.get(name, name) for name in groups.column_names]).to_pylist()  # type: ignore[no-any-return]


def join_figures(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the combined figures of two parts of a subject."""
    worse = other if other["worst_ulp"] > one["worst_ulp"] or one["worst_ulp"] != one["worst_ulp"] else one
    return one | {name: one[name] + other[name] for name in COUNTS} | {name: worse[name] for name in store.WORST}
