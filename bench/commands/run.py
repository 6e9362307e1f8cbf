"""`python -m bench run`, the default: time the activations and report."""

from pathlib import Path
from typing import Any

import click

from bench.commands.list import case_options, choice_of, show
from bench.core.options import SETTINGS, combine, epilog, interpreter_option, interpreters
from bench.core.results import Plan
from bench.speed.sides import sides_of

run_options = combine(
    click.option("--list", "only_list", is_flag=True, help="Show what would run and about how long it takes."),
    click.option("--resume", metavar="RUN", help="Resume a run: measure only what is missing."),
    click.option("--results", default="results", show_default=True, type=click.Path(), help="Folder of all runs."),
    click.option("--run", "run_name", help="Name of this run's folder; the time if not given."),
    click.option("--programs", metavar="DIR", type=click.Path(), help="Folder of compiled programs to keep."),
    click.option("--report/--no-report", "reported", default=True, help="Report at the end, or print a plain table."),
    interpreter_option,
    click.option("--base", metavar="WHERE", help="Compare two sides: a Python, a checkout of this project, or keras."),
    click.option("--head", metavar="WHERE", help="The other side; the default environment if not given."),
)
"""The options of a run beside those that choose its cases."""
EXAMPLES = (
    "run --backend torch,jax --activation gelu,relu --mode compiled",
    "run --dtype bfloat16 --size 1e3,1e6 --threads 1,all",
)
STATUSES = {
    0: "measured",
    1: "a case ended in an error or timed out",
    11: "nothing was measured",
    12: "a result was wrong or a time impossible",
}


def folder_of(values: dict[str, Any]) -> Path:
    """Return the folder of all runs; raise LookupError for a name that is no folder inside of it."""
    for name in filter(None, (values["run_name"], values["resume"])):
        if Path(name).name != name:
            raise LookupError(f"{name!r} is no name of a run (it is one folder inside of {values['results']})")
    return Path(values["results"]).absolute()


def programs_of(values: dict[str, Any]) -> str:
    """Return the folder of compiled programs; empty if they are not kept."""
    return str(Path(values["programs"]).absolute()) if values["programs"] else ""


def plan_of(values: dict[str, Any]) -> Plan:
    """Return the plan that the values of the options make; raise LookupError with the fault and the choices."""
    choice = choice_of(values)
    sides = sides_of(values["base"], values["head"], interpreters(values["interpreter"]), choice)
    second = len(sides) > 1 and not any(side.keras for side in sides)
    return Plan(choice, (), sides, second_look=second, programs=programs_of(values))


def resume(values: dict[str, Any]) -> int:
    """Resume a run; return its exit status."""
    folder = folder_of(values) / values["resume"]
    from bench.speed import resume as resuming

    pythons = interpreters(values["interpreter"])
    allowed = resuming.allowed_code(pythons, values["base"], values["head"], programs_of(values))
    return resuming.resume(folder, allowed, reported=values["reported"])


def execute(values: dict[str, Any]) -> int:
    """Resume, list or start a run; return its exit status."""
    if values["resume"]:
        return resume(values)
    folder, plan = folder_of(values), plan_of(values)
    if values["only_list"]:
        return show(plan.choice, interpreters(values["interpreter"]))
    from bench.speed import command

    return command.start(plan, folder, values["run_name"], reported=values["reported"])


@click.command(context_settings=SETTINGS, epilog=epilog(*EXAMPLES, statuses=STATUSES))
@case_options
@run_options
def main(**values: Any) -> int:
    """Time the activations and write a report.

    They are timed forward and backward, on the frameworks that are installed.
    """
    return execute(values)
