"""The command `python -m bench VERB`. Every file of `bench/commands` is a verb; without one, the verb is `run`."""

import importlib
import pkgutil
import sys

import click

from backends import spelling
from bench import commands
from bench.core.cli import run_cli
from bench.core.options import SETTINGS

DEFAULT = "run"


class Verbs(click.Group):
    """A group that imports the file of a verb when it is needed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read options alone, or nothing, as those of `run`."""
        if not args or (args[0].startswith("-") and args[0] not in SETTINGS["help_option_names"]):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return all verbs."""
        return sorted(module.name for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """Return the command of a verb; raise LookupError for an unknown one."""
        verbs = self.list_commands(ctx)
        if cmd_name not in verbs:
            raise spelling.unknown("command", cmd_name, verbs)
        command: click.Command = importlib.import_module(f"{commands.__name__}.{cmd_name}").main
        return command


@click.group(cls=Verbs, context_settings=SETTINGS)
def main() -> None:
    """Measure activations. `run` is the default COMMAND: `python -m bench --list` is `python -m bench run --list`."""


if __name__ == "__main__":
    sys.exit(run_cli(main))
