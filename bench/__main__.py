"""The command `python -m bench VERB`, or `activation-bench VERB` where the package is installed.

Every file of `bench/commands` is a verb; without one, the verb is `run`.
"""

import importlib
import pkgutil
import sys

import click

from backends import spelling
from bench import commands
from bench.core import installation
from bench.core.cli import echo, run_cli
from bench.core.faults import BadInput
from bench.core.options import SETTINGS, epilog

DEFAULT = "run"
EXAMPLES = ("--list", "--backend torch --activation gelu,relu", "compare results/BASE results/HEAD", "doctor")
GROUP_OPTIONS = ("--version", *SETTINGS["help_option_names"])
SESSIONS = ("conformance", "record")
"""The sessions of nox that a verb may be expected for; they test a clone."""


class Verbs(click.Group):
    """A group that imports the file of a verb when it is needed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options alone, or nothing, as those of `run`."""
        if not args or (args[0].startswith("-") and args[0] not in GROUP_OPTIONS):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return all verbs."""
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command of a verb; raise LookupError for an unknown one."""
        verbs = self.list_commands(ctx)
        if cmd_name in SESSIONS:
            raise BadInput(f"{cmd_name} is a session of nox, in a clone of this project: nox -s {cmd_name}")
        if cmd_name not in verbs:
            raise spelling.unknown("command", cmd_name, verbs)
        command: click.Command = importlib.import_module(f"{commands.__name__}.{cmd_name}").main
        return command


def show_version(context: click.Context, _option: click.Parameter, is_chosen: bool) -> None:
    """Print the version of this project and end the command."""
    if is_chosen:
        echo(f"{installation.DISTRIBUTION} {installation.VERSION}")
        context.exit()


@click.group(
    cls=Verbs, context_settings=SETTINGS, epilog=epilog(*EXAMPLES, statuses={1: "something failed, or is slower"})
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=show_version, help="Show the version."
)
def main() -> None:
    """Measure activations.

    Options without a COMMAND are those of `run`, and COMMAND --help shows the options and exit statuses of each.
    """


if __name__ == "__main__":
    sys.exit(run_cli(main))
