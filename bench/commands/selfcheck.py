"""`python -m bench selfcheck`: measure the harness itself."""

from pathlib import Path

import click

from bench.core.options import SETTINGS, epilog


@click.command(
    context_settings=SETTINGS,
    epilog=epilog("selfcheck --repetitions 5", statuses={1: "a figure misses its limit"}),
)
@click.option("--repetitions", default=20, show_default=True, type=click.IntRange(0), help="Suites of identical code.")
@click.option(
    "--results",
    "folder",
    default="results",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of all runs, where the table is stored.",
)
@click.option("--long", is_flag=True, help="Only add suites of identical code to those of earlier invocations.")
def main(folder: Path, repetitions: int, long: bool) -> int:
    """Measure the harness itself.

    Known costs, false alarms on identical code, power and the cost of measuring are measured. The table is printed and
    stored in `selfcheck.json`, where reports read it. With --long, suites of identical code are added to those of
    earlier invocations, until their number bounds the rate of false alarms.
    """
    from bench.selfcheck import command

    return command.start(folder, repetitions, long=long)
