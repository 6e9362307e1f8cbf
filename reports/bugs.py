"""Errors of frameworks, each with a reproducer of three lines: told in the atlas, and run again by `check`.

`python -m reports.bugs check --backend torch`, with the interpreter of that backend's environment, runs the
reproducers of a backend and compares what they print with what is written beside them.
Standard library and click alone.
"""

import contextlib
import importlib.metadata
import io
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

from backends import spelling
from bench.accuracy.record import CATEGORIES
from bench.cli import run_cli
from reports import formats

PATH = Path(__file__).parent / "bugs.toml"


@dataclass(frozen=True, kw_only=True)
class Bug:
    """One error, ready to be reported to the framework's maintainers."""

    backend: str
    version: str
    activation: str
    """The variant's id; its formula gives `exact`."""
    direction: str
    dtype: str
    mode: str = "eager"
    x: str
    """The input, as `float.hex` writes it."""
    title: str
    why: str
    code: str
    """Three lines that print the result at `x`."""
    printed: str
    exact: str
    """The exact value, to nine digits."""

    @property
    def id(self) -> str:
        """`torch-silu-forward-eager-float32@-0x1.68p+6`."""
        return f"{self.backend}-{self.activation}-{self.direction}-{self.mode}-{self.dtype}@{self.x}"

    def prints(self) -> str:
        """What the reproducer prints in this interpreter."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(self.code, self.id, "exec"), {"__name__": "reproducer"})
        return out.getvalue().strip()


@cache
def known() -> tuple[Bug, ...]:
    """Those in bugs.toml, in its order."""
    return tuple(Bug(**entry) for entry in tomllib.loads(PATH.read_text(encoding="utf-8"))["bug"])


def told(found: Any) -> list[dict[str, Any]]:
    """For the report: each with what the atlas, the table of subjects `found`, holds of its subject."""
    return [
        {"backend": own.backend, "version": own.version, "title": own.title, "code": own.code.strip()}
        | {"printed": own.printed, "exact": own.exact, "why": own.why, "seen": seen(own, found)}
        for own in known()
    ]


def seen(bug: Bug, found: Any) -> str:
    """`4,300,000 inputs in a category, worst 12 ulp`; empty where the atlas lacks the subject."""
    names = ("backend", "version", "activation", "direction", "dtype", "mode")
    for name in names:
        found = found[found[name] == getattr(bug, name)]
    if found.empty:
        return ""
    own = found.iloc[0]
    counts = {name: int(own[name]) for name in CATEGORIES}
    parts = [f"{count:,} {formats.category(name)}" for name, count in counts.items() if count]
    return (
        ", ".join([*parts, f"{int(own['bucket_6']):,} more than 256 ulp off"]) + f", of {int(own['inputs']):,} inputs"
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Errors of frameworks and their reproducers."""


@main.command()
@click.option("--backend", required=True, metavar="NAME", help="Whose reproducers to run, in this interpreter.")
def check(backend: str) -> int:
    """Run a backend's reproducers; 1 where one prints something else than is written, 2 where there is none."""
    own = [bug for bug in known() if bug.backend == backend]
    if not own:
        names = sorted({bug.backend for bug in known()})
        hint = spelling.hint(backend, names)
        raise LookupError(f"no bug of {backend!r} is known{hint} (choose from {', '.join(names)})")
    here = importlib.metadata.version(backend).partition("+")[0]
    gone = 0
    for bug in own:
        printed = bug.prints()
        gone += printed != bug.printed
        note = f" ({here}; written for {bug.version})" if here != bug.version else ""
        click.echo(
            f"still so{note} {bug.id}" if printed == bug.printed else f"CHANGED{note} {bug.id}: {changed(bug, printed)}"
        )
    return 1 if gone else 0


def changed(bug: Bug, printed: str) -> str:
    """What it prints now, and what it should."""
    return f"prints {printed[:80]}, no longer {bug.printed}; exact is {bug.exact}"


if __name__ == "__main__":
    sys.exit(run_cli(main))
