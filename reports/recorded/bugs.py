"""Upstream errors: a runnable script for each in `errors/`, shown in the accuracy report, and run again by `check`.

A script needs its framework alone. It prints the result and exits with 1 while the error is there, with 0 once it is
mended. Its docstring is the title and the cause; its constants name the version, the subject, the input, the exact
value to nine digits, and the wrong one. Not here: conventions at kinks, flushed subnormals, errors of a few ulp.

`python -m reports.recorded.bugs check --backend torch`, with the interpreter of that backend's environment, runs all
scripts of a backend in one process. It needs the standard library and click alone.
"""

import ast
import contextlib
import importlib.metadata
import io
import runpy
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import click

from backends import spelling
from bench.accuracy.record import CATEGORIES
from bench.core.cli import run_cli
from reports import formats

FOLDER = Path(__file__).parent / "errors"


@dataclass(frozen=True, kw_only=True)
class Bug:
    """An upstream error, ready to be reported to the framework's maintainers."""

    path: Path
    backend: str
    version: str
    activation: str
    """The variant's id; its formula gives `exact`."""
    direction: str
    mode: str
    dtype: str
    x: str
    """The input, as `float.hex` writes it."""
    title: str
    reason: str
    code: str
    """The text of the script."""
    printed: str
    """The wrong value, as Python writes it."""
    exact: str
    """The exact value, to nine digits."""

    @property
    def id(self) -> str:
        """The identifier, as in `torch-silu-forward-eager-float32@-0x1.68p+6`."""
        return f"{self.backend}-{self.activation}-{self.direction}-{self.mode}-{self.dtype}@{self.x}"

    def run(self) -> tuple[bool, str]:
        """Run the script in this interpreter; return whether the error is there, and what was printed."""
        out, is_there = io.StringIO(), False
        with contextlib.redirect_stdout(out):
            try:
                runpy.run_path(str(self.path), run_name="__main__")
            except SystemExit as end:
                is_there = bool(end.code)
        return is_there, out.getvalue().strip()


def read(path: Path) -> Bug:
    """Return the error that a script shows, without running it; its name begins with the backend's."""
    code = path.read_text(encoding="utf-8")
    tree = ast.parse(code)
    assignments = (
        node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).isupper()
    )
    values = {ast.unparse(node.targets[0]): ast.literal_eval(node.value) for node in assignments}
    title, _, reason = (ast.get_docstring(tree) or "").partition("\n\n")
    activation, direction, mode, dtype = values["SUBJECT"]
    return Bug(
        path=path,
        backend=path.stem.partition("_")[0],
        version=values["VERSION"],
        activation=activation,
        direction=direction,
        mode=mode,
        dtype=dtype,
        x=values["X"],
        title=title.removesuffix("."),
        reason=" ".join(reason.split()),
        code=code,
        printed=values["WRONG"],
        exact=values["EXACT"],
    )


@cache
def read_bugs() -> tuple[Bug, ...]:
    """Return the errors of all scripts, by name."""
    return tuple(map(read, sorted(FOLDER.glob("*.py"))))


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
    """Errors of frameworks and their scripts."""


@main.command()
@click.option("--backend", required=True, metavar="NAME", help="Whose scripts to run, in this interpreter.")
def check(backend: str) -> int:
    """Run a backend's scripts; 1 where one no longer shows its error, 2 where there is none."""
    bugs = [bug for bug in read_bugs() if bug.backend == backend]
    if not bugs:
        names = sorted({bug.backend for bug in read_bugs()})
        hint = spelling.hint(backend, names)
        raise LookupError(f"no bug of {backend!r} is known{hint} (choose from {', '.join(names)})")
    here = importlib.metadata.version(backend).partition("+")[0]
    changes = 0
    for bug in bugs:
        is_there, printed = bug.run()
        changes += not is_there
        note = f" ({here}; written for {bug.version})" if here != bug.version else ""
        click.echo(f"still so{note} {bug.id}" if is_there else f"CHANGED{note} {bug.id}: {change(bug, printed)}")
    return 1 if changes else 0


def change(bug: Bug, printed: str) -> str:
    """Return the new output beside the recorded and the exact value."""
    return f"prints {printed[:80]}, no longer {bug.printed}; exact is {bug.exact}"


if __name__ == "__main__":
    sys.exit(run_cli(main))
