"""`python -m bench identify`: name the definition that a function of yours computes."""

import click

from bench.core import cases
from bench.core.options import SETTINGS, epilog, interpreter_option, interpreters


@click.command(
    context_settings=SETTINGS,
    epilog=epilog(
        "identify my.py:mystery --backend torch",
        statuses={0: "it is one of the definitions", 1: "it is none of them"},
    ),
)
@click.argument("function")
@click.option("--backend", required=True, metavar="NAME", help="The framework that it is written for.")
@click.option("--timeout", default=120.0, show_default=True, type=click.FloatRange(1), help="Seconds for its results.")
@interpreter_option
def main(function: str, backend: str, timeout: float, interpreter: tuple[str, ...]) -> int:
    """Name the definition that a function of yours computes.

    FUNCTION is file.py:name or package.module:name. Its float32 values at some hundred inputs are compared with every
    elementwise definition.
    """
    from bench.check import identify, target

    target.parse(function)
    cases.Choice(backends=(backend,)).checked()
    python = interpreters(interpreter).get(backend)
    return identify.identify(function, backend, python, timeout)
