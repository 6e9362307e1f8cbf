"""`python -m bench upgrade`: compare the speed of two sides."""

from typing import Any

import click

from bench.commands.list import case_options
from bench.commands.run import execute, run_options
from bench.core.options import SETTINGS


@click.command(context_settings=SETTINGS)
@case_options
@run_options
def main(**values: Any) -> int:
    """Compare the speed of two sides, interleaved.

    A side is a Python, a checkout of this project, or keras.
    The exit status is that of compare: 0 same or faster, 1 slower.
    """
    if not values["base"]:
        raise LookupError("upgrade needs --base (a Python, a checkout of this project, or keras)")
    return execute(values)
