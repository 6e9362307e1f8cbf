"""Content of JSON files of any form."""

from typing import Any

Row = dict[str, Any]


def as_dict(value: object) -> Row:
    """Return the value if it is a dictionary, otherwise an empty one."""
    return value if isinstance(value, dict) else {}
