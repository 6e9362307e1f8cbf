"""`python -m bench compare`: compare two stored runs, or the two sides of one."""

import click

from bench.core.reporting import FORWARDED, become_reports


@click.command(context_settings=FORWARDED, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def main(arguments: tuple[str, ...]) -> None:
    """Compare two stored runs, or the two sides of one."""
    become_reports("compare", *arguments)
