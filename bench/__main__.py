"""`python -m bench`: time the activations and report. Everything heavy is imported when it is needed."""

import sys
from pathlib import Path
from typing import Any

import click

from backends.spelling import hint, split
from bench import cases, command, environment, processors, resume, shapes
from bench.cli import run_cli
from bench.results import BASE, HEAD, Plan, Side


def numbers(text: str | None) -> tuple[int, ...] | None:
    """Sizes: `1e3,1e6`, `2^20`, `1M`."""
    return shapes.counts(names(text), "size", "1e3,1e6")


def names(text: str | None) -> tuple[str, ...] | None:
    """A comma list; commas inside of brackets belong to a parameter case."""
    if text is None:
        return None
    return tuple(dict.fromkeys(split(text)))


def threads(counts: tuple[str, ...], cores: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """`all`, or how many of the cores; each once. A container's quota bounds `all` alone."""
    available = len(cores or environment.cores())
    for text in counts:
        if text != "all" and (not text.isdecimal() or not 1 <= int(text) <= available):
            meant = hint(text, ("all",))
            raise LookupError(f"unknown number of threads {text!r}{meant} (choose from 1 to {available}, or all)")
    most = processors.most_threads(cores)
    return tuple(dict.fromkeys(most if text == "all" else int(text) for text in counts))


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


def sides_of(base: str | None, head: str | None, found: dict[str, str], choice: cases.Choice) -> tuple[Side, ...]:
    """The one side of an ordinary run, or the two of a comparison."""
    if base is None and head is None:
        return (Side(found),)
    if base is None:
        raise LookupError("--head needs --base beside it")
    return side(BASE, base, found, choice), side(HEAD, head, found, choice)


def side(name: str, where: str | None, found: dict[str, str], choice: cases.Choice) -> Side:
    """What WHERE names, or what would be measured without it."""
    if where is None:
        return Side(found, name)
    if where == "keras":
        return Side(found, name, keras=True)
    if (Path(where) / "backends" / "interface.py").is_file():
        return Side(found, name, where, checkout=str(Path(where).absolute()))
    if not Path(where).is_file():
        raise LookupError(f"--{name} {where!r} is no interpreter and no checkout (or say keras)")
    if not choice.backends or len(choice.backends) > 1:
        raise LookupError(f"--{name} with an interpreter needs --backend with one name")
    return Side({**found, choice.backends[0]: str(Path(where).absolute())}, name)


def named(given: dict[str, Any]) -> resume.Named:
    """What the options name that a run which is resumed may execute."""
    sides = {name: given[name] for name in (BASE, HEAD) if given[name] and given[name] != "keras"}
    programs = str(Path(given["programs"]).absolute()) if given["programs"] else ""
    pythons = interpreters(given["interpreter"])
    return resume.Named(pythons, {name: str(Path(where).absolute()) for name, where in sides.items()}, programs)


LIST_OPTIONS = {
    "backend": "Backends; all installed ones if not given.",
    "activation": "Activations, or one parameter case such as relu[max_value=3.0]; all if not given.",
    "direction": "Of forward, backward, step.",
    "mode": "Of eager, compiled.",
    "dtype": "Of float16, bfloat16, float32, float64.",
    "size": "Numbers of elements, such as 1e3,1e6, 2^20 or 1M.",
    "row": "Lengths of the rows of softmax, glu, ..., such as 128256; as many rows as a size holds. Mostly 1000.",
    "shape": "Rows by their length, such as 4096x4096, instead of --size and --row.",
    "threads": "Numbers, or all; the profile's, mostly 1, if not given.",
}


def options(function: Any) -> Any:
    """The comma lists, in the order of the table."""
    for name, words in reversed(LIST_OPTIONS.items()):
        function = click.option(f"--{name}", metavar="LIST", help=words)(function)
    return function


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@options
@click.option("--device", default="cpu", show_default=True, help="cpu or gpu.")
@click.option("--cores", metavar="LIST", help="Processors to choose from, such as 0-7 or 0,2,4; all if not given.")
@click.option("--cache", default="cold", show_default=True, help="Inputs: cold, or hot in the processor's cache.")
@click.option("--profile", default="quick", show_default=True, help="Of " + ", ".join(cases.PROFILES) + ".")
@click.option("--list", "only_list", is_flag=True, help="Show what would run and about how long it takes.")
@click.option("--results", default="results", show_default=True, type=click.Path(), help="Folder of all runs.")
@click.option("--run", "run_name", help="Name of this run's folder; the time if not given.")
@click.option("--resume", metavar="RUN", help="Go on with a run: do only what is missing.")
@click.option("--programs", metavar="DIR", type=click.Path(), help="Keep compiled programs there between runs.")
@click.option("--report/--no-report", "reported", default=True, help="Write the report at the end, or a plain table.")
@click.option("--interpreter", multiple=True, metavar="NAME=PATH", help="The Python that runs a backend. Repeatable.")
@click.option("--base", metavar="WHERE", help="Compare in alternation: a Python, a checkout of this, keras.")
@click.option("--head", metavar="WHERE", help="What is compared with it; what is measured without --base if not given.")
def main(**given: Any) -> int:
    """Time the activations, forward and backward, on the frameworks that are installed, and report."""
    folder = Path(given["results"]).absolute()
    for name in filter(None, (given["run_name"], given["resume"])):
        if Path(name).name != name:
            raise LookupError(f"{name!r} is no name of a run (it is one folder inside of {given['results']})")
    if given["resume"]:
        return resume.resume(folder / given["resume"], named(given), reported=given["reported"])
    if given["profile"] not in cases.PROFILES:
        cases.Choice(profile=given["profile"]).checked()
    cores = processors.parse(given["cores"])
    choice = cases.Choice(
        backends=names(given["backend"]),
        activations=names(given["activation"]),
        directions=names(given["direction"]),
        modes=names(given["mode"]),
        dtypes=names(given["dtype"]),
        sizes=numbers(given["size"]),
        rows=shapes.counts(names(given["row"]), "row", "1024,128256"),
        matrices=shapes.shapes(names(given["shape"])),
        device=given["device"],
        threads=threads(names(given["threads"]) or cases.PROFILES[given["profile"]].threads, cores),
        cache=given["cache"],
        profile=given["profile"],
        cores=cores,
    ).checked()
    sides = sides_of(given["base"], given["head"], interpreters(given["interpreter"]), choice)
    if given["only_list"]:
        return command.show(choice)
    programs = str(Path(given["programs"]).absolute()) if given["programs"] else ""
    second = len(sides) > 1 and not any(side.keras for side in sides)
    plan = Plan(choice, (), sides, second_look=second, programs=programs)
    return command.start(plan, folder, given["run_name"], reported=given["reported"])


if __name__ == "__main__":
    sys.exit(run_cli(main))
