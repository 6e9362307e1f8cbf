"""Sizes and shapes of cases: parsing of options, and division of elements into rows."""

import re
from collections.abc import Iterator, Sequence

from backends.spelling import quote

ROW, BINARY_ROW = 1000, 1024
"""The lengths of the last axis of a rowwise or gated activation's input; the second for powers of two."""
LARGEST = 2**40
UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:[eE]\+?\d{1,2})?)(|k|M|G|Ki|Mi|Gi)", re.ASCII)
POWER = re.compile(r"(\d{1,4})(?:\^|\*\*)(\d{1,2})", re.ASCII)

Layout = tuple[int, int]
"""A number of elements and the length of a row, 0 for the usual length."""


def count(text: str) -> int:
    """Return the number in a text such as `1000`, `1e6`, `2^20`, `1M` or `64Ki`; 0 if it is no positive integer."""
    if power := POWER.fullmatch(text.strip()):
        size = int(power[1]) ** int(power[2])
    elif (number := NUMBER.fullmatch(text.strip())) and len(text) < 30:
        value = float(number[1]) * UNITS[number[2]]
        size = int(value) if value.is_integer() else 0
    else:
        size = 0
    return size if size <= LARGEST else 0


def counts(texts: Sequence[str] | None, option: str, example: str) -> tuple[int, ...] | None:
    """Return the numbers of a list; raise LookupError for invalid ones."""
    if not texts:
        return None
    numbers = tuple(map(count, texts))
    if not all(numbers):
        raise LookupError(f"unknown {option} {quote(','.join(texts))} (choose numbers of elements, such as {example})")
    return tuple(dict.fromkeys(numbers))


def shapes(texts: Sequence[str] | None) -> tuple[tuple[int, int], ...] | None:
    """Return the matrices in texts such as `4096x4096`, rows by their length; raise LookupError for invalid ones."""
    matrices = []
    for text in texts or ():
        parts = [count(part) for part in text.split("x")]
        if len(parts) != 2 or not all(parts) or parts[0] * parts[1] > LARGEST:
            raise LookupError(f"unknown shape {quote(text)} (choose rows x their length, such as 4096x4096)")
        matrices.append((parts[0], parts[1]))
    return tuple(dict.fromkeys(matrices)) or None


def usual_row(size: int) -> int:
    """Return the usual length of a row: all of a small size, else 1000, or 1024 where the size is a power of two."""
    return min(size, BINARY_ROW if is_power_of_two(size) else ROW)


def is_power_of_two(size: int) -> bool:
    """Return whether a size is a power of two; 1 does not count, as it has no halves."""
    return size > 1 and size & (size - 1) == 0


def in_rows(size: int, row: int) -> Layout:
    """Return the layout of as many rows of a length as a size holds, at least one."""
    size = max(1, size // row) * row if row else size
    return size, 0 if row == usual_row(size) else row


def layouts(
    sizes: Sequence[int], rows: Sequence[int] | None, matrices: Sequence[Sequence[int]] | None
) -> Iterator[Layout]:
    """Yield the layouts to measure: the matrices if there are any, otherwise every size in rows of every length."""
    if matrices:
        yield from ((height * length, length) for height, length in matrices)
    else:
        yield from ((size, row) for size in sizes for row in rows or (0,))


def refuse(sizes: Sequence[int] | None, rows: Sequence[int] | None, matrices: Sequence[Sequence[int]] | None) -> None:
    """Raise LookupError for sizes that cannot be divided into rows, and for rows that cannot be split in half."""
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
