"""`python -m bench`: time the activations and report. Everything heavy is imported when it is needed."""

import signal
import sys
from pathlib import Path
from typing import Any

import click

from bench import cases, command


def numbers(text: str | None) -> tuple[int, ...] | None:
    """Sizes, `1e3,1e6` or `1000,1000000`."""
    try:
        sizes = tuple(int(float(part)) for part in names(text) or ())
    except (ValueError, OverflowError):
        sizes = (0,)
    if any(size < 1 for size in sizes):
        raise LookupError(f"unknown size {text!r} (choose numbers of elements, such as 1e3,1e6)")
    return sizes or None


def names(text: str | None) -> tuple[str, ...] | None:
    """A comma list; commas inside of brackets belong to a parameter case."""
    if text is None:
        return None
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(dict.fromkeys(part.strip() for part in parts))


def threads(text: str) -> int:
    """`all`, or how many."""
    from bench.environment import cores

    available = len(cores())
    if text == "all":
        return available
    if not text.isdecimal() or not 1 <= int(text) <= available:
        raise LookupError(f"unknown number of threads {text!r} (choose from 1 to {available}, or all)")
    return int(text)


def interpreters(given: tuple[str, ...]) -> dict[str, str]:
    """`NAME=PATH`, one for each."""
    found = {}
    for item in given:
        name, _, path = item.partition("=")
        cases.Choice(backends=(name,)).checked()
        if not Path(path).is_file():
            raise LookupError(f"no interpreter at {path!r} for backend {name!r}")
        found[name] = str(Path(path).absolute())  # not resolved: a virtual environment's Python is a link
    return found


LIST_OPTIONS = {
    "backend": "Backends; all installed ones if not given.",
    "activation": "Activations, or one parameter case such as relu[max_value=3.0]; all if not given.",
    "direction": "Of forward, backward, step.",
    "mode": "Of eager, compiled.",
    "dtype": "Of float16, bfloat16, float32, float64.",
    "size": "Numbers of elements, such as 1e3,1e6.",
}


def options(function: Any) -> Any:
    """The comma lists, in the order of the table."""
    for name, words in reversed(LIST_OPTIONS.items()):
        function = click.option(f"--{name}", metavar="LIST", help=words)(function)
    return function


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@options
@click.option("--device", default="cpu", show_default=True, help="cpu or gpu.")
@click.option("--threads", "thread_text", default="1", show_default=True, help="A number, or all.")
@click.option("--profile", default="quick", show_default=True, help="Of " + ", ".join(cases.PROFILES) + ".")
@click.option("--list", "only_list", is_flag=True, help="Show what would run and about how long it takes.")
@click.option("--results", default="results", show_default=True, type=click.Path(), help="Folder of all runs.")
@click.option("--run", "run_name", help="Name of this run's folder; the time if not given.")
@click.option("--resume", metavar="RUN", help="Go on with a run: do only what is missing.")
@click.option("--interpreter", multiple=True, metavar="NAME=PATH", help="The Python that runs a backend. Repeatable.")
def main(**given: Any) -> int:
    """Time the activations, forward and backward, on the frameworks that are installed, and report."""
    folder = Path(given["results"]).absolute()
    for name in filter(None, (given["run_name"], given["resume"])):
        if Path(name).name != name:
            raise LookupError(f"{name!r} is no name of a run (it is one folder inside of {given['results']})")
    if given["resume"]:
        return command.resume(folder, given["resume"])
    choice = cases.Choice(
        backends=names(given["backend"]),
        activations=names(given["activation"]),
        directions=names(given["direction"]),
        modes=names(given["mode"]),
        dtypes=names(given["dtype"]),
        sizes=numbers(given["size"]),
        device=given["device"],
        threads=threads(given["thread_text"]),
        profile=given["profile"],
    ).checked()
    pythons = interpreters(given["interpreter"])
    if given["only_list"]:
        return command.show(choice)
    return command.start(choice, folder, given["run_name"], pythons)


def fail(message: str) -> int:
    """One line and exit status 2."""
    click.echo(f"error: {message}", err=True)
    return 2


def guarded() -> int:
    """Run `main`; what the user can put right becomes one line."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a stopped CI job keeps what it measured too
    try:
        return int(main.main(standalone_mode=False) or 0)
    except click.ClickException as error:
        return fail(error.format_message())
    except LookupError as error:
        return fail(str(error.args[0]))
    except (command.BadInput, OSError) as error:
        return fail(str(error))
    except (click.Abort, KeyboardInterrupt):
        return 130


if __name__ == "__main__":
    sys.exit(guarded())
