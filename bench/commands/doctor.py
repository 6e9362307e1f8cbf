"""`python -m bench doctor`: show what can run here."""

import importlib.util
import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

import backends
from bench.core import installation, reporting
from bench.core.cli import FAILED, echo
from bench.core.options import SETTINGS, epilog, interpreter_option, interpreters
from bench.core.text import one_line

PACKAGES = (
    *("click", "distributed", "filelock", "flint", "ml_dtypes", "msgspec", "numba", "numpy", "psutil", "pytest"),
    *("pytest_benchmark", "xxhash"),
)
"""The packages that measuring needs, by the names under which they are imported."""


@click.command(context_settings=SETTINGS, epilog=epilog("doctor", statuses={0: "a backend can run", 1: "none can"}))
@interpreter_option
@click.option("--results", default="results", show_default=True, type=click.Path(), help="Folder of all runs.")
def main(interpreter: tuple[str, ...], results: str) -> int:
    """Show what can run here.

    Versions, backends with their devices and whether they compile, missing packages, and where results are written.
    """
    pythons = interpreters(interpreter)
    from bench.core import environment, facts
    from bench.core.results import Side

    echo(f"activation-bench {installation.VERSION} in {installation.ROOT}")
    echo(f"Python {platform.python_version()}, {platform.system()}, {environment.cpu()[0]}")
    facts_by_backend = facts.probe(backends.names(), Side(pythons))
    for name, fact in facts_by_backend.items():
        echo(row(name, backend_state(name, fact)))
    for name, packages in {"measuring": PACKAGES, "reports": reporting.PACKAGES}.items():
        echo(row(name, package_state(packages)))
    echo(row("results", folder_state(Path(results).absolute())))
    can_run = not missing(PACKAGES) and any("version" in fact for fact in facts_by_backend.values())
    return 0 if can_run else FAILED


def row(name: str, state: str) -> str:
    """Return a line of the table."""
    return f"  {name:<12}{state}"


def backend_state(name: str, fact: dict[str, Any]) -> str:
    """Return a backend's version, devices and modes, or why it cannot run."""
    if "absent" in fact:
        return f"not installed: {installation.install_command(name)}" if name in installation.EXTRAS else fact["absent"]
    if "broken" in fact:
        return f"broken: {one_line(fact['broken'])}"
    return f"{fact['version']}, {', '.join(fact['devices'])}, {', '.join(modes(fact))}"


def modes(fact: dict[str, Any]) -> Iterator[str]:
    """Yield the modes of a backend, with the reason why one of them is unsupported here."""
    for mode in fact["modes"]:
        obstacle = fact["compile_obstacle"] if mode == "compiled" else None
        yield f"not {mode} ({obstacle})" if obstacle else mode


def package_state(packages: Sequence[str]) -> str:
    """Return whether these packages are installed, or what is missing and the command that installs it."""
    names = missing(packages)
    return f"missing {', '.join(names)}: {installation.install_command('reports')}" if names else "all packages"


def missing(packages: Sequence[str]) -> list[str]:
    """Return those of the packages that this interpreter does not find."""
    return [name for name in packages if importlib.util.find_spec(name) is None]


def folder_state(folder: Path) -> str:
    """Return a folder, and whether it can be written or made."""
    place = next(path for path in (folder, *folder.parents) if path.exists())
    is_writable = place.is_dir() and os.access(place, os.W_OK)
    return f"{folder}{'' if is_writable else ' (cannot be written)'}"
