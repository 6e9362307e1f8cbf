"""What the command line does: check, plan, run, report."""

import importlib.util
import shlex
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import cases, environment, estimate, facts, processors, results, runner, variables
from bench.cases import PROFILES, Case, Choice, Record
from bench.facts import Facts
from bench.faults import BadInput
from bench.results import Plan
from bench.text import lines

FAILED, NOTHING_MEASURED, WRONG, INTERRUPTED = 1, 11, 12, 130
WIDEST = 10_000
"""Characters of a line, which may hold what a framework or a file says."""
LOUD = 0.7  # of the cores busy with something else
REPORT_NEEDS = ("pandas", "altair", "jinja2", "rich", "pyarrow", "scipy")


def say(text: str) -> None:
    """A line for the reader, now."""
    sys.stdout.write(lines(text, WIDEST) + "\n")
    sys.stdout.flush()


def show(choice: Choice) -> int:
    """What would run, by backend, and about how long it takes."""
    planned = planned_cases(choice)
    say(f"profile {choice.profile}: {sized(planned, choice)} (measured on two cores of an EPYC)")
    for backend, count in Counter(case.backend for case in planned).items():
        mine = [case for case in planned if case.backend == backend]
        kinds = Counter((c.mode, c.direction) for c in mine if not c.is_reference)
        say(
            f"  {backend:<12}{count:>5} cases  {estimate.about(mine, choice):>8}  "
            + ", ".join(f"{n} {m} {d}" for (m, d), n in kinds.items())
        )
    return 0


def sized(planned: tuple[Case, ...], choice: Choice, sides: int = 1) -> str:
    """`452 cases in 3 passes, about 4 min`."""
    passes = PROFILES[choice.profile].passes
    both = " of both sides" if sides > 1 else ""
    return f"{len(planned)} cases in {passes} passes{both}, about {estimate.about(planned, choice, sides)}"


def planned_cases(choice: Choice) -> tuple[Case, ...]:
    """The plan, with something in it."""
    planned = cases.plan(choice)
    able = {case.backend for case in planned if not case.is_reference}
    for backend in choice.backends or ():
        if backend not in able:
            raise BadInput(f"backend {backend!r} has only mode {', '.join(cases.modes_of(backend))}")
    return tuple(case for case in planned if case.backend in able)


def start(wanted: Plan, folder: Path, name: str | None, *, reported: bool) -> int:
    """A new run: the plan's choice and sides, once it is known what can run."""
    choice, found = wanted.choice, dict[str, Facts]()
    if len(wanted.sides) > 1 and not (reported and can_report()):
        raise BadInput(f"a comparison is judged by its report: it needs {', '.join(REPORT_NEEDS)}")
    able = tuple(dict.fromkeys(case.backend for case in planned_cases(choice)))
    for side in wanted.sides:
        found[side.name] = facts.probe(able, side)
        able, left_out = facts.usable(choice, found[side.name])
        for reason in left_out:
            say(f"left out: {reason}")
    choice = replace(choice, backends=able)
    found = {side: {name: told[name] for name in able} for side, told in found.items()}
    labelled = tuple(facts.labelled(side, found[side.name]) for side in wanted.sides)
    plan = replace(wanted, choice=choice, cases=planned_cases(choice), sides=labelled)

    def fill(made: Path) -> None:
        warn(keep_facts(made, plan, found), plan.choice.threads)
        refuse_compiling(made, plan, found)
        plan.save(made)

    try:
        run_folder = results.new_folder(folder, name, fill)
    except OSError as error:
        raise BadInput(f"cannot write results to {folder}: {error.strerror or error}") from None
    with results.owned(run_folder):
        return finish(run_folder, plan, reported=reported)


def keep_facts(folder: Path, plan: Plan, found: dict[str, Facts]) -> dict[str, Any]:
    """Write what the machine and the backends say of themselves beside the plan; returns the machine's."""
    mine = found[plan.sides[-1].name]
    departures = [
        {"backend": b, "version": fact["version"], **d} for b, fact in mine.items() for d in fact["divergences"]
    ]
    results.write_json(folder / "divergences.json", departures)
    bare = {
        side: {name: {k: v for k, v in fact.items() if k != "divergences"} for name, fact in told.items()}
        for side, told in found.items()
    }
    machine = environment.machine() | processors.facts(plan.choice.threads, plan.choice.cores)
    about = {"machine": machine, "threads": list(plan.choice.threads), "backends": bare[plan.sides[-1].name]}
    replaced = variables.replaced(mine, plan.choice.threads)
    about |= {"variables": variables.given(), "replaced_variables": replaced}
    for note in variables.notes(replaced, mine):
        say(f"note: {note}")
    if len(plan.sides) > 1:
        about["sides"] = {side: {"backends": told} for side, told in bare.items()}
    results.write_json(folder / "environment.json", about)
    return machine


def warn(machine: dict[str, Any], threads: Sequence[int]) -> None:
    """Say so where the machine is too busy to be trusted, or the cores are not alike."""
    for line in processors.warnings(machine, threads):
        say(f"warning: {line}")
    load, cores = (machine["load"] or [0.0])[0], len(machine["affinity"])
    if load > LOUD * cores:
        say(f"warning: the load is {load:.1f} on {cores} cores; times will be noisy")


def refuse_compiling(folder: Path, plan: Plan, found: dict[str, Facts]) -> None:
    """Say where compiling cannot work and why, and record those cases as such; eager goes on."""
    for side, backend, fact in ((s, b, fact) for s, told in found.items() for b, fact in told.items()):
        if obstacle := fact["compile_obstacle"]:
            say(f"{backend}: compiled cases are unsupported here: {obstacle}")
            theirs = [case for case in plan.cases if case.backend == backend and case.mode == "compiled"]
            results.append(folder, *(Record(case, "unsupported", obstacle, side=side) for case in theirs))


def finish(folder: Path, plan: Plan, *, reported: bool) -> int:
    """Run what is missing, report, and the exit status."""
    from bench import progress

    done = len(results.rows(folder))
    planned = runner.together(plan, range(PROFILES[plan.choice.profile].passes))
    todo = sum(len(left) for shares in planned for left in runner.missing(folder, plan, shares).values())
    total = done + todo
    more = ", then a second look at what seems changed" if plan.second_look else ""
    say(f"{sized(plan.cases, plan.choice, len(plan.sides))}{more}; {done} of {total} records are there")
    say(f"results in {folder}")
    try:
        with progress.display(total, done) as display:
            runner.run(folder, plan, display)
    except KeyboardInterrupt:
        if results.rows(folder):
            report(folder, plan, reported=reported)
        say(f"interrupted: {len(results.rows(folder))} of {total} records are kept; go on with")
        say(f"  {resuming(folder, plan)}")
        return INTERRUPTED
    except results.Full as error:
        raise BadInput(f"{error}; what was written is kept, go on with: {resuming(folder, plan)}") from None
    verdict = report(folder, plan, reported=reported)
    return status(results.rows(folder)) or verdict


def resuming(folder: Path, plan: Plan) -> str:
    """The command that goes on with a run: it names again whatever of the plan will be executed."""
    python = "python" if shutil.which("python") == sys.executable else sys.executable
    place = ("--results", str(folder.parent), "--resume", folder.name)
    return shlex.join([python, "-m", "bench", *executed(plan), *place])


def executed(plan: Plan) -> Iterator[str]:
    """Options for the interpreters, checkouts and compiled programs of a plan that are not the project's own."""
    for side in plan.sides:
        other = next((other.interpreters for other in plan.sides if other is not side), side.interpreters)
        for backend, python in side.interpreters.items():
            shared = other.get(backend) == python
            if python != sys.executable and not (shared and side is not plan.sides[0]):
                yield f"--interpreter={backend}={python}" if shared else f"--{side.name}={python}"
        if side.checkout:
            yield f"--{side.name}={side.checkout}"
    if plan.programs:
        yield f"--programs={plan.programs}"


def status(rows: list[dict[str, Any]]) -> int:
    """0, or what is wrong with a run as a whole; each fault is said once, whatever the number of its passes."""
    for line in dict.fromkeys(filter(None, map(too_many_cores, rows))):
        say(line)
    found = Counter(row["status"] for row in rows)
    faults = [row for row in rows if row["status"] not in ("ok", "unsupported")]
    for line in dict.fromkeys(f"{row['status']}: {row['case']['id']}: {row['reason']}" for row in faults):
        say(line)
    if found["wrong"] or found["impossible"]:
        return WRONG
    if not any(row["status"] == "ok" and row["case"]["activation"] not in cases.REFERENCES for row in rows):
        return NOTHING_MEASURED
    # memory that does not suffice and what a backend cannot do are findings; an error is a failure
    return FAILED if found["error"] or found["timeout"] else 0


def too_many_cores(row: dict[str, Any]) -> str:
    """Where more cores were busy than the case was to have, in words."""
    busy, case = row["extra"].get("cores_busy", 0.0), row["case"]
    if busy < case["threads"] + 0.1:
        return ""
    return f"warning: {case['backend']} had more cores than {case['threads']} busy: its threads could not be bound"


def can_report() -> bool:
    """Whether the packages of the reports are here."""
    return all(map(importlib.util.find_spec, (*REPORT_NEEDS, "reports.__main__")))


def report(folder: Path, plan: Plan, *, reported: bool) -> int:
    """The reports of the run, by a process of their own: they may import us, not we them.

    Returns the exit status of the comparison of its sides, 0 where there is one side.
    """
    if not (reported and can_report()):
        table(results.rows(folder))
        return 0
    reports = [sys.executable, "-m", "reports"]
    verdict = 0
    if len(plan.sides) > 1:
        verdict = subprocess.run([*reports, "compare", str(folder)], cwd=environment.ROOT, check=False).returncode
    if subprocess.run([*reports, str(folder)], cwd=environment.ROOT, check=False).returncode:
        table(results.rows(folder))
    return verdict


def table(rows: list[dict[str, Any]]) -> None:
    """Microseconds per call, a column for each backend and mode, where the packages of the reports are missing."""
    columns = list(dict.fromkeys(f"{row['case']['backend']} {row['case']['mode']}" for row in rows))
    cells: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for row in sorted(rows, key=lambda row: row["case"]["id"].split("-")[1:]):
        case = row["case"]
        line = f"{case['label']} {case['direction']} {case['dtype']} {case['size']} t{case['threads']} {row['side']}"
        cells.setdefault(line, {}).setdefault(f"{case['backend']} {case['mode']}", []).append(row)
    width = max(map(len, cells), default=0)
    say(f"{'µs per call':<{width}}" + "".join(f"{column:>20}" for column in columns))
    for line, found in cells.items():
        say(f"{line:<{width}}" + "".join(f"{figure(found.get(column, [])):>20}" for column in columns))


def figure(passes: list[dict[str, Any]]) -> str:
    """A cell of the table: the median of a case's passes, or what became of it."""
    if failed := [row["status"] for row in passes if row["status"] != "ok"]:
        return str(failed[0])
    medians = [statistics.median(row["block_seconds"]) for row in passes]
    return f"{statistics.median(medians) * 1e6:.3g}" if medians else ""
