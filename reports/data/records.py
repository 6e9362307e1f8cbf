"""Records as reports read them: those of the bench, checked for times that were not measured."""

from bench.core.rows import SIDES, TEXTS, ForeignSchema, Row, as_dict, decode_row, is_time, require

__all__ = ("SIDES", "TEXTS", "ForeignSchema", "Row", "as_dict", "checked", "is_time")


def checked(line: bytes) -> Row:
    """Return a record from its line; raise ValueError with the fault where it is invalid."""
    row = decode_row(line)
    require(row["status"] != "ok" or bool(row["block_seconds"]), "ok without a time")
    return row
