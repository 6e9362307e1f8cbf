"""Tables as CSV in which no cell is a formula, since names come from packages and files of others."""

from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings of a cell that a spreadsheet takes for a formula, or strips before it does."""


def as_csv(table: pd.DataFrame) -> str:
    """Return the table as CSV; a text that would be a formula begins with an apostrophe, numbers stay unchanged."""
    texts = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name].dtype)]
    text: str = table.assign(**{name: table[name].map(defused) for name in texts}).to_csv(index=False)
    return text


def defused(value: Any) -> Any:
    """Return the value; a text that would be a formula is preceded by an apostrophe."""
    risky = isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) and not is_number(value)
    return f"'{value}" if risky else value


def is_number(text: str) -> bool:
    """Return whether a text is a number, decimal or as `float.hex` writes it."""
    for read in (float, float.fromhex):
        try:
            read(text)
        except (ValueError, OverflowError):
            continue
        return True
    return False
