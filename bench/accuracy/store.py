"""The store of shard records: a folder to which files are added and in which none is ever changed.

One Parquet file per finished shard, named `<digest of the shard's key>-<digest of its records>.parquet`, written aside,
synced and renamed. So the union of folders is their merge, in any order; a shard that is repeated with the same result
changes nothing; one that is repeated with another result leaves a second file beside the first, and both are kept.
Why files and not a database such as SQLite: what is torn or damaged costs one shard and not the store, merging is
copying, several machines need no lock between them, and a column has a type, is compressed and is what pandas reads.

Digests are over the content, never over Parquet's bytes, which hold the version of their writer.
"""

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.accuracy import migrate
from bench.accuracy.form import FORM, digest_of
from bench.accuracy.plan import Asked, key_of
from bench.accuracy.record import SCHEMA
from bench.accuracy.shards import Shard
from bench.accuracy.union import united
from bench.results import Full

SHARD_FILE = re.compile(r"([0-9a-f]{32})-([0-9a-f]{32})\.parquet")
DIGEST, VERSION = b"activation_bench.digest", b"activation_bench.schema"


class Damaged(Exception):
    """A file that is not what it was when it was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged")


class ForeignSchema(Exception):
    """A file of a schema that is not read here."""

    def __init__(self, path: Path, schema: str) -> None:
        known = " and ".join(map(str, migrate.FORMS))
        super().__init__(f"{path} holds records of schema {schema[:20]!r}; schemas {known} are read here")
        self.path = path


@dataclass
class Loaded:
    """All records of some places, in the order of their keys, and what was wrong with the places."""

    table: Any
    """A pyarrow.Table with the columns of `Record`."""
    damaged: list[Path] = field(default_factory=list)
    foreign: list[ForeignSchema] = field(default_factory=list)
    nondeterministic: list[str] = field(default_factory=list)
    """Subjects with their settings and the binades that have more than one record, all of which are in the table."""


def write(folder: Path, shard: Shard, asked: Asked, table: Any) -> Path:
    """Keep a shard's records, one per binade in order; Full where there is no room, with nothing left of it."""
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


def schema_of(path: Path, marks: dict[bytes, bytes]) -> int:
    """Return the schema that a file is marked with; ForeignSchema where it is none of those that are read here."""
    written = marks[VERSION].decode(errors="replace")
    if written not in map(str, migrate.FORMS):
        raise ForeignSchema(path, written)
    return int(written)


def read(path: Path) -> Any:
    """Return a file's table in today's form."""
    return read_with_schema(path)[1]


def read_with_schema(path: Path) -> tuple[int, Any]:
    """Return the schema that a file was written in, and its table in today's form.

    Raises Damaged where it is not what was written, ForeignSchema where its schema is not read here.
    """
    try:
        file = pq.ParquetFile(path, memory_map=False)
        marks = file.schema_arrow.metadata or {}
        schema = schema_of(path, marks)
        table = file.read().replace_schema_metadata().cast(migrate.FORMS[schema])
        wanted = {marks[DIGEST].decode()} | ({name[2]} if (name := SHARD_FILE.fullmatch(path.name)) else set())
        intact = wanted == {digest_of(table)}
        migrated = migrate.migrated(table, schema)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise Damaged(path) from error
    if not intact:
        raise Damaged(path)
    return schema, migrated


def shard_files(folder: Path) -> list[Path]:
    """The shards of a store."""
    return sorted(path for path in folder.glob("*.parquet") if SHARD_FILE.fullmatch(path.name))


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
            except ForeignSchema as error:
                found.foreign.append(error)
    found.table, found.nondeterministic = united(pa.concat_tables(tables))
    return found
