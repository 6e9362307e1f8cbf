"""Framework bugs, each with a reproducer of three lines: shown in the accuracy report, and run again by `check`.

`python -m reports.recorded.bugs check --backend torch`, with the interpreter of that backend's environment, runs the
reproducers of a backend and compares their output with the output recorded in bugs.toml.
It needs the standard library and click alone.
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
from bench.core.cli import run_cli
from reports import formats

PATH = Path(__file__).parent / "bugs.toml"


@dataclass(frozen=True, kw_only=True)
class Bug:
    """A framework bug, ready to be reported to the framework's maintainers."""

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
    reason: str
    code: str
    """The reproducer: three lines that print the result at `x`."""
    printed: str
    exact: str
    """The exact value, to nine digits."""

    @property
    def id(self) -> str:
        """The identifier, as in `torch-silu-forward-eager-float32@-0x1.68p+6`."""
        return f"{self.backend}-{self.activation}-{self.direction}-{self.mode}-{self.dtype}@{self.x}"

    def prints(self) -> str:
        """Run the reproducer in this interpreter and return its output."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(self.code, self.id, "exec"), {"__name__": "reproducer"})
        return out.getvalue().strip()


@cache
def read_bugs() -> tuple[Bug, ...]:
    """Return the bugs of bugs.toml, in its order."""
    entries = tomllib.loads(PATH.read_text(encoding="utf-8"))["bug"]
    return tuple(Bug(reason=entry.pop("why"), **entry) for entry in entries)


def occurrences(bug: Bug, subjects: Any) -> str:
    """Return the errors of a bug's subject in words: `1,000 NaN, 20 more than 256 ulp off, of 65,536 inputs`.

    `subjects` are those of the atlas; nothing is returned where the bug's is not among them.
    """
    names = ("backend", "version", "activation", "direction", "dtype", "mode")
    for name in names:
        subjects = subjects[subjects[name] == getattr(bug, name)]
    if subjects.empty:
        return ""
    row = subjects.iloc[0]
    counts = {name: int(row[name]) for name in CATEGORIES}
    parts = [f"{count:,} {formats.category(name)}" for name, count in counts.items() if count]
    return (
        ", ".join([*parts, f"{int(row['bucket_6']):,} more than 256 ulp off"]) + f", of {int(row['inputs']):,} inputs"
    )


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Errors of frameworks and their reproducers."""


@main.command()
@click.option("--backend", required=True, metavar="NAME", help="Whose reproducers to run, in this interpreter.")
def check(backend: str) -> int:
    """Run a backend's reproducers; 1 where one prints something else than is written, 2 where there is none."""
    bugs = [bug for bug in read_bugs() if bug.backend == backend]
    if not bugs:
        names = sorted({bug.backend for bug in read_bugs()})
        hint = spelling.hint(backend, names)
        raise LookupError(f"no bug of {backend!r} is known{hint} (choose from {', '.join(names)})")
    here = importlib.metadata.version(backend).partition("+")[0]
    changes = 0
    for bug in bugs:
        printed = bug.prints()
        changes += printed != bug.printed
        note = f" ({here}; written for {bug.version})" if here != bug.version else ""
        click.echo(
            f"still so{note} {bug.id}" if printed == bug.printed else f"CHANGED{note} {bug.id}: {change(bug, printed)}"
        )
    return 1 if changes else 0


def change(bug: Bug, printed: str) -> str:
    """Return the new output beside the recorded and the exact one."""
    return f"prints {printed[:80]}, no longer {bug.printed}; exact is {bug.exact}"


if __name__ == "__main__":
    sys.exit(run_cli(main))
