"""What a store holds, read once per sweep: which binades of which subjects, and what the summary says of each.

A subject here is everything but the binade in a record's key: the same function in another setting is another one.
Of a record only the columns `store.NEEDED` are read, and of those only sums and the worst error of a subject are kept:
a store of millions of records fits into memory.
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
from bench.accuracy.plan import Asked, common_key
from bench.accuracy.record import COUNTS
from bench.accuracy.shards import LAYOUTS, Shard
from bench.accuracy.union import united

AT_ONCE = 2**13
"""Records that are summed together."""
SUMMARY = pa.schema([FORM.field(name) for name in (*SUBJECT, *COUNTS, *store.WORST)])
"""A row per subject: sums, and the worst error with its input."""
Subject = tuple[Any, ...]
"""The values of SUBJECT's columns."""


@dataclass
class Held:
    """What there is of one subject."""

    figures: dict[str, Any]
    """A row of SUMMARY, true while no binade is held twice."""
    files: dict[Path, int] = field(default_factory=dict)
    """The binades in each file, as bits of a number."""
    rows: int = 0
    """Records in all files."""

    @property
    def binades(self) -> int:
        """Those of all files, as bits of a number."""
        return functools.reduce(operator.or_, self.files.values(), 0)

    @property
    def overlaps(self) -> bool:
        """Whether a binade has several records."""
        return self.rows != self.binades.bit_count()

    def is_complete(self, without: Container[Path] = ()) -> bool:
        """Whether every binade of the format is there, even without some files."""
        kept = (held for path, held in self.files.items() if path not in without)
        return bits(range(LAYOUTS[self.figures["dtype"]].binades)) == functools.reduce(operator.or_, kept, 0)

    def table(self) -> tuple[Any, list[str]]:
        """Return its records, each once, read from its files, and what has several."""
        return united(pa.concat_tables([of_subject(store.read(path), self) for path in self.files]))


class Inventory:
    """What a store holds. Whoever adds files to the store adds them here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.subjects: dict[Subject, Held] = {}
        self.rows: dict[Path, int] = {}
        """Records in each file."""
        self.damaged: list[Path] = []
        self.foreign: list[store.ForeignSchema] = []

    def holds(self, shard: Shard, asked: Asked) -> bool:
        """Whether all binades of a shard are there."""
        found = self.subjects.get(subject_of(common_key(shard, asked)))
        wanted = bits(shard.binades)
        return found is not None and found.binades & wanted == wanted

    def add(self, tables: dict[Path, Any]) -> None:
        """Take in the records of whole files."""
        new = {path: table for path, table in tables.items() if path not in self.rows}
        self.rows |= {path: len(table) for path, table in new.items()}
        paths, named = list(new), []
        for number, table in enumerate(new.values()):
            file = pa.array([number] * len(table), pa.int32())
            named.append(table.select(store.NEEDED).append_column("file", file))
        for row in sums(pa.concat_tables(named)) if named else ():
            own = self.subjects.setdefault(subject_of(row), Held(dict(row)))
            if own.files:
                own.figures = joined(own.figures, row)
            own.files[paths[row["file"]]] = bits(row["binade_list"])
            own.rows += len(row["binade_list"])

    def summary(self, shards: Iterable[Shard], asked: dict[str, Asked]) -> tuple[Any, list[str]]:
        """Return a table of SUMMARY of the subjects of these shards, and which of them were not deterministic."""
        subjects = dict.fromkeys(subject_of(common_key(shard, asked[shard.subject.backend])) for shard in shards)
        rows, several = list[dict[str, Any]](), list[str]()
        for own in filter(None, map(self.subjects.get, subjects)):
            if own.overlaps:
                table, lines = own.table()
                rows += sums(table.append_column("file", pa.array([0] * len(table), pa.int32())))
                several += lines
            else:
                rows.append(own.figures)
        return pa.Table.from_pylist(rows, SUMMARY), sorted(several)


def read(folder: Path, files: Iterable[Path] | None = None) -> Inventory:
    """Return what a store holds, or some of its files. Only reads."""
    found, batch = Inventory(folder), dict[Path, Any]()
    for path in store.files_of(folder) if files is None else files:
        try:
            batch[path] = store.read_needed(path)
        except store.Damaged:
            found.damaged.append(path)
        except store.ForeignSchema as error:
            found.foreign.append(error)
        if sum(map(len, batch.values())) >= AT_ONCE:
            found.add(batch)
            batch = {}
    found.add(batch)
    return found


def subject_of(row: dict[str, Any]) -> Subject:
    """Return the values of SUBJECT's columns."""
    return tuple(row[name] for name in SUBJECT)


def of_subject(table: Any, subject: Held) -> Any:
    """Return the records of a subject."""
    return table.filter(functools.reduce(operator.and_, (pc.field(n) == subject.figures[n] for n in SUBJECT)))


def bits(numbers: Iterable[int]) -> int:
    """Return a number with these bits set."""
    return functools.reduce(operator.or_, (1 << number for number in numbers), 0)


def sums(table: Any) -> list[dict[str, Any]]:
    """Return a row per subject and file: sums, the worst error with its input, and the list of binades."""
    order = pc.sort_indices(table, [("worst_ulp", "descending")])  # NaN, no error, comes last
    figures = [*((name, "sum") for name in COUNTS), *((name, "first") for name in store.WORST), ("binade", "list")]
    groups = table.take(order).group_by([*SUBJECT, "file"], use_threads=False).aggregate(figures)
    plain = {f"{name}_{kind}": name for name, kind in figures if kind != "list"}
    return groups.rename_columns([plain.get(name, name) for name in groups.column_names]).to_pylist()  # type: ignore[no-any-return]


def joined(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of two parts of a subject."""
    worse = other if other["worst_ulp"] > one["worst_ulp"] or one["worst_ulp"] != one["worst_ulp"] else one
    return one | {name: one[name] + other[name] for name in COUNTS} | {name: worse[name] for name in store.WORST}
