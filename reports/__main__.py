"""`python -m reports RUN ...`: the report of runs; `compare`, `bandwidth`, `accuracy`, `cards`, `guide` too."""

import functools
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bench.cli import run_cli
from reports.fault import BadRun

FOLDERS = click.Path(path_type=Path)
HELP = {"help_option_names": ["-h", "--help"]}
PORTRAITS = "Portraits, as `nox -s portrait` makes them in results/portrait. [default: the project's own]"


class Commands(click.Group):
    """A group whose command is `report` where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """`RUN ...` is read as `report RUN ...`."""
        if not args or args[0] not in (*self.commands, *HELP["help_option_names"]):
            args = ["report", *args]
        return super().parse_args(ctx, args)


class Share(click.ParamType[float]):
    """A share of one, typed as `5%` or as 0.05."""

    name = "share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The share; a click error for anything else."""
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
    """Report what runs found, or compare two of them. `python -m reports RUN...` is `report RUN...`."""


@main.command()
@click.argument("folders", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option("--portrait", "store", metavar="DIR", type=FOLDERS, help=PORTRAITS)
@click.option("--short", is_flag=True, help="Speed and agreement alone, without the atlas, the cards and the guide.")
@click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: the run]")
def report(folders: tuple[Path, ...], store: Path | None, short: bool, output: Path | None) -> int:
    """Report one run or several: report.html, the same as Markdown, charts and tables, and a table here.

    The report of several runs goes to a folder `report` beside them.
    """
    from reports import load

    runs = [load.read(folder) for folder in folders]
    if len({run.name for run in runs}) < len(runs):
        raise BadRun("two of the runs have the same name; rename a folder to tell them apart")
    from reports import render, terminal, tidy
    from reports.accuracy.render import committed
    from reports.cards.load import chosen

    table = tidy.table(runs)
    target = output or (folders[0] if len(folders) == 1 else folders[0].resolve().parent / "report")
    beside = render.Beside() if short else render.Beside(committed(), chosen(store))
    terminal.show(runs, table, render.write(target, runs, table, beside))
    return 0


@main.command()
@click.argument("folders", nargs=-1, required=True, metavar="BASE HEAD | RUN", type=FOLDERS)
@click.option("--margin", metavar="5%", type=Share(), help="The smallest change to find. [default: the profile's]")
@click.option("--certain", is_flag=True, help="Fail with 10 where a case is uncertain.")
@click.option("--across-machines", is_flag=True, help="Compare multiples of a copy where the machines differ.")
@click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: HEAD's folder, or RUN]")
def compare(
    folders: tuple[Path, ...], margin: float | None, certain: bool, across_machines: bool, output: Path | None
) -> int:
    """Did it get slower? HEAD against BASE, two runs; or the two sides of one RUN that measured both in alternation.

    Writes verdict.json and verdict.md, and says by its exit status: 0 same or faster; 1 slower, or a case that had a
    time fails now; 2 bad input; 10 uncertain, with --certain; 11 nothing was measured in both; 12 an output was wrong
    or a time impossible; 13 the machines differ.
    """
    if len(folders) > 2:
        raise click.UsageError("two runs, BASE and HEAD, or one that measured two environments")
    from reports import comparison, ends, outcome, verdict, verdict_terminal

    found = comparison.compare(*ends.of(folders), margin)
    result = outcome.of(found, certain, across_machines)
    target = output or folders[-1]
    verdict.write(target, found, result)
    verdict_terminal.show(found, result, target / verdict.NAMES[1])
    return result.status


@main.command()
@click.argument("folders", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: the first run]")
def bandwidth(folders: tuple[Path, ...], output: Path | None) -> int:
    """How near is each time to what memory allows? bandwidth.md: bytes moved in a second, beside the copy's."""
    from reports import bandwidth as chapter
    from reports import files, load, tidy

    text = chapter.markdown(tidy.table([load.read(folder) for folder in folders]))
    target = output or folders[0]
    files.write_all(target, {"bandwidth.md": text.encode()})
    click.echo(f"bandwidth: {target / 'bandwidth.md'}")
    return 0


@main.command()
@click.argument("paths", nargs=-1, metavar="[FOLDER_OR_PARQUET]...", type=FOLDERS)
@click.option("--out", "--output", "output", metavar="DIR", type=FOLDERS, help="Where to write. [default: see above]")
@click.option("--diff", nargs=2, metavar="OLD NEW", help="Compare two folders or files, or two versions within PATHS.")
def accuracy(paths: tuple[Path, ...], output: Path | None, diff: tuple[str, str] | None) -> int:
    """Report how exact every result is: accuracy.html, accuracy.md, accuracy.csv, from records of the atlas.

    Without a path the committed atlas is read. The files go to the first folder named, or to results/accuracy.

    With --diff: which subjects changed from OLD to NEW, on the terminal and in accuracy-diff.md; the exit status is 0
    whatever changed.
    """
    from reports.accuracy import atlas, changes, compare, load, render, terminal

    target = output or (paths[0] if paths and paths[0].is_dir() else Path("results", "accuracy"))
    if diff:
        both = compare.sides(*diff, paths)
        terminal.compared(both, changes.write(target, both))
        return 0
    found = load.read(paths)
    rows = atlas.tidy(found.rows)
    terminal.show(rows, found.notes, render.write(target, rows, found.notes))
    return 0


def of_portraits(page: Callable[..., int]) -> Callable[..., int]:
    """The options of a page that is made from portraits."""
    options = (
        click.option("--portrait", "store", metavar="DIR", type=FOLDERS, help=PORTRAITS),
        click.option("--run", "folder", metavar="RUN", type=FOLDERS, help="The run that the costs are taken from."),
        click.option("--output", metavar="DIR", type=FOLDERS, help="Where to write. [default: DIR, or results]"),
    )
    return functools.reduce(lambda function, option: option(function), reversed(options), page)


def page_of_portraits(name: str, store: Path | None, folder: Path | None, output: Path | None) -> int:
    """Write the page of `reports.NAME.render`."""
    from reports import load, tidy
    from reports.cards import costs
    from reports.cards.load import chosen

    gallery = chosen(store)
    table = costs.table(tidy.table([load.read(folder)])) if folder else None
    for note in gallery.notes:
        click.echo(f"left out: {note}", err=True)
    chapter = importlib.import_module(f"reports.{name}.render").chapter(gallery, table)
    target = output or store or Path("results")
    click.echo(f"{name}: {chapter.write(target)}")
    return 0


@main.command()
@of_portraits
def cards(store: Path | None, folder: Path | None, output: Path | None) -> int:
    """A card for each activation alone: cards.html and cards.md."""
    return page_of_portraits("cards", store, folder, output)


@main.command()
@of_portraits
def guide(store: Path | None, folder: Path | None, output: Path | None) -> int:
    """The beginners' guide beside what was measured, alone: guide.html and guide.md."""
    return page_of_portraits("guide", store, folder, output)


if __name__ == "__main__":
    sys.exit(run_cli(main))
