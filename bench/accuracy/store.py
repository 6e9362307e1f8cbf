"""The store of shard records: a folder to which files are added and in which none is ever changed.

One Parquet file per finished shard, named `<digest of the shard's key>-<digest of its records>.parquet`, written aside,
synced and renamed. So the union of folders is their merge, in any order; a shard that is repeated with the same result
changes nothing; one that is repeated with another result leaves a second file beside the first, and both are kept.
Why files and not a database such as SQLite: what is torn or damaged costs one shard and not the store, merging is
copying, several machines need no lock between them, and a column has a type, is compressed and is what pandas reads.
Files of complete subjects are put together into packs of PACK_ROWS records (`compact.py`), since a small file costs
some ms and kB of its own.

Digests are over the content, never over Parquet's bytes, which hold the version of their writer.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.accuracy import migrate
from bench.accuracy.form import FORM, KEYS, digest_of
from bench.accuracy.plan import Asked, key_of
from bench.accuracy.record import COUNTS, SCHEMA
from bench.accuracy.shards import Shard
from bench.accuracy.union import united
from bench.results import Full

WORST = ("worst_ulp", "worst_bits", "worst_got", "worst_truth")
NEEDED = (*KEYS, *COUNTS, *WORST)
"""The columns that a sweep goes by."""
SHARD_FILE = re.compile(r"([0-9a-f]{32})-([0-9a-f]{32})\.parquet")
PACK_FILE = re.compile(r"packed-([0-9a-f]{32})\.parquet")
"""Complete subjects of a store in one file, whose name holds a digest of its bytes: any column is trusted without the
others."""
PACK_ROWS = 2**13
"""Records of a pack: as many are computed again where it is damaged."""
LISTINGS = 5
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
    put_bytes(path, encoded(table, **options))


def put_pack(folder: Path, table: Any) -> Path:
    """Write a table as a pack of a store, and return its path."""
    content = encoded(table)
    path = folder / f"packed-{hashlib.sha256(content).hexdigest()[:32]}.parquet"
    put_bytes(path, content)
    return path


def encoded(table: Any, **options: Any) -> Any:
    """Return the bytes of a Parquet file, marked with its schema and the digest of its content."""
    sink = pa.BufferOutputStream()
    marks = {DIGEST: digest_of(table).encode(), VERSION: str(SCHEMA).encode()}
    pq.write_table(table.replace_schema_metadata(marks), sink, compression="zstd", **options)
    return sink.getvalue()


def put_bytes(path: Path, content: Any) -> None:
    """Write a file, all of it or nothing, and not before it is on the disk under another name."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with scratch.open("wb") as file:
            file.write(content)
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


def read_needed(path: Path) -> Any:
    """Return the columns NEEDED of a file; of a pack, nothing else is decoded."""
    name = PACK_FILE.fullmatch(path.name)
    if not name:
        return read(path).select(NEEDED)
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest()[:32] != name[1]:
            raise Damaged(path)
        file = pq.ParquetFile(pa.BufferReader(content))
        schema = schema_of(path, file.schema_arrow.metadata or {})
        return file.read(columns=list(NEEDED)).replace_schema_metadata() if schema == SCHEMA else read(path)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise Damaged(path) from error


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
    places = tuple(map(Path, paths))
    return load_files(lambda: [path for place in places for path in files_of(place)])


def files_of(place: Path) -> list[Path]:
    """The files of records in a folder, or a file itself."""
    return sorted(place.glob("*.parquet")) if place.is_dir() else [place]


def load_files(listed: Callable[[], Iterable[Path]]) -> Loaded:
    """Everything in the files that are listed; they are listed again where one has gone into a pack meanwhile."""
    for _ in range(LISTINGS):
        with contextlib.suppress(FileNotFoundError):
            return _load(listed())
    return _load(path for path in listed() if path.exists())


def _load(paths: Iterable[Path]) -> Loaded:
    found, tables = Loaded(None), [FORM.empty_table()]
    for path in paths:
        try:
            tables.append(read(path))
        except Damaged:
            if SHARD_FILE.fullmatch(path.name) and not path.exists():
                raise FileNotFoundError(path) from None
            found.damaged.append(path)
        except ForeignSchema as error:
            found.foreign.append(error)
    found.table, found.nondeterministic = united(pa.concat_tables(tables))
    return found
