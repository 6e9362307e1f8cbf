"""Validation of the lines of `records.jsonl`, before anything uses them."""

import json
from typing import Any

from bench.core.cases import CACHES, ITEMSIZE, SCHEMA
from bench.core.reading import MOST_LINE
from bench.core.text import one_line

TEXTS = ("backend", "activation", "direction", "mode", "device", "dtype", "cache", "label", "id")
COUNTS = ("size", "threads", "bytes_moved")
SIDES = ("base", "head")
MOST_NAME = 1000
"""The most characters of a name."""

Row = dict[str, Any]


class ForeignSchema(Exception):
    """Raised for a record of another version of the format, whose meaning would have to be guessed."""


def as_dict(value: object) -> Row:
    """Return the value if it is a dictionary, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


def decode_row(line: bytes) -> Row:
    """Return the record in a line; raise ValueError with its fault, ForeignSchema for another schema."""
    require(len(line) <= MOST_LINE, f"longer than {MOST_LINE:,} bytes")
    row = json.loads(line.decode())
    if not isinstance(row, dict) or "case" not in row or "status" not in row:
        raise ValueError("not a record")
    if row.get("schema") != SCHEMA:
        raise ForeignSchema(f"of schema {repr(row.get('schema'))[:20]}, where {SCHEMA} is read")
    check_case(as_dict(row["case"]))
    number, blocks, extra = row.get("pass_number"), row.get("block_seconds"), row.get("extra", {})
    require(type(number) is int and 0 <= number < 2**31, "pass_number is no count")
    require(row.get("side") in ("", *SIDES), "side is neither base nor head")
    require(is_name(row["status"]), "status is no word")
    require(isinstance(row.get("reason", ""), str), "reason is no text")
    require(isinstance(blocks, list) and all(map(is_time, blocks)), "block_seconds are no times")
    require(isinstance(extra, dict), "extra is no object")
    require(is_number(extra.get("cores_busy", 0.0)), "cores_busy is no number")
    json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair could not be written to any file
    return row | {"reason": one_line(row.get("reason", "")), "extra": extra}


def check_case(case: Row) -> None:
    """Raise ValueError for an invalid case."""
    for name in TEXTS:
        require(isinstance(case.get(name), str), f"{name} is no text")
        require(is_name(case[name]), f"{name} is longer than {MOST_NAME} characters")
    require(case["dtype"] in ITEMSIZE, f"unknown dtype {case['dtype'][:40]!r}")
    require(case["cache"] in CACHES, f"unknown cache {case['cache'][:40]!r}")
    for name in COUNTS:
        require(type(case.get(name)) is int and 0 < case[name] < 2**53, f"{name} is no count")


def require(holds: bool, fault: str) -> None:
    """Raise ValueError with the fault unless the condition holds."""
    if not holds:
        raise ValueError(fault)


def is_name(value: object) -> bool:
    """Return whether a value is a text short enough for a name."""
    return isinstance(value, str) and len(value) <= MOST_NAME


def is_number(value: object) -> bool:
    """Return whether a value is a number below 1e300 in size."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def is_time(value: object) -> bool:
    """Return whether a value is a number of seconds between a picosecond and 30 years."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 1e-12 <= value <= 1e9
