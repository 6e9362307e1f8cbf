"""Compaction of a store: the shard files of complete subjects become packs, and an interruption loses no record.

A pack is on the disk before the files that it replaces are removed. A record in both counts once, and the next run
removes the duplicate. Only the owner of the store may compact it.
"""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from bench.accuracy import store
from bench.accuracy.inventory import Inventory, SubjectRecords, bits
from bench.accuracy.store import PACK_FILE, PACK_ROWS, SHARD_FILE

MIN_LOOSE_FILES = 64
"""The number of shard files of complete subjects from which packing is worthwhile."""


def compact(stock: Inventory) -> None:
    """Pack the complete subjects, and remove redundant files."""
    remove_redundant(stock, ())
    loose_subjects = [subject for subject in stock.subjects.values() if shards(subject) and subject.is_complete()]
    if sum(len(shards(subject)) for subject in loose_subjects) < MIN_LOOSE_FILES:
        return
    small = {path for path, rows in stock.rows.items() if PACK_FILE.fullmatch(path.name) and rows < PACK_ROWS // 2}
    growing = [subject for subject in stock.subjects.values() if small & set(subject.files) and not shards(subject)]
    for group in groups([*loose_subjects, *growing]):
        remove_redundant(stock, pack(stock, group))


def shards(subject: SubjectRecords) -> list[Path]:
    """Return the shard files of a subject."""
    return [path for path in subject.files if SHARD_FILE.fullmatch(path.name)]


def groups(subjects: list[SubjectRecords]) -> Iterator[list[SubjectRecords]]:
    """Yield the subjects of each pack."""
    sizes = itertools.accumulate(subject.rows for subject in subjects)
    for _, group in itertools.groupby(zip(sizes, subjects, strict=True), key=lambda pair: (pair[0] - 1) // PACK_ROWS):
        yield [subject for _, subject in group]


def pack(stock: Inventory, group: list[SubjectRecords]) -> list[SubjectRecords]:
    """Write the subjects that have each record once as one pack, and return them."""
    tables = [(subject, *subject.table()) for subject in group]
    packed = {id(subject): (subject, table) for subject, table, several in tables if not several}
    if packed:
        whole = pa.concat_tables([table for _, table in packed.values()]).combine_chunks()
        path = store.put_pack(stock.folder, whole)
        stock.rows[path] = len(whole)
        for subject, table in packed.values():
            subject.files[path] = bits(table["binade"].to_pylist())
            subject.rows += len(table)
    return [subject for subject, _ in packed.values()]


def remove_redundant(stock: Inventory, exact: Iterable[SubjectRecords]) -> None:
    """Remove the shard files and packs whose every record is in a pack that stays, the smallest first.

    For the subjects in `exact`, records of one key are known to be the same.
    """
    holders: dict[Path, list[SubjectRecords]] = {}
    for subject in stock.subjects.values():
        for path in subject.files:
            holders.setdefault(path, []).append(subject)
    same = {id(subject): True for subject in exact}
    overlapping = {path for subject in stock.subjects.values() if subject.overlaps for path in subject.files}
    for path in sorted(filter(is_swept, overlapping), key=lambda path: (stock.rows[path], path)):
        if all(is_redundant(path, subject, same) for subject in holders[path]):
            path.unlink()
            del stock.rows[path]
            for subject in holders[path]:
                subject.rows -= subject.files.pop(path).bit_count()


def is_swept(path: Path) -> bool:
    """Return whether a file is one that sweeps write; others belong to the user."""
    return bool(SHARD_FILE.fullmatch(path.name) or PACK_FILE.fullmatch(path.name))


def is_redundant(path: Path, subject: SubjectRecords, same: dict[int, bool]) -> bool:
    """Return whether a subject is complete without this file and all shard files, with the same records."""
    if not subject.is_complete(without={path, *shards(subject)}):
        return False
    if id(subject) not in same:
        same[id(subject)] = not subject.table()[1]
    return same[id(subject)]
