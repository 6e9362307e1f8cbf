"""Resuming of a run. Its folder may have been damaged meanwhile, or come from someone else.

The interpreters, checkouts, folders of compiled programs and environment variables of a plan are therefore compared
with those that the command line names, and a plan that executes anything else is refused.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.core import environment, facts, processors, reading, results
from bench.core.cli import echo
from bench.core.facts import Facts
from bench.core.faults import BadInput
from bench.core.machine import RunVersions
from bench.core.results import BASE, HEAD, Plan, Side
from bench.speed import command

MOST_NAMED = 5
"""The most damaged lines that are named; the others are counted."""


@dataclass(frozen=True)
class AllowedCode:
    """The code that the command line allows a resumed run to execute."""

    interpreters: Mapping[str, str] = field(default_factory=dict)
    """The interpreters by backend."""
    sides: Mapping[str, str] = field(default_factory=dict)
    """The interpreters or checkouts of base and head."""
    programs: str = ""
    """The folder of compiled programs."""


def allowed_code(pythons: Mapping[str, str], base: str | None, head: str | None, programs: str) -> AllowedCode:
    """Return everything that the options of a command allow a resumed run to execute."""
    places = {BASE: base, HEAD: head}
    sides = {name: str(Path(where).absolute()) for name, where in places.items() if where and where != "keras"}
    return AllowedCode(pythons, sides, programs)


def resume(folder: Path, allowed: AllowedCode, *, reported: bool) -> int:
    """Resume a run: measure the cases of its plan that have no record yet; return the exit status."""
    plan = Plan.load(folder)
    processors.refuse_missing(plan.choice.cores)
    refuse_disallowed(folder / "plan.json", plan, allowed)
    with results.hold_folder(folder):
        require_same_versions(folder, plan)
        messages = results.damaged(folder)
        for message in messages[:MOST_NAMED]:
            echo(f"set aside: {message}; its group is measured again")
        if len(messages) > MOST_NAMED:
            echo(f"set aside: {len(messages) - MOST_NAMED:,} more damaged lines")
        return command.finish(folder, plan, reported=reported)


def refuse_disallowed(path: Path, plan: Plan, allowed: AllowedCode) -> None:
    """Raise BadInput, naming the option to add, where a plan executes code that the command line does not name."""
    for fault, option in disallowed_code(plan, allowed):
        raise BadInput(f"{path} {fault}, which this command does not name; add {option} if you trust it")


def disallowed_code(plan: Plan, allowed: AllowedCode) -> Iterator[tuple[str, str]]:
    """Yield the code of a plan that is neither the project's own nor allowed, with the option that allows it."""
    for side in plan.sides:
        place = allowed.sides.get(side.name, "")
        for backend, python in side.interpreters.items():
            if python not in (sys.executable, allowed.interpreters.get(backend), place):
                yield f"runs {backend} with {python!r}", option(side, backend, python)
        if side.checkout not in ("", str(environment.ROOT), place):
            yield f"measures the checkout {side.checkout!r}", f"--{side.name}={side.checkout}"
        if side.variables:
            yield f"sets the variables {', '.join(side.variables)}", "them to the environment and start a new run"
    if plan.programs not in ("", allowed.programs):
        yield f"loads compiled programs from {plan.programs!r}", f"--programs={plan.programs}"


def option(side: Side, backend: str, python: str) -> str:
    """Return the option that names an interpreter of a side."""
    return f"--{side.name}={python}" if side.name else f"--interpreter={backend}={python}"


def require_same_versions(folder: Path, plan: Plan) -> None:
    """Raise BadInput where a version to be measured differs from the recorded one."""
    names = tuple(dict.fromkeys(case.backend for case in plan.cases))
    current = {side.name: facts.probe(names, side) for side in plan.sides}
    try:
        recorded = recorded_versions(folder, plan)
    except (BadInput, OSError) as error:
        rewrite_facts(folder, plan, current, str(error))
        return
    for side in plan.sides:
        for name, fact in current[side.name].items():
            now, before = fact.get("version") or "cannot be loaded", recorded[side.name].get(name, "nothing of")
            if now != before:
                raise BadInput(f"{folder.name} measured {name} {before}, and now it is {now}")


def recorded_versions(folder: Path, plan: Plan) -> dict[str, dict[str, str]]:
    """Return the recorded versions by side and backend; raise BadInput or OSError where they cannot be read."""
    from bench.core import decode

    path = folder / "environment.json"
    try:
        recorded = decode.convert(RunVersions, reading.json_file(path))
        sides = recorded.sides if len(plan.sides) > 1 else {"": recorded}
        return {side.name: {n: b.version for n, b in sides[side.name].backends.items()} for side in plan.sides}
    except (ValueError, LookupError) as error:
        raise BadInput(f"{path} cannot be read: {reading.reason(error)}") from None


def rewrite_facts(folder: Path, plan: Plan, facts_by_side: dict[str, Facts], fault: str) -> None:
    """Replace damaged facts, provided that the labels of the sides show the same versions; raise BadInput otherwise."""
    for side in plan.sides:
        names, _ = facts.usable(plan.choice, facts_by_side[side.name])
        now = facts.with_label(replace(side, label=""), {name: facts_by_side[side.name][name] for name in names}).label
        if not side.checkout and side.label != now:
            raise BadInput(f"{fault}; {folder.name} measured {side.label}, and now it is {now}")
    path = folder / "environment.json"
    if path.is_file():
        path.replace(path.with_name(f"{path.name}.damaged"))
    echo(f"{fault}; it is written anew, as {path.name}.damaged the old one is kept")
    command.keep_facts(folder, plan, facts_by_side)
