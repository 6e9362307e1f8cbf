"""Compact a store: the shard files of complete subjects become packs, and nothing is lost whenever that is cut short.

A pack is on the disk before a file that it replaces goes. What is in both counts once, and goes with the next run. For
the owner of the store alone.
"""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from bench.accuracy import store
from bench.accuracy.inventory import Held, Inventory, bits
from bench.accuracy.store import PACK_FILE, PACK_ROWS, SHARD_FILE

LOOSE = 64
"""Shard files of complete subjects from which packing is worth it."""


def compact(stock: Inventory) -> None:
    """Pack what is complete, and remove what is there twice."""
    remove_redundant(stock, ())
    loose = [own for own in stock.subjects.values() if shards(own) and own.is_complete()]
    if sum(len(shards(own)) for own in loose) < LOOSE:
        return
    small = {path for path, rows in stock.rows.items() if PACK_FILE.fullmatch(path.name) and rows < PACK_ROWS // 2}
    again = [own for own in stock.subjects.values() if small & set(own.files) and not shards(own)]
    for group in groups([*loose, *again]):
        remove_redundant(stock, pack(stock, group))


def shards(own: Held) -> list[Path]:
    """The shard files of a subject."""
    return [path for path in own.files if SHARD_FILE.fullmatch(path.name)]


def groups(subjects: list[Held]) -> Iterator[list[Held]]:
    """Subjects by packs."""
    sizes = itertools.accumulate(own.rows for own in subjects)
    for _, group in itertools.groupby(zip(sizes, subjects, strict=True), key=lambda pair: (pair[0] - 1) // PACK_ROWS):
        yield [own for _, own in group]


def pack(stock: Inventory, group: list[Held]) -> list[Held]:
    """Write the subjects that have each record once as one pack, and return them."""
    found = [(own, *own.table()) for own in group]
    packed = {id(own): (own, table) for own, table, several in found if not several}
    if packed:
        whole = pa.concat_tables([table for _, table in packed.values()]).combine_chunks()
        path = store.put_pack(stock.folder, whole)
        stock.rows[path] = len(whole)
        for own, table in packed.values():
            own.files[path] = bits(table["binade"].to_pylist())
            own.rows += len(table)
    return [own for own, _ in packed.values()]


def remove_redundant(stock: Inventory, exact: Iterable[Held]) -> None:
    """Remove the shard files and packs whose every record is in a pack that stays, the smallest first.

    Of the subjects in `exact`, records of one key are known to be the same.
    """
    holders: dict[Path, list[Held]] = {}
    for own in stock.subjects.values():
        for path in own.files:
            holders.setdefault(path, []).append(own)
    same = {id(own): True for own in exact}
    twice = {path for own in stock.subjects.values() if own.overlaps for path in own.files}
    for path in sorted(filter(is_swept, twice), key=lambda path: (stock.rows[path], path)):
        if all(is_redundant(path, own, same) for own in holders[path]):
            path.unlink()
            del stock.rows[path]
            for own in holders[path]:
                own.rows -= own.files.pop(path).bit_count()


def is_swept(path: Path) -> bool:
    """Whether a file is one that sweeps write: others are their owner's."""
    return bool(SHARD_FILE.fullmatch(path.name) or PACK_FILE.fullmatch(path.name))


def is_redundant(path: Path, own: Held, same: dict[int, bool]) -> bool:
    """Whether a subject is complete in other files than shards and this one, with the same records."""
    if not own.is_complete(without={path, *shards(own)}):
        return False
    if id(own) not in same:
        same[id(own)] = not own.table()[1]
    return same[id(own)]
