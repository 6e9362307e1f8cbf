"""How many elements a case has, and how they lie in rows: what is typed, and what it stands for."""

import re
from collections.abc import Iterator, Sequence

from backends.spelling import shown

ROW, BINARY_ROW = 1000, 1024
"""Length of the last axis of a rowwise or gated activation's input; of one with a power of two of elements."""
LARGEST = 2**40
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:[eE]\+?\d{1,2})?)(|k|M|G|Ki|Mi|Gi)", re.ASCII)
POWER = re.compile(r"(\d{1,4})(?:\^|\*\*)(\d{1,2})", re.ASCII)

Layout = tuple[int, int]
"""Elements, and the length of a row; 0 for the usual length."""


def count(text: str) -> int:
    """Return the number that `1000`, `1e6`, `2^20`, `1M` or `64Ki` spells; 0 for what is no whole number above 0."""
    if power := POWER.fullmatch(text.strip()):
        found = int(power[1]) ** int(power[2])
    elif (number := NUMBER.fullmatch(text.strip())) and len(text) < 30:
        value = float(number[1]) * UNITS[number[2]]
        found = int(value) if value.is_integer() else 0
    else:
        found = 0
    return found if found <= LARGEST else 0


def counts(texts: Sequence[str] | None, option: str, example: str) -> tuple[int, ...] | None:
    """Return the numbers of a list; LookupError for what is none."""
    if not texts:
        return None
    found = tuple(map(count, texts))
    if not all(found):
        raise LookupError(f"unknown {option} {shown(','.join(texts))} (choose numbers of elements, such as {example})")
    return tuple(dict.fromkeys(found))


def shapes(texts: Sequence[str] | None) -> tuple[tuple[int, int], ...] | None:
    """Return the matrices in `4096x4096`, rows by their length; LookupError for what is none."""
    found = []
    for text in texts or ():
        parts = [count(part) for part in text.split("x")]
        if len(parts) != 2 or not all(parts) or parts[0] * parts[1] > LARGEST:
            raise LookupError(f"unknown shape {shown(text)} (choose rows x their length, such as 4096x4096)")
        found.append((parts[0], parts[1]))
    return tuple(dict.fromkeys(found)) or None


def usual_row(size: int) -> int:
    """Return the usual length of a row: all of a small size, else 1000, or 1024 where the size is a power of two."""
    return min(size, BINARY_ROW if is_power_of_two(size) else ROW)


def is_power_of_two(size: int) -> bool:
    """Whether a size is one; 1 has no halves, and does not count."""
    return size > 1 and size & (size - 1) == 0


def in_rows(size: int, row: int) -> Layout:
    """Return as many rows of a length as a size holds, one at least."""
    size = max(1, size // row) * row if row else size
    return size, 0 if row == usual_row(size) else row


def layouts(
    sizes: Sequence[int], rows: Sequence[int] | None, matrices: Sequence[Sequence[int]] | None
) -> Iterator[Layout]:
    """Yield what is to be measured: matrices where they are given, else every size in rows of every length."""
    if matrices:
        yield from ((height * length, length) for height, length in matrices)
    else:
        yield from ((size, row) for size in sizes for row in rows or (0,))


def refuse(sizes: Sequence[int] | None, rows: Sequence[int] | None, matrices: Sequence[Sequence[int]] | None) -> None:
    """LookupError for sizes that cannot lie in rows, and for rows that cannot be split in half."""
    if matrices and (sizes or rows):
        raise LookupError("--shape is size and row at once: leave --size and --row out")
    for size in sizes or ():
        if not rows and not is_power_of_two(size) and size % (ROW if size > ROW else 2):
            raise LookupError(
                f"unknown size {size} (choose powers of two, even numbers, beyond {ROW} multiples of it: rows, halves)"
            )
    for row in (*(rows or ()), *(length for _, length in matrices or ())):
        if row % 2:
            raise LookupError(f"unknown row {row} (choose even lengths: glu splits a row in half)")
