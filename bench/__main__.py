"""The command `python -m bench`, which times the activations and reports.

Frameworks and other slow imports are deferred until they are needed.
"""

import sys
from pathlib import Path
from typing import Any

import click

from backends.spelling import hint
from bench.core import cases, environment, processors, shapes
from bench.core.cli import run_cli
from bench.core.options import interpreters, names
from bench.core.results import BASE, HEAD, Plan, Side
from bench.speed import command, resume


def numbers(text: str | None) -> tuple[int, ...] | None:
    """Return the sizes in a list such as `1e3,1e6`, `2^20` or `1M`."""
    return shapes.counts(names(text), "size", "1e3,1e6")


def threads(counts: tuple[str, ...], cores: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """Return the numbers of threads, each once. `all` is every core, or as many as a container's quota allows."""
    available = len(cores or environment.cores())
    for text in counts:
        if text != "all" and (not text.isdecimal() or not 1 <= int(text) <= available):
            suggestion = hint(text, ("all",))
            raise LookupError(f"unknown number of threads {text!r}{suggestion} (choose from 1 to {available}, or all)")
    most = processors.most_threads(cores)
    return tuple(dict.fromkeys(most if text == "all" else int(text) for text in counts))


def sides_of(base: str | None, head: str | None, pythons: dict[str, str], choice: cases.Choice) -> tuple[Side, ...]:
    """Return the single side of an ordinary run, or the two sides of a comparison."""
    if base is None and head is None:
        return (Side(pythons),)
    if base is None:
        raise LookupError("--head needs --base beside it")
    return side(BASE, base, pythons, choice), side(HEAD, head, pythons, choice)


def side(name: str, where: str | None, pythons: dict[str, str], choice: cases.Choice) -> Side:
    """Return the side at `where`: an interpreter, a checkout or `keras`; the default environment for None."""
    if where is None:
        return Side(pythons, name)
    if where == "keras":
        return Side(pythons, name, keras=True)
    if (Path(where) / "backends" / "interface.py").is_file():
        return Side(pythons, name, where, checkout=str(Path(where).absolute()))
    if not Path(where).is_file():
        raise LookupError(f"--{name} {where!r} is no interpreter and no checkout (or say keras)")
    if not choice.backends or len(choice.backends) > 1:
        raise LookupError(f"--{name} with an interpreter needs --backend with one name")
    return Side({**pythons, choice.backends[0]: str(Path(where).absolute())}, name)


def allowed_code(values: dict[str, Any]) -> resume.AllowedCode:
    """Return everything that the options allow a resumed run to execute."""
    sides = {name: values[name] for name in (BASE, HEAD) if values[name] and values[name] != "keras"}
    programs = str(Path(values["programs"]).absolute()) if values["programs"] else ""
    pythons = interpreters(values["interpreter"])
    return resume.AllowedCode(pythons, {name: str(Path(where).absolute()) for name, where in sides.items()}, programs)


LIST_OPTIONS = {
    "backend": "Backends; all installed ones if not given.",
    "activation": "Activations, or one parameter case such as relu[max_value=3.0]; all if not given.",
    "direction": "Directions: forward, backward, step.",
    "mode": "Modes: eager, compiled.",
    "dtype": "Dtypes: float16, bfloat16, float32, float64.",
    "size": "Numbers of elements, such as 1e3,1e6, 2^20 or 1M.",
    "row": "Row lengths of softmax, glu, ..., such as 128256, with as many rows as a size holds; mostly 1000.",
    "shape": "Rows by their length, such as 4096x4096, instead of --size and --row.",
    "threads": "Numbers of threads, or all; those of the profile, mostly 1, if not given.",
}


def options(function: Any) -> Any:
    """Add the options that take comma lists, in the order of the table."""
    for name, text in reversed(LIST_OPTIONS.items()):
        function = click.option(f"--{name}", metavar="LIST", help=text)(function)
    return function


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@options
@click.option("--device", default="cpu", show_default=True, help="cpu or gpu.")
@click.option("--cores", metavar="LIST", help="Processors to choose from, such as 0-7 or 0,2,4; all if not given.")
@click.option("--cache", default="cold", show_default=True, help="Inputs: cold, or hot in the processor's cache.")
@click.option("--profile", default="quick", show_default=True, help="One of " + ", ".join(cases.PROFILES) + ".")
@click.option("--list", "only_list", is_flag=True, help="Show what would run and about how long it takes.")
@click.option("--results", default="results", show_default=True, type=click.Path(), help="Folder of all runs.")
@click.option("--run", "run_name", help="Name of this run's folder; the time if not given.")
@click.option("--resume", metavar="RUN", help="Resume a run: measure only what is missing.")
@click.option("--programs", metavar="DIR", type=click.Path(), help="Folder that keeps compiled programs between runs.")
@click.option("--report/--no-report", "reported", default=True, help="Write the report at the end, or a plain table.")
@click.option("--interpreter", multiple=True, metavar="NAME=PATH", help="The Python that runs a backend. Repeatable.")
@click.option("--base", metavar="WHERE", help="Compare two sides: a Python, a checkout of this project, or keras.")
@click.option("--head", metavar="WHERE", help="The side to compare with --base; the default environment if not given.")
def main(**values: Any) -> int:
    """Time the activations, forward and backward, on the frameworks that are installed, and report."""
    folder = Path(values["results"]).absolute()
    for name in filter(None, (values["run_name"], values["resume"])):
        if Path(name).name != name:
            raise LookupError(f"{name!r} is no name of a run (it is one folder inside of {values['results']})")
    if values["resume"]:
        return resume.resume(folder / values["resume"], allowed_code(values), reported=values["reported"])
    if values["profile"] not in cases.PROFILES:
        cases.Choice(profile=values["profile"]).checked()
    cores = processors.parse(values["cores"])
    choice = cases.Choice(
        backends=names(values["backend"]),
        activations=names(values["activation"]),
        directions=names(values["direction"]),
        modes=names(values["mode"]),
        dtypes=names(values["dtype"]),
        sizes=numbers(values["size"]),
        rows=shapes.counts(names(values["row"]), "row", "1024,128256"),
        matrices=shapes.shapes(names(values["shape"])),
        device=values["device"],
        threads=threads(names(values["threads"]) or cases.PROFILES[values["profile"]].threads, cores),
        cache=values["cache"],
        profile=values["profile"],
        cores=cores,
    ).checked()
    sides = sides_of(values["base"], values["head"], interpreters(values["interpreter"]), choice)
    if values["only_list"]:
        return command.show(choice)
    programs = str(Path(values["programs"]).absolute()) if values["programs"] else ""
    second = len(sides) > 1 and not any(side.keras for side in sides)
    plan = Plan(choice, (), sides, second_look=second, programs=programs)
    return command.start(plan, folder, values["run_name"], reported=values["reported"])


if __name__ == "__main__":
    sys.exit(run_cli(main))
