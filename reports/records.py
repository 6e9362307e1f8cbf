"""A line of `records.jsonl`, held to what a record is before any figure is made of it."""

import json
from typing import Any

from bench.cases import CACHES, ITEMSIZE, SCHEMA

TEXTS = ("backend", "activation", "direction", "mode", "device", "dtype", "cache", "label", "id")
COUNTS = ("size", "threads", "bytes_moved")
SIDES = ("base", "head")

Row = dict[str, Any]


def as_dict(value: object) -> Row:
    """Itself if it is one, otherwise an empty one."""
    return value if isinstance(value, dict) else {}


class ForeignSchema(Exception):
    """A record of another version of the format: guessing at its meaning would mislead."""


def checked(line: bytes) -> Row:
    """A record from its line; ValueError with what is wrong with it."""
    row = json.loads(line)
    if not isinstance(row, dict) or "case" not in row or "status" not in row:
        raise ValueError("not a record")
    if row.get("schema") != SCHEMA:
        raise ForeignSchema(f"schema {str(row.get('schema'))[:20]!r} is not the one that is read here, {SCHEMA}")
    case, blocks = as_dict(row["case"]), row.get("block_seconds")
    for name in TEXTS:
        require(isinstance(case.get(name), str), f"{name} is no text")
    require(case["dtype"] in ITEMSIZE, f"unknown dtype {case['dtype'][:40]!r}")
    require(case["cache"] in CACHES, f"unknown cache {case['cache'][:40]!r}")
    for name in COUNTS:
        require(type(case.get(name)) is int and 0 < case[name] < 2**53, f"{name} is no count")
    number = row.get("pass_number")
    require(type(number) is int and 0 <= number < 2**31, "pass_number is no count")
    require(row.get("side") in ("", *SIDES), "side is neither base nor head")
    require(isinstance(row["status"], str), "status is no text")
    json.dumps(row, ensure_ascii=False).encode()  # half a surrogate pair could be written nowhere
    require(isinstance(blocks, list) and all(map(is_time, blocks)), "block_seconds are no times")
    require(row["status"] != "ok" or bool(blocks), "ok without a time")
    return row


def require(holds: bool, fault: str) -> None:
    """ValueError with the fault unless it holds."""
    if not holds:
        raise ValueError(fault)


def is_time(value: object) -> bool:
    """Whether it is a number of seconds between a picosecond and 30 years."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 1e-12 <= value <= 1e9
