"""Parsing of options that several commands share: lists, and the interpreters of backends."""

from pathlib import Path

from backends.spelling import split
from bench.core import cases


def names(text: str | None) -> tuple[str, ...] | None:
    """Return the items of a comma list; commas inside brackets belong to a parameter case."""
    if text is None:
        return None
    return tuple(dict.fromkeys(split(text)))


def interpreters(options: tuple[str, ...]) -> dict[str, str]:
    """Return the interpreters in options `NAME=PATH`, by backend."""
    pythons = {}
    for option in options:
        name, _, path = option.partition("=")
        cases.Choice(backends=(name,)).checked()
        if not Path(path).is_file():
            raise LookupError(f"no interpreter at {path!r} for backend {name!r}")
        pythons[name] = str(Path(path).absolute())  # not resolved: a virtual environment's Python is a link
    return pythons
