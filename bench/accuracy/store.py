"""The store of shard records: a folder to which files are added and in which none is ever changed.

One Parquet file per finished shard, named `<digest of the shard's key>-<digest of its records>.parquet`, written aside,
synced and renamed. So the union of folders is their merge, in any order; a shard that is repeated with the same result
changes nothing; one that is repeated with another result leaves a second file beside the first, and both are kept.
Why files and not a database such as SQLite: what is torn or damaged costs one shard and not the store, merging is
copying, several machines need no lock between them, and a column has a type, is compressed and is what pandas reads.

Digests are over the content, never over Parquet's bytes, which hold the version of their writer.
"""

import contextlib
import hashlib
import json
import os
import re
import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.accuracy.plan import Asked, Choice
from bench.accuracy.record import SCHEMA, Key, Record
from bench.accuracy.shards import Shard
from bench.results import Full

ARROW = {int: pa.int64(), float: pa.float64(), str: pa.string()}
KEYS = tuple(known.name for known in fields(Key))
NAME = re.compile(r"([0-9a-f]{32})-([0-9a-f]{32})\.parquet")
DIGEST, VERSION = b"activation_bench.digest", b"activation_bench.schema"


def arrow_type(hint: Any) -> Any:
    """The column type of a field: a number, text, or a list of numbers."""
    return pa.list_(ARROW[typing.get_args(hint)[0]]) if isinstance(hint, types.GenericAlias) else ARROW[hint]


FORM = pa.schema([(known.name, arrow_type(known.type)) for known in fields(Record)])
"""The columns of `Record`."""


class Damaged(Exception):
    """A file that is not what it was when it was written."""


class Outdated(Exception):
    """A file of another schema."""


@dataclass
class Loaded:
    """All records of some places, in the order of their keys, and what was wrong with the places."""

    table: Any
    """A pyarrow.Table with the columns of `Record`."""
    damaged: list[Path] = field(default_factory=list)
    outdated: list[Path] = field(default_factory=list)
    nondeterministic: list[str] = field(default_factory=list)
    """Subjects with versions and the binades that have more than one record, all of which are in the table."""


def table_of(records: Iterable[Record]) -> Any:
    """Records as a table."""
    return pa.Table.from_pylist([asdict(record) for record in records], FORM)


def records_of(table: Any) -> list[Record]:
    """A table's rows as records."""
    return [record_of(row) for row in table.to_pylist()]


def record_of(row: dict[str, Any]) -> Record:
    """A row as a record."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Record(**values)


def digest_of(table: Any) -> str:
    """Of the content: names, lengths, values, with one NaN."""
    found = hashlib.sha256()
    for name in FORM.names:
        column = table.column(name).combine_chunks()
        found.update(f"{name} {len(column)} ".encode())
        if pa.types.is_list(column.type):
            found.update(pc.list_value_length(column).to_numpy().astype("<i8").tobytes())
            column = column.flatten()
        found.update(plain_bytes(column))
    return found.hexdigest()[:32]


def plain_bytes(column: Any) -> bytes:
    """The values of a flat column, little-endian; text as JSON."""
    if pa.types.is_string(column.type):
        return json.dumps(column.to_pylist()).encode()
    values = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values).astype("<f8")
    return bytes(values.tobytes())


def key_of(shard: Shard, asked: Asked) -> str:
    """The digest of everything that a shard's records depend on."""
    content = {**asdict(shard), **asked._asdict(), "schema": SCHEMA}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def write(folder: Path, shard: Shard, asked: Asked, records: Sequence[Record]) -> Path:
    """Keep a shard's records, one per binade in order; Full where there is no room, with nothing left of it."""
    table = table_of(records)
    path = folder / f"{key_of(shard, asked)}-{digest_of(table)}.parquet"
    if not path.exists():
        put(path, table, use_dictionary=False, write_statistics=False)  # two thirds of the bytes, for 32 rows
    return path


def put(path: Path, table: Any, **options: Any) -> None:
    """Write a table, all of it or nothing, and not before it is on the disk under another name."""
    sink = pa.BufferOutputStream()
    marks = {DIGEST: digest_of(table).encode(), VERSION: str(SCHEMA).encode()}
    pq.write_table(table.replace_schema_metadata(marks), sink, compression="zstd", **options)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with scratch.open("wb") as file:
            file.write(sink.getvalue())
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise Full(f"cannot write to {path.parent}: {error.strerror or error}") from None


def sync_folder(folder: Path) -> None:
    """Make a rename last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> Any:
    """A file's table; Damaged where it is not what was written, Outdated where its schema is another one."""
    try:
        file = pq.ParquetFile(path, memory_map=False)
        marks = file.schema_arrow.metadata or {}
        if marks.get(VERSION, b"").decode() != str(SCHEMA) and VERSION in marks:
            raise Outdated(path)
        table = file.read().replace_schema_metadata().cast(FORM)
        wanted = {marks[DIGEST].decode()} | ({name[2]} if (name := NAME.fullmatch(path.name)) else set())
        intact = wanted == {digest_of(table)}
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise Damaged(path) from error
    if not intact:
        raise Damaged(path)
    return table


def shard_files(folder: Path) -> list[Path]:
    """The shards of a store."""
    return sorted(path for path in folder.glob("*.parquet") if NAME.fullmatch(path.name))


def check(folder: Path) -> tuple[set[str], list[Path]]:
    """The keys of a store's whole shards, and its damaged files. Only reads."""
    done, damaged = set(), []
    for path in shard_files(folder):
        try:
            read(path)
            done.add(path.name[:32])
        except Damaged:
            damaged.append(path)
        except Outdated:
            continue
    return done, damaged


def set_aside(path: Path) -> None:
    """Take a damaged file out of the store, and keep it."""
    path.replace(path.with_name(f"{path.name}.damaged"))


def tidy(folder: Path) -> None:
    """Remove what a killed writer left half-written. For the owner of the folder alone."""
    for scratch in folder.glob(".*.parquet.*"):
        scratch.unlink(missing_ok=True)


def load(paths: Iterable[Path | str]) -> Loaded:
    """Everything in these stores and packed files: each record once, in one order whatever the order of the places."""
    found, tables = Loaded(None), [FORM.empty_table()]
    for place in map(Path, paths):
        for path in sorted(place.glob("*.parquet")) if place.is_dir() else [place]:
            try:
                tables.append(read(path))
            except Damaged:
                found.damaged.append(path)
            except Outdated:
                found.outdated.append(path)
    found.table, found.nondeterministic = united(pa.concat_tables(tables))
    return found


def united(table: Any) -> tuple[Any, list[str]]:
    """Each record once, sorted by key, and what has several."""
    places = table.select(KEYS).append_column("at", pa.array(range(len(table)), pa.int64()))
    groups = places.group_by(list(KEYS)).aggregate([("at", "list")])["at_list"]
    drop, order, told = set[int](), dict[int, str](), dict[str, list[int]]()
    for rows in groups.filter(pc.greater(pc.list_value_length(groups), 1)).to_pylist():
        contents = {digest_of(table.slice(row, 1)): row for row in rows}
        drop |= set(rows) - set(contents.values())
        order |= {row: digest for digest, row in contents.items()}
        if len(contents) > 1:
            first = table.slice(rows[0], 1).to_pylist()[0]
            told.setdefault(named(first), []).append(first["binade"])
    kept = [row for row in range(len(table)) if row not in drop]
    marked = table.append_column("order", pa.array([order.get(row, "") for row in range(len(table))], pa.string()))
    ordered = marked.take(pa.array(kept, pa.int64())).sort_by([(key, "ascending") for key in (*KEYS, "order")])
    return ordered.drop_columns(["order"]).combine_chunks(), [
        f"{name}: binades {spans(binades)}" for name, binades in sorted(told.items())
    ]


def named(row: dict[str, Any]) -> str:
    """The subject of a record, and its versions."""
    subject = "-".join(row[name] for name in ("backend", "activation", "direction", "dtype", "mode"))
    return f"{subject} ({row['version']}, {row['build']}, 1/{row['stride']})"


def spans(numbers: Iterable[int]) -> str:
    """`0-31, 40`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{a}-{b}" if a < b else str(a) for a, b in runs)


def about(table: Any, choice: Choice, asked: dict[str, Asked]) -> Any:
    """The rows that a choice is about, on what was asked for."""
    wanted = {
        **{"activation": [v.id for v in choice.variants()], "stride": [choice.stride], "dtype": choice.dtypes},
        **{"direction": choice.directions, "mode": choice.modes},
    }
    for name, values in wanted.items():
        if values is not None:
            table = table.filter(pc.is_in(table[name], pa.array(values, FORM.field(name).type)))
    return pa.concat_tables(
        [FORM.empty_table()]
        + [
            table.filter(
                (pc.field("backend") == name)
                & (pc.field("version") == has.version)
                & (pc.field("build") == has.build)
                & (pc.field("truth") == has.truth)
            )
            for name, has in asked.items()
        ]
    )
