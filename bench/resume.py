"""Going on with a run. Its folder may have been damaged meanwhile, or have come from somebody else.

What a plan would have executed is therefore compared with what the command line names, and refused where it names
something else: interpreters, checkouts, folders of compiled programs, environment variables.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench import command, environment, facts, processors, reading, results
from bench.decode import decode
from bench.facts import Facts
from bench.faults import BadInput
from bench.results import Plan, Side

MOST_NAMED = 5
"""Damaged lines that are named; the others are counted."""


@dataclass(frozen=True)
class Named:
    """What the command line names that may be executed."""

    interpreters: Mapping[str, str] = field(default_factory=dict)
    """By backend."""
    sides: Mapping[str, str] = field(default_factory=dict)
    """An interpreter or a checkout for base and head."""
    programs: str = ""
    """The folder of compiled programs."""


def resume(folder: Path, named: Named, *, reported: bool) -> int:
    """Go on with a run: its plan, less what has a record."""
    plan = Plan.load(folder)
    processors.refuse_missing(plan.choice.cores)
    refuse_unnamed(folder / "plan.json", plan, named)
    with results.owned(folder):
        same_versions(folder, plan)
        damaged = results.damaged(folder)
        for place in damaged[:MOST_NAMED]:
            command.say(f"set aside: {place} is damaged; its case is measured again")
        if len(damaged) > MOST_NAMED:
            command.say(f"set aside: {len(damaged) - MOST_NAMED:,} more damaged lines")
        return command.finish(folder, plan, reported=reported)


def refuse_unnamed(path: Path, plan: Plan, named: Named) -> None:
    """BadInput, with the option that allows it, where a plan executes what the command line does not name."""
    for fault, option in unnamed(plan, named):
        raise BadInput(f"{path} {fault}, which this command does not name; add {option} if you trust it")


def unnamed(plan: Plan, named: Named) -> Iterator[tuple[str, str]]:
    """What a plan executes beside the project's own and what is named, with the option that names it."""
    for side in plan.sides:
        given = named.sides.get(side.name, "")
        for backend, python in side.interpreters.items():
            if python not in (sys.executable, named.interpreters.get(backend), given):
                yield f"runs {backend} with {python!r}", option(side, backend, python)
        if side.checkout not in ("", str(environment.ROOT), given):
            yield f"measures the checkout {side.checkout!r}", f"--{side.name}={side.checkout}"
        if side.variables:
            yield f"sets the variables {', '.join(side.variables)}", "them to the environment and start a new run"
    if plan.programs not in ("", named.programs):
        yield f"loads compiled programs from {plan.programs!r}", f"--programs={plan.programs}"


def option(side: Side, backend: str, python: str) -> str:
    """The option that names an interpreter of a side."""
    return f"--{side.name}={python}" if side.name else f"--interpreter={backend}={python}"


def same_versions(folder: Path, plan: Plan) -> None:
    """BadInput where what would be measured now is not what was measured before."""
    names = tuple(dict.fromkeys(case.backend for case in plan.cases))
    found = {side.name: facts.probe(names, side) for side in plan.sides}
    try:
        known = recorded_versions(folder, plan)
    except (BadInput, OSError) as error:
        rewrite_facts(folder, plan, found, str(error))
        return
    for side in plan.sides:
        for name, fact in found[side.name].items():
            now, before = fact.get("version") or "cannot be loaded", known[side.name].get(name, "nothing of")
            if now != before:
                raise BadInput(f"{folder.name} measured {name} {before}, and now it is {now}")


def recorded_versions(folder: Path, plan: Plan) -> dict[str, dict[str, str]]:
    """The versions that a run has measured, by side and backend; BadInput or OSError where that is not known."""
    path = folder / "environment.json"
    try:
        kept = decode(dict[str, Any], reading.json_file(path), "its content")
        sides = decode(dict[str, Any], kept["sides"], "sides") if len(plan.sides) > 1 else {"": kept}
        return {side.name: versions_of(sides[side.name]) for side in plan.sides}
    except (ValueError, LookupError) as error:
        raise BadInput(f"{path} cannot be read: {reading.reason(error)}") from None


def versions_of(facts: Any) -> dict[str, str]:
    """The versions that the facts of a side hold; ValueError or LookupError where they hold none."""
    backends = decode(dict[str, dict[str, Any]], decode(dict[str, Any], facts, "facts")["backends"], "backends")
    return {name: decode(str, fact["version"], f"version of {name}") for name, fact in backends.items()}


def rewrite_facts(folder: Path, plan: Plan, found: dict[str, Facts], fault: str) -> None:
    """Write the facts anew where they are damaged, and the labels of the sides tell that the versions are the same."""
    for side in plan.sides:
        able, _ = facts.usable(plan.choice, found[side.name])
        now = facts.labelled(replace(side, label=""), {name: found[side.name][name] for name in able}).label
        if not side.checkout and side.label != now:
            raise BadInput(f"{fault}; {folder.name} measured {side.label}, and now it is {now}")
    path = folder / "environment.json"
    if path.is_file():
        path.replace(path.with_name(f"{path.name}.damaged"))
    command.say(f"{fault}; it is written anew, as {path.name}.damaged the old one is kept")
    command.keep_facts(folder, plan, found)
