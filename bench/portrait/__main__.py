"""`python -m bench.portrait`: portraits of the activations for their cards. Heavy modules are imported when needed."""

import sys
from pathlib import Path
from typing import Any

import click

from backends.activation import catalogue, find, parse_variant
from bench.core.cases import Choice
from bench.core.cli import run_cli
from bench.core.options import interpreters, names

LAST_AXIS = (-1, 1, (-1,), (1,))
"""The spellings of the last axis of a matrix."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--backend", metavar="LIST", help="Backends; all installed ones if not given.")
@click.option("--activation", metavar="LIST", help="Activations, or parameter cases such as relu[max_value=6].")
@click.option("--store", default="results/portrait", show_default=True, type=click.Path(), help="Folder of portraits.")
@click.option("--interpreter", multiple=True, metavar="NAME=PATH", help="The Python that runs a backend. Repeatable.")
def main(**options: Any) -> int:
    """Portray every activation on each backend, in the backend's own process: curves, kinks, where slopes are zero.

    `python -m reports cards` makes a page of it. The exit status: 0 all is there, 1 something failed, 2 bad input.
    """
    requested = names(options["activation"]) or tuple(catalogue())
    variants = tuple(dict.fromkeys(parse_variant(n) if "[" in n else find(n).variants[0] for n in requested))
    for variant in variants:
        if variant.parameters.get("axis", -1) not in LAST_AXIS:
            raise LookupError(f"{variant.id}: a card shows a row along its last axis alone (choose axis=-1)")
    choice = Choice(backends=names(options["backend"])).checked()
    pythons = interpreters(options["interpreter"])
    from bench.portrait import command

    return command.portray(choice, variants, Path(options["store"]).absolute(), pythons)


if __name__ == "__main__":
    sys.exit(run_cli(main))
