"""The steps behind the command line: check, plan, run and report."""

import shlex
import shutil
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.core import environment, facts, installation, processors, reporting, results, variables
from bench.core.cases import PROFILES
from bench.core.cli import FAILED, INTERRUPTED, echo
from bench.core.facts import Facts
from bench.core.faults import BadInput
from bench.core.results import Plan
from bench.speed import runner
from bench.speed.listing import plan_size, planned_cases

if TYPE_CHECKING:
    from bench.core.record import Record

NOTHING_MEASURED, WRONG = 11, 12
BUSY_LOAD_SHARE = 0.7
"""The load per core above which other work makes times noisy."""


def start(request: Plan, folder: Path, name: str | None, *, reported: bool) -> int:
    """Start a new run of the backends that can run the plan's choice; return the exit status."""
    choice, facts_by_side = request.choice, dict[str, Facts]()
    if len(request.sides) > 1 and not reported:
        raise BadInput("a comparison is judged by its report: leave out --no-report")
    if len(request.sides) > 1 and not reporting.can_report():
        raise BadInput(f"a comparison is judged by its report: it needs {', '.join(reporting.PACKAGES)}")
    names = tuple(dict.fromkeys(case.backend for case in planned_cases(choice)))
    for side in request.sides:
        facts_by_side[side.name] = facts.probe(names, side)
        names, left_out = facts.usable(choice, facts_by_side[side.name])
        for reason in left_out:
            echo(f"left out: {reason}")
    choice = replace(choice, backends=names)
    facts_by_side = {side: {name: by_name[name] for name in names} for side, by_name in facts_by_side.items()}
    sides = tuple(facts.with_label(side, facts_by_side[side.name]) for side in request.sides)
    plan = replace(request, choice=choice, cases=planned_cases(choice), sides=sides)

    def fill(scratch: Path) -> None:
        warn(keep_facts(scratch, plan, facts_by_side), plan.choice.threads)
        refuse_compiling(scratch, plan, facts_by_side)
        plan.save(scratch)

    try:
        run_folder = results.new_folder(folder, name, fill)
    except OSError as error:
        raise BadInput(f"cannot write results to {folder}: {error.strerror or error}") from None
    with results.hold_folder(run_folder):
        return finish(run_folder, plan, reported=reported)


def keep_facts(folder: Path, plan: Plan, facts_by_side: dict[str, Facts]) -> dict[str, Any]:
    """Write the facts of the machine and the backends beside the plan; return those of the machine."""
    head_facts = facts_by_side[plan.sides[-1].name]
    divergences = [
        {"backend": b, "version": fact["version"], **d} for b, fact in head_facts.items() for d in fact["divergences"]
    ]
    results.write_json(folder / "divergences.json", divergences)
    bare = {
        side: {name: {k: v for k, v in fact.items() if k != "divergences"} for name, fact in by_name.items()}
        for side, by_name in facts_by_side.items()
    }
    machine = environment.machine() | processors.facts(plan.choice.threads, plan.choice.cores)
    content = {"machine": machine, "threads": list(plan.choice.threads), "backends": bare[plan.sides[-1].name]}
    replaced = variables.replacements(head_facts, plan.choice.threads)
    content |= {"variables": variables.framework_variables(), "replaced_variables": replaced}
    for note in variables.notes(replaced, head_facts):
        echo(f"note: {note}")
    if len(plan.sides) > 1:
        content["sides"] = {side: {"backends": by_name} for side, by_name in bare.items()}
    results.write_json(folder / "environment.json", content)
    return machine


def warn(machine: dict[str, Any], threads: Sequence[int]) -> None:
    """Print a warning where the machine is too busy for reliable times, or where its cores differ."""
    for line in processors.warnings(machine, threads):
        echo(f"warning: {line}")
    load, cores = (machine["load"] or [0.0])[0], len(machine["affinity"])
    if load > BUSY_LOAD_SHARE * cores:
        echo(f"warning: the load is {load:.1f} on {cores} cores; times will be noisy")


def refuse_compiling(folder: Path, plan: Plan, facts_by_side: dict[str, Facts]) -> None:
    """Print why a backend cannot compile here, and record its compiled cases as unsupported."""
    from bench.core.record import Record

    for side, backend, fact in ((s, b, fact) for s, by_name in facts_by_side.items() for b, fact in by_name.items()):
        if obstacle := fact["compile_obstacle"]:
            echo(f"{backend}: compiled cases are unsupported here: {obstacle}")
            compiled = [case for case in plan.cases if case.backend == backend and case.mode == "compiled"]
            results.append(folder, *(Record.of(case, "unsupported", obstacle, side=side) for case in compiled))


def finish(folder: Path, plan: Plan, *, reported: bool) -> int:
    """Run the missing cases and write the report; return the exit status."""
    from bench.core import progress

    done = len(results.records(folder))
    replicates = range(PROFILES[plan.choice.profile].replicates)
    together = runner.windows_of(plan)
    if len(plan.sides) == 1 and len(together) > len(plan.choice.threads):
        apart = "; ".join(" and ".join(window.backends) for window in together)
        echo(f"memory for all backends at once is not free: measured side by side are {apart}")
    remaining = sum(runner.expected(folder, plan, window, n) for n in replicates for window in together)
    total = done + remaining
    suffix = ", then a second look at what seems changed" if plan.second_look else ""
    echo(f"{plan_size(plan.cases, plan.choice, len(plan.sides))}{suffix}; {done} of {total} records are there")
    try:
        echo(f"results in {folder}")
        with progress.display(total, done) as display:
            runner.run(folder, plan, display)
    except KeyboardInterrupt:
        if results.records(folder):
            report(folder, plan, reported=reported)
        echo(f"interrupted: {len(results.records(folder))} of {total} records are kept; go on with")
        echo(f"  {resume_command(folder, plan)}")
        return INTERRUPTED
    except results.Full as error:
        raise BadInput(f"{error}; what was written is kept, go on with: {resume_command(folder, plan)}") from None
    verdict = report(folder, plan, reported=reported)
    return status(results.records(folder)) or verdict


def resume_command(folder: Path, plan: Plan) -> str:
    """Return the command that resumes a run, with options for everything that the plan executes."""
    python = "python" if shutil.which("python") == sys.executable else sys.executable
    program = [python, "-m", "bench"] if installation.is_clone() else [installation.DISTRIBUTION, "run"]
    place = ("--results", str(folder.parent), "--resume", folder.name)
    return shlex.join([*program, *executed_options(plan), *place])


def executed_options(plan: Plan) -> Iterator[str]:
    """Yield options for the interpreters, checkouts and compiled programs of a plan that differ from the defaults."""
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


def status(records: "list[Record]") -> int:
    """Print each fault of a run once, whatever the number of its replicates; return the exit status."""
    for line in dict.fromkeys(filter(None, map(too_many_cores, records))):
        echo(line)
    counts = Counter(record.status for record in records)
    faults = [record for record in records if record.status not in ("ok", "unsupported")]
    for line in dict.fromkeys(f"{record.status}: {record.case.id}: {record.reason}" for record in faults):
        echo(line)
    if counts["wrong"] or counts["impossible"]:
        return WRONG
    if not any(record.status == "ok" and not record.case.is_reference for record in records):
        return NOTHING_MEASURED
    # too little memory and an unsupported case are results; an error is a failure
    return FAILED if counts["error"] or counts["timeout"] else 0


def too_many_cores(record: "Record") -> str:
    """Return a warning where more cores were busy than the case has threads; empty otherwise."""
    busy, case = record.extra.cores_busy or 0.0, record.case
    if busy < case.threads + 0.1:
        return ""
    return f"warning: {case.backend} had more cores than {case.threads} busy: its threads could not be bound"


def report(folder: Path, plan: Plan, *, reported: bool) -> int:
    """Write the reports of a run in a separate process: `reports` may import `bench`, but not the reverse.

    Return the exit status of the comparison of its sides, 0 where there is one side.
    """
    if not (reported and reporting.can_report()):
        table(results.records(folder))
        return 0
    verdict = reporting.run_reports("compare", str(folder)) if len(plan.sides) > 1 else 0
    if reporting.run_reports(str(folder)):
        table(results.records(folder))
    return verdict


def table(records: "list[Record]") -> None:
    """Print microseconds per call in a column for each backend and mode, without the packages that reports need."""
    columns = list(dict.fromkeys(f"{record.case.backend} {record.case.mode}" for record in records))
    cells: dict[str, dict[str, list[Record]]] = {}
    for record in sorted((r for r in records if not r.twin), key=lambda record: record.case.id.split("-")[1:]):
        case = record.case
        line = f"{case.label} {case.direction} {case.dtype} {case.size} t{case.threads} {record.side}"
        cells.setdefault(line, {}).setdefault(f"{case.backend} {case.mode}", []).append(record)
    width = max(map(len, cells), default=0)
    echo(f"{'µs per call':<{width}}" + "".join(f"{column:>20}" for column in columns))
    for line, by_column in cells.items():
        echo(f"{line:<{width}}" + "".join(f"{figure(by_column.get(column, [])):>20}" for column in columns))


def figure(records: "list[Record]") -> str:
    """Return a cell of the table: the median of a case's replicates, or the status of the first one that failed."""
    if failed := [record.status for record in records if record.status != "ok"]:
        return failed[0]
    medians = [statistics.median(record.block_seconds) for record in records]
    return f"{statistics.median(medians) * 1e6:.3g}" if medians else ""
