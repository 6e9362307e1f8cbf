"""`python -m bench upgrade`: compare the speed of two sides."""

from typing import Any

import click

from bench.commands.list import case_options
from bench.commands.run import execute, run_options
from bench.core.options import SETTINGS, epilog

EXAMPLES = (
    "upgrade --backend jax --base /path/to/python --head /path/to/other/python",
    "upgrade --backend torch --base keras",
)
STATUSES = {
    0: "same or faster",
    1: "slower, or a case that had a time fails now",
    11: "nothing was measured on both sides",
    12: "a result was wrong or a time impossible",
}


@click.command(context_settings=SETTINGS, epilog=epilog(*EXAMPLES, statuses=STATUSES))
@case_options
@run_options
def main(**values: Any) -> int:
    """Compare the speed of two sides, interleaved.

    A side is a Python, a checkout of this project, or keras.
    """
    if not values["base"]:
        raise LookupError("upgrade needs --base (a Python, a checkout of this project, or keras)")
    return execute(values)
