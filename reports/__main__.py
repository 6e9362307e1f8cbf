"""`python -m reports results/RUN ...`: the report of one or more runs."""

import sys
from pathlib import Path

import click

from reports.fault import BadRun


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folders", nargs=-1, required=True, metavar="RUN...", type=click.Path(path_type=Path))
@click.option("--output", metavar="DIR", type=click.Path(path_type=Path), help="Where to write. [default: the run]")
def main(folders: tuple[Path, ...], output: Path | None) -> int:
    """Report one run or several: report.html, report.md, table.csv, table.parquet, and a table here.

    The report of several runs goes to a folder `report` beside them.
    """
    from reports import load

    runs = [load.read(folder) for folder in folders]
    if len({run.name for run in runs}) < len(runs):
        raise BadRun("two of the runs have the same name; rename a folder to tell them apart")
    from reports import render, terminal

    table = load.tidy(runs)
    target = output or (folders[0] if len(folders) == 1 else folders[0].resolve().parent / "report")
    try:
        report = render.write(target, runs, table)
    except OSError as error:
        raise BadRun(f"cannot write to {target}: {error.strerror or error}") from None
    terminal.show(table, report, sum(len(run.damaged) for run in runs))
    return 0


def fail(message: str) -> int:
    """One line and exit status 2."""
    click.echo(f"error: {message}", err=True)
    return 2


def guarded() -> int:
    """Run `main`; what the user can put right becomes one line."""
    try:
        return int(main.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        return fail(error.format_message())
    except BadRun as error:
        return fail(str(error))
    except ModuleNotFoundError as error:
        return fail(f"the report needs the package {error.name!r}: python -m pip install --group reports")
    except (click.Abort, KeyboardInterrupt):
        return 130


if __name__ == "__main__":
    sys.exit(guarded())
