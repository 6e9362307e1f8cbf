"""The store of shard records: a folder to which files are added and in which none is ever changed.

There is one Parquet file per finished shard, named `<digest of the shard's key>-<digest of its records>.parquet`,
written under a temporary name, synced and renamed. So folders are merged by copying, in any order; a shard that is
repeated with the same result changes nothing; one that is repeated with another result adds a second file, and both are
kept. Files are used rather than a database such as SQLite because a torn or damaged file costs one shard and not the
store, merging is copying, several machines need no lock between them, and columns are typed, compressed and readable by
pandas. Files of complete subjects are combined into packs of PACK_ROWS records (`compact.py`), since a small file costs
some ms and kB of its own.

Digests cover the content, never Parquet's bytes, which hold the version of their writer.
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
from bench.accuracy.plan import SweepSetting, key_of
from bench.accuracy.record import COUNTS, SCHEMA
from bench.accuracy.shards import Shard
from bench.accuracy.union import unite
from bench.core.results import Full

WORST = ("worst_ulp", "worst_bits", "worst_got", "worst_truth")
NEEDED = (*KEYS, *COUNTS, *WORST)
"""The columns that a sweep reads."""
SHARD_FILE = re.compile(r"([0-9a-f]{32})-([0-9a-f]{32})\.parquet")
PACK_FILE = re.compile(r"packed-([0-9a-f]{32})\.parquet")
"""Complete subjects of a store in one file. Its name holds a digest of its bytes, so any column is trusted without the
others."""
PACK_ROWS = 2**13
"""The number of records in a pack: as many are computed again if it is damaged."""
LISTING_ATTEMPTS = 5
DIGEST, VERSION = b"activation_bench.digest", b"activation_bench.schema"


class Damaged(Exception):
    """Raised for a file that differs from what was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is damaged")


class ForeignSchema(Exception):
    """Raised for a file whose schema cannot be read here."""

    def __init__(self, path: Path, schema: str) -> None:
        schemas = " and ".join(map(str, migrate.FORMS))
        super().__init__(f"{path} holds records of schema {schema[:20]!r}; schemas {schemas} are read here")
        self.path = path


@dataclass
class Loaded:
    """All records of some stores and packed files, in the order of their keys, and the faults of the files."""

    table: Any
    """A pyarrow.Table with the columns of `Record`."""
    damaged: list[Path] = field(default_factory=list)
    foreign: list[ForeignSchema] = field(default_factory=list)
    nondeterministic: list[str] = field(default_factory=list)
    """The subjects, settings and binades with more than one record; the table holds all of them."""


def write(folder: Path, shard: Shard, sweep_setting: SweepSetting, table: Any) -> Path:
    """Write a shard's records, one per binade in order; raise Full, with no partial file left, if the disk is full."""
    path = folder / f"{key_of(shard, sweep_setting)}-{digest_of(table)}.parquet"
    if not path.exists():
        put(path, table, use_dictionary=False, write_statistics=False)  # two thirds of the bytes, for 32 rows
    return path


def put(path: Path, table: Any, **options: Any) -> None:
    """Write a table atomically: under a temporary name, synced, then renamed."""
    put_bytes(path, encode(table, **options))


def put_pack(folder: Path, table: Any) -> Path:
    """Write a table as a pack of a store, and return its path."""
    content = encode(table)
    path = folder / f"packed-{hashlib.sha256(content).hexdigest()[:32]}.parquet"
    put_bytes(path, content)
    return path


def encode(table: Any, **options: Any) -> Any:
    """Return a table as the bytes of a Parquet file, marked with its schema and the digest of its content."""
    sink = pa.BufferOutputStream()
    marks = {DIGEST: digest_of(table).encode(), VERSION: str(SCHEMA).encode()}
    pq.write_table(table.replace_schema_metadata(marks), sink, compression="zstd", **options)
    return sink.getvalue()


def put_bytes(path: Path, content: Any) -> None:
    """Write a file atomically: under a temporary name, synced, then renamed."""
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
    """Sync a folder, so that a rename in it persists."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def schema_of(path: Path, marks: dict[bytes, bytes]) -> int:
    """Return the schema that a file is marked with; raise ForeignSchema if it cannot be read here."""
    written = marks[VERSION].decode(errors="replace")
    if written not in map(str, migrate.FORMS):
        raise ForeignSchema(path, written)
    return int(written)


def read(path: Path) -> Any:
    """Return a file's table in the current schema."""
    return read_with_schema(path)[1]


def read_with_schema(path: Path) -> tuple[int, Any]:
    """Return the schema that a file was written in, and its table in the current schema.

    Raises Damaged if the file differs from what was written, and ForeignSchema if its schema cannot be read here.
    """
    try:
        file = pq.ParquetFile(path, memory_map=False)
        marks = file.schema_arrow.metadata or {}
        schema = schema_of(path, marks)
        table = file.read().replace_schema_metadata().cast(migrate.FORMS[schema])
        digests = {marks[DIGEST].decode()} | ({name[2]} if (name := SHARD_FILE.fullmatch(path.name)) else set())
        intact = digests == {digest_of(table)}
        current = migrate.migrate_table(table, schema)
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise Damaged(path) from error
    if not intact:
        raise Damaged(path)
    return schema, current


def read_needed(path: Path) -> Any:
    """Return the columns NEEDED of a file; of a pack, no other column is decoded."""
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


def set_aside(path: Path) -> None:
    """Rename a damaged file, so that it is no longer part of the store but still there."""
    path.replace(path.with_name(f"{path.name}.damaged"))


def tidy(folder: Path) -> None:
    """Remove the partial files of killed writers. Only the owner of the folder may call this."""
    for scratch in folder.glob(".*.parquet.*"):
        scratch.unlink(missing_ok=True)


def load(paths: Iterable[Path | str]) -> Loaded:
    """Return the records of stores and packed files, each once, in the same order whatever the order of the paths."""
    places = tuple(map(Path, paths))
    return load_files(lambda: [path for place in places for path in files_of(place)])


def files_of(place: Path) -> list[Path]:
    """Return the record files in a folder, or the file itself if the path is one."""
    return sorted(place.glob("*.parquet")) if place.is_dir() else [place]


def load_files(list_files: Callable[[], Iterable[Path]]) -> Loaded:
    """Return the records in the listed files; list them again if one was packed meanwhile."""
    for _ in range(LISTING_ATTEMPTS):
        with contextlib.suppress(FileNotFoundError):
            return _load(list_files())
    return _load(path for path in list_files() if path.exists())


def _load(paths: Iterable[Path]) -> Loaded:
    loaded, tables = Loaded(None), [FORM.empty_table()]
    for path in paths:
        try:
            tables.append(read(path))
        except Damaged:
            if SHARD_FILE.fullmatch(path.name) and not path.exists():
                raise FileNotFoundError(path) from None
            loaded.damaged.append(path)
        except ForeignSchema as error:
            loaded.foreign.append(error)
    loaded.table, loaded.nondeterministic = unite(pa.concat_tables(tables))
    return loaded
