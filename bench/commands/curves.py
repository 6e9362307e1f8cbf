"""`python -m bench curves`: record the curves of the activations for their cards."""

from pathlib import Path
from typing import Any

import click

import backends
from backends.activation import catalogue, find, parse_variant
from bench.core.cases import Choice
from bench.core.options import SETTINGS, epilog, interpreter_option, interpreters, names

LAST_AXIS = (-1, 1, (-1,), (1,))
"""The spellings of the last axis of a matrix."""


@click.command(
    context_settings=SETTINGS,
    epilog=epilog("curves --activation gelu --backend torch", statuses={0: "all is recorded", 1: "something failed"}),
)
@click.option("--backend", metavar="LIST", help="Backends; all installed ones if not given.")
@click.option("--activation", metavar="LIST", help="Activations, or parameter cases such as relu[max_value=6].")
@click.option("--store", default="results/curves", show_default=True, type=click.Path(), help="Folder of the curves.")
@interpreter_option
def main(**values: Any) -> int:
    """Record the curves of each activation for its card.

    Values, derivatives, kinks and the inputs whose derivative is zero are computed in each backend's own process.
    `report cards --curves results/curves` writes the page.
    """
    requested = names(values["activation"]) or tuple(catalogue())
    variants = tuple(dict.fromkeys(parse_variant(n) if "[" in n else find(n).variants[0] for n in requested))
    for variant in variants:
        if variant.parameters.get("axis", -1) not in LAST_AXIS:
            raise LookupError(f"{variant.id}: a card shows a row along its last axis alone (choose axis=-1)")
    choice = Choice(backends=names(values["backend"], backends.names())).checked()
    pythons = interpreters(values["interpreter"])
    from bench.curves import command

    return command.record(choice, variants, Path(values["store"]).absolute(), pythons)
