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
def main(folder: Path, repetitions: int) -> int:
    """Measure the harness itself.

    Known costs, false alarms on identical code, power and the cost of measuring are measured. The table is printed and
    stored in `selfcheck.json`, where reports read it.
    """
    from bench.selfcheck import command

    return command.start(folder, repetitions)
