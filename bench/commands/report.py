"""`python -m bench report`: write the report of stored runs again, or one of its chapters alone."""

import click

from bench.core.reporting import FORWARDED, become_reports


@click.command(context_settings=FORWARDED, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def main(arguments: tuple[str, ...]) -> None:
    """Write the report of stored runs again."""
    is_option = bool(arguments) and arguments[0].startswith("-")
    become_reports(*(("report",) if is_option else ()), *arguments)
