"""Content of JSON files that come with the project."""

from typing import Any


def as_dict(value: object) -> dict[str, Any]:
    """Return the value if it is a dictionary, otherwise an empty one."""
    return value if isinstance(value, dict) else {}
