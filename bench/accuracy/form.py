"""The table of records: its columns, their types, and a digest of its content."""

import hashlib
import json
import types
import typing
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.accuracy.record import Key, Record

ARROW = {int: pa.int64(), float: pa.float64(), str: pa.string()}
KEYS = tuple(field.name for field in fields(Key))
SUBJECT = tuple(name for name in KEYS if name != "binade")
"""The columns that all records of one subject in one setting share."""


def arrow_type(hint: Any) -> Any:
    """Return the column type of a field: a number, text, or a list of numbers."""
    return pa.list_(ARROW[typing.get_args(hint)[0]]) if isinstance(hint, types.GenericAlias) else ARROW[hint]


FORM = pa.schema([(field.name, arrow_type(field.type)) for field in fields(Record)])
"""The columns of `Record`."""


def table_of(records: Iterable[Record]) -> Any:
    """Return records as a table."""
    return pa.Table.from_pylist([asdict(record) for record in records], FORM)


def records_of(table: Any) -> list[Record]:
    """Return a table's rows as records."""
    return [record_of(row) for row in table.to_pylist()]


def record_of(row: dict[str, Any]) -> Record:
    """Return a row as a record."""
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Record(**values)


def digest_of(table: Any) -> str:
    """Return a digest of the content: names, lengths and values, with one pattern for all NaNs."""
    digest = hashlib.sha256()
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        digest.update(f"{name} {len(column)} ".encode())
        if pa.types.is_list(column.type):
            digest.update(pc.list_value_length(column).to_numpy().astype("<i8").tobytes())
            column = column.flatten()
        digest.update(plain_bytes(column))
    return digest.hexdigest()[:32]


def plain_bytes(column: Any) -> bytes:
    """Return the values of a flat column as little-endian bytes, and text as JSON."""
    if pa.types.is_string(column.type):
        return json.dumps(column.to_pylist()).encode()
    values = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values).astype("<f8")
    return bytes(values.tobytes())
