"""`python -m bench list`: show what would run. Its options choose the cases of `run` and `upgrade` too."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import click

import backends
from backends.interface import DTYPES, MODES
from backends.spelling import hint, resolve
from bench.core import cases, environment, installation, processors, shapes
from bench.core.cli import echo
from bench.core.options import SETTINGS, combine, epilog, list_options, names
from bench.speed import listing

NOX = "NOX_CURRENT_SESSION"
"""The variable that nox sets: its sessions make the environments of all backends that they need."""
LIST_OPTIONS = {
    "backend": "Backends; all installed ones if not given.",
    "activation": "Activations, or one parameter case such as relu[max_value=3.0]; all if not given.",
    "direction": "Directions: forward, backward, step.",
    "mode": "Modes: eager, compiled.",
    "dtype": "Dtypes: float16, bfloat16, float32, float64.",
    "size": "Numbers of elements, such as 1e3,1e6, 2^20 or 1M.",
    "row": "Row lengths of softmax, glu, ..., such as 128256, with as many rows as a size holds; mostly 1000.",
    "shape": "Rows by their length, such as 4096x4096, instead of --size and --row.",
    "threads": "Numbers of threads, or all; those of the profile, mostly 1, if not given.",
}
case_options = combine(
    list_options(LIST_OPTIONS),
    click.option("--device", default="cpu", show_default=True, help="cpu or gpu."),
    click.option("--cores", metavar="LIST", help="Processors to choose from, such as 0-7 or 0,2,4; all if not given."),
    click.option("--cache", default="cold", show_default=True, help="Inputs: cold, or hot in the processor's cache."),
    click.option("--profile", default="quick", show_default=True, help=f"One of {', '.join(cases.PROFILES)}."),
)
"""The options that choose cases."""


def numbers(text: str | None) -> tuple[int, ...] | None:
    """Return the sizes in a list such as `1e3,1e6`, `2^20` or `1M`."""
    return shapes.counts(names(text), "size", "1e3,1e6")


def threads(counts: tuple[str, ...], cores: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Return the numbers of threads, each once. `all` is every core, or as many as a container's quota allows."""
    available = len(cores or environment.cores())
    for text in counts:
        if text != "all" and (not text.isdecimal() or not 1 <= int(text) <= available):
            suggestion = hint(text, ("all",))
            raise LookupError(f"unknown number of threads {text!r}{suggestion} (choose from 1 to {available}, or all)")
    most = processors.most_threads(cores)
    return tuple(dict.fromkeys(most if text == "all" else int(text) for text in counts))


def choice_of(values: dict[str, Any]) -> cases.Choice:
    """Return the choice that the values of the options make; raise LookupError with the fault and the choices."""
    if values["profile"] not in cases.PROFILES:
        cases.Choice(profile=values["profile"]).checked()
    cores = processors.parse(values["cores"])
    return cases.Choice(
        backends=names(values["backend"], backends.names()),
        activations=names(values["activation"]),
        directions=names(values["direction"], cases.DIRECTIONS),
        modes=names(values["mode"], MODES),
        dtypes=names(values["dtype"], DTYPES),
        sizes=numbers(values["size"]),
        rows=shapes.counts(names(values["row"]), "row", "1024,128256"),
        matrices=shapes.shapes(names(values["shape"])),
        device=resolve(values["device"], cases.DEVICES),
        threads=threads(names(values["threads"], ("all",)) or cases.PROFILES[values["profile"]].threads, cores),
        cache=values["cache"],
        profile=values["profile"],
        cores=cores,
    ).checked()


def show(choice: cases.Choice, pythons: Mapping[str, str] = MappingProxyType({})) -> int:
    """Print what would run and for about how long, and which backends are not installed; return the exit status."""
    status = listing.show(choice)
    names = [name for name in choice.backends or backends.names() if name not in pythons]
    absent = [name for name in names if not backends.is_installed(name)]
    if absent and NOX not in os.environ:
        command = installation.install_command(*(name for name in absent if name in installation.EXTRAS))
        echo(f"not installed, and left out of a run: {', '.join(absent)} ({command})")
    return status


@click.command(context_settings=SETTINGS, epilog=epilog("list --profile standard --backend jax", statuses={}))
@case_options
def main(**values: Any) -> int:
    """Show what would run and about how long it takes."""
    return show(choice_of(values))
