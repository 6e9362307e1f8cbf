"""Options that several commands share, and the parsing of their values: lists, and the interpreters of backends."""

import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

import backends
from backends.spelling import resolve, split
from bench.core import cases, installation

SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
"""The settings of every command."""
STATUSES = {
    0: "done",
    2: "bad input, or a file that cannot be read or written",
    70: "an error of this project",
    130: "interrupted",
}
"""The exit statuses that every command has."""
Command = TypeVar("Command", bound=Callable[..., Any])

interpreter_option = click.option(
    "--interpreter", multiple=True, metavar="NAME=PATH", help="The Python that runs a backend. Repeatable."
)


def combine(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Return one decorator that adds these options, in their order."""

    def decorate(function: Command) -> Command:
        return functools.reduce(lambda decorated, option: option(decorated), reversed(options), function)

    return decorate


def epilog(*examples: str, statuses: Mapping[int, str]) -> str:
    """Return the end of a help text: arguments of this command as examples, and its exit statuses beside the usual."""
    lines = [f"  {installation.program('bench')} {example}" for example in examples]
    meanings = "; ".join(f"{status} {meaning}" for status, meaning in sorted({**STATUSES, **statuses}.items()))
    return "\n".join(("\b", f"Example{'s' * (len(lines) > 1)}:", *lines, "", f"Exit status: {meanings}."))


def list_options(texts: Mapping[str, str]) -> Callable[[Command], Command]:
    """Return the decorator that adds options which take comma lists, by name and help text."""
    return combine(*(click.option(f"--{name}", metavar="LIST", help=text) for name, text in texts.items()))


def names(text: str | None, choices: Iterable[str] = ()) -> tuple[str, ...] | None:
    """Return the items of a comma list, aliases of choices replaced; commas in brackets belong to a parameter case."""
    if text is None:
        return None
    allowed = tuple(choices)
    return tuple(dict.fromkeys(resolve(item, allowed) for item in split(text)))


def interpreters(options: tuple[str, ...]) -> dict[str, str]:
    """Return the interpreters in options `NAME=PATH`, by backend."""
    pythons = {}
    for option in options:
        alias, _, path = option.partition("=")
        name = resolve(alias, backends.names())
        cases.Choice(backends=(name,)).checked()
        if not Path(path).is_file():
            raise LookupError(f"no interpreter at {path!r} for backend {name!r}")
        pythons[name] = str(Path(path).absolute())  # not resolved: a virtual environment's Python is a link
    return pythons
