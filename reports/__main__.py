"""The command `python -m reports`: `report`, `compare`, `bandwidth`, `table`, `chart`, `accuracy`, `cards`, `guide`."""

import functools
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bench.core.cli import run_cli
from bench.core.options import epilog
from bench.core.reporting import BENCH
from reports.fault import BadRun

FOLDERS = click.Path(path_type=Path)
VERBS = ("report", "compare")
"""The commands that are verbs of `python -m bench` too."""
HELP = {"help_option_names": ["-h", "--help"]}
VERDICTS = {
    0: "same or faster",
    1: "slower, or a case that had a time fails now",
    10: "uncertain, with --certain",
    11: "nothing was measured in both",
    12: "an output was wrong or a time impossible",
    13: "the machines differ",
}
CURVES = "Curves, as `nox -s curves` records them in results/curves. [default: the project's own]"


class Commands(click.Group):
    """A group whose default command is `report`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `RUN ...` as `report RUN ...`."""
        if not args or args[0] not in (*self.commands, *HELP["help_option_names"]):
            args = ["report", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of a name; `python -m bench` has the chapters below its verb `report`."""
        name, command, rest = super().resolve_command(ctx, args)
        is_chapter = ctx.info_name == BENCH and name not in VERBS
        return f"report {name}" if is_chapter else name, command, rest


class Share(click.ParamType[float]):
    """A share between 0 and 1, typed as `5%` or as 0.05."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the share as a fraction of 1; fail with a click error for anything else."""
        typed = str(value).strip()
        try:
            share = float(typed.removesuffix("%")) / (100 if typed.endswith("%") else 1)
        except ValueError:
            share = -1.0
        if not 0 < share < 1:
            self.fail(f"{typed!r} is no share between 0 and 100 %; type 5% or 0.05", param, ctx)
        return share


@click.group(cls=Commands, context_settings=HELP)
def main() -> None:
    """Report what runs measured, or compare two of them. RUN... without a command is `report RUN...`."""


@main.command(epilog=epilog("report results/RUN", "report results/RUN1 results/RUN2", statuses={}))
@click.argument("folders", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option("--curves", "--portrait", "store", metavar="DIR", type=FOLDERS, help=CURVES)
@click.option("--short", is_flag=True, help="Speed and agreement alone, without the atlas, the cards and the guide.")
@click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: the run]")
def report(folders: tuple[Path, ...], store: Path | None, short: bool, output: Path | None) -> int:
    """Report one run or several.

    Writes report.html, Markdown, charts and tables, and prints a table. The report of several runs is written to the
    folder `report` beside them. `report accuracy`, `bandwidth`, `cards` and `guide` write one chapter alone.
    """
    from reports.data import load

    runs = [load.read(folder) for folder in folders]
    if len({run.name for run in runs}) < len(runs):
        raise BadRun("two of the runs have the same name; rename a folder to tell them apart")
    from reports import render, terminal
    from reports.accuracy.render import committed
    from reports.cards.load import chosen
    from reports.data import tidy

    table = tidy.table(runs)
    target = output or (folders[0] if len(folders) == 1 else folders[0].resolve().parent / "report")
    supplement = render.Supplement() if short else render.Supplement(committed(), chosen(store))
    terminal.show(runs, table, render.write(target, runs, table, supplement))
    return 0


@main.command(epilog=epilog("compare results/BASE results/HEAD --margin 5%", statuses=VERDICTS))
@click.argument("folders", nargs=-1, required=True, metavar="BASE HEAD | RUN", type=FOLDERS)
@click.option("--margin", metavar="5%", type=Share(), help="The smallest change to find. [default: the profile's]")
@click.option("--certain", is_flag=True, help="Fail with 10 where a case is uncertain.")
@click.option("--across-machines", is_flag=True, help="Compare multiples of a copy where the machines differ.")
@click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: HEAD's folder, or RUN]")
def compare(
    folders: tuple[Path, ...], margin: float | None, certain: bool, across_machines: bool, output: Path | None
) -> int:
    """Compare two stored runs, or the two sides of one.

    HEAD is judged against BASE; a RUN that measured both sides interleaved is judged by itself.
    Writes verdict.json and verdict.md.
    """
    if len(folders) > 2:
        raise click.UsageError("two runs, BASE and HEAD, or one that measured two environments")
    from reports.comparison import comparison, outcome, sides, verdict, verdict_terminal

    compared = comparison.compare(*sides.read_sides(folders), margin)
    result = outcome.decide(compared, certain, across_machines)
    target = output or folders[-1]
    verdict.write(target, compared, result)
    verdict_terminal.show(compared, result, target / verdict.NAMES[1])
    return result.status


@main.command()
@click.argument("folders", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: the first run]")
def bandwidth(folders: tuple[Path, ...], output: Path | None) -> int:
    """Write a table of memory bandwidth.

    bandwidth.md holds the bandwidth of each case, in GB/s and as a share of the copy's.
    """
    from reports.data import load, tidy
    from reports.page import files
    from reports.speed.bandwidth import chapter

    text = chapter(tidy.table([load.read(folder) for folder in folders])).markdown
    target = output or folders[0]
    files.write_all(target, {"bandwidth.md": text.encode()})
    click.echo(f"bandwidth: {target / 'bandwidth.md'}")
    return 0


@main.command()
@click.argument("folders", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: the first run]")
def table(folders: tuple[Path, ...], output: Path | None) -> int:
    """Write the table alone.

    table.parquet, table.csv and table.json hold every figure, a row per case and run.
    """
    from reports import render
    from reports.data import load, tidy
    from reports.page import files

    runs = [load.read(folder) for folder in folders]
    target = output or folders[0]
    files.write_all(target, render.table_files(runs, tidy.table(runs)))
    click.echo(f"table: {target / 'table.parquet'}")
    return 0


@main.command()
@click.argument("path", metavar="TABLE", type=FOLDERS)
def chart(path: Path) -> int:
    """Print the heat map of a table.parquet as Vega-Lite."""
    from reports.data import tidy
    from reports.speed import heat

    click.echo(heat.heat_map(tidy.read(path)).to_json())
    return 0


@main.command()
@click.argument("paths", nargs=-1, metavar="[FOLDER_OR_PARQUET]...", type=FOLDERS)
@click.option("--out", "--output", "output", metavar="DIR", type=FOLDERS, help="Where to write. [default: see above]")
@click.option(
    "--diff", nargs=2, metavar="OLD NEW", help="Compare two folders or files, or two versions within the paths."
)
def accuracy(paths: tuple[Path, ...], output: Path | None, diff: tuple[str, str] | None) -> int:
    """Report how accurate every result is.

    Writes accuracy.html, accuracy.md and accuracy.csv from the records of a sweep, or from the committed ones where no
    path is given. The files are written to the first folder named, or to results/accuracy.

    With --diff, the subjects that changed from OLD to NEW are listed on the terminal and in accuracy-diff.md; the exit
    status is 0 whatever changed.
    """
    from reports.accuracy import atlas, changes, compare, load, render, subjects, terminal

    target = output or (paths[0] if paths and paths[0].is_dir() else Path("results", "accuracy"))
    if diff:
        both = compare.sides(*diff, paths)
        terminal.show_comparison(both, changes.write(target, both))
        return 0
    records = load.read(paths)
    rows = atlas.tidy(records.rows)
    table = subjects.subjects(rows)
    terminal.show(rows, table, records.notes, render.write(target, rows, table, records.notes))
    return 0


def curves_options(page: Callable[..., int]) -> Callable[..., int]:
    """Add the options of a page that is made from recorded curves."""
    options = (
        click.option("--curves", "--portrait", "store", metavar="DIR", type=FOLDERS, help=CURVES),
        click.option("--run", "folder", metavar="RUN", type=FOLDERS, help="The run that the costs are taken from."),
        click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: DIR, or results]"),
    )
    return functools.reduce(lambda function, option: option(function), reversed(options), page)


def write_curves_page(name: str, store: Path | None, folder: Path | None, output: Path | None) -> int:
    """Write the page that `reports.NAME.render` builds from recorded curves; return the exit status."""
    from reports.cards import costs
    from reports.cards.load import chosen
    from reports.data import load, tidy

    collection = chosen(store)
    table = costs.table(tidy.table([load.read(folder)])) if folder else None
    for note in collection.notes:
        click.echo(f"left out: {note}", err=True)
    chapter = importlib.import_module(f"reports.{name}.render").chapter(collection, table)
    target = output or store or Path("results")
    click.echo(f"{name}: {chapter.write(target)}")
    return 0


@main.command()
@curves_options
def cards(store: Path | None, folder: Path | None, output: Path | None) -> int:
    """Write the cards alone.

    cards.html and cards.md hold a card for each activation.
    """
    return write_curves_page("cards", store, folder, output)


@main.command()
@curves_options
def guide(store: Path | None, folder: Path | None, output: Path | None) -> int:
    """Write the guide alone.

    guide.html and guide.md hold the beginners' guide with measured figures.
    """
    return write_curves_page("guide", store, folder, output)


if __name__ == "__main__":
    sys.exit(run_cli(main))
