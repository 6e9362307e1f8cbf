"""A record as reports take it: what the bench goes by, and no time that was not measured."""

from bench.rows import SIDES, TEXTS, ForeignSchema, Row, as_dict, decoded, is_time, require

__all__ = ("SIDES", "TEXTS", "ForeignSchema", "Row", "as_dict", "checked", "is_time")


def checked(line: bytes) -> Row:
    """Return a record from its line; ValueError with what is wrong with it."""
    row = decoded(line)
    require(row["status"] != "ok" or bool(row["block_seconds"]), "ok without a time")
    return row
