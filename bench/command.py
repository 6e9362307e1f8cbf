"""What the command line does: check, plan, run, report."""

import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import backends
from bench import cases, environment, results
from bench.cases import Case, Choice, Record
from bench.results import Plan

PROBE_SECONDS = 120.0
FAILED, NOTHING_MEASURED, WRONG, INTERRUPTED = 1, 11, 12, 130
LOUD = 0.7  # of the cores busy with something else
REPORT_NEEDS = ("pandas", "altair", "jinja2", "rich", "pyarrow")

# Measured on two cores of an AMD EPYC of family 26, quick profile; compiling is torch's with empty caches
START_SECONDS = 5.0
CASE_SECONDS = {"eager": 0.06, "compiled": 0.6}
ELEMENT_SECONDS = 5e-8  # inputs, calibration and verification

Facts = dict[str, dict[str, Any]]


class BadInput(Exception):
    """What the user can put right: one line, exit status 2."""


def say(text: str) -> None:
    """A line for the reader, now."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def show(choice: Choice) -> int:
    """What would run, by backend, and about how long it takes."""
    planned = planned_cases(choice)
    about = minutes(planned, choice.profile)
    say(f"profile {choice.profile}: {len(planned)} cases, about {about} (measured on two cores of an EPYC)")
    for backend, count in Counter(case.backend for case in planned).items():
        mine = [case for case in planned if case.backend == backend]
        kinds = Counter((c.mode, c.direction) for c in mine if not c.is_copy)
        say(
            f"  {backend:<12}{count:>5} cases  {minutes(mine, choice.profile):>8}  "
            + ", ".join(f"{n} {m} {d}" for (m, d), n in kinds.items())
        )
    return 0


def minutes(planned: Sequence[Case], profile: str) -> str:
    """About how long they take, from the constants above."""
    blocks = cases.PROFILES[profile].blocks * cases.PROFILES[profile].block_seconds
    seconds = sum(CASE_SECONDS[case.mode] + blocks + ELEMENT_SECONDS * case.size for case in planned)
    seconds += START_SECONDS * len({case.backend for case in planned})
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def planned_cases(choice: Choice) -> tuple[Case, ...]:
    """The plan, with something in it."""
    planned = cases.plan(choice)
    able = {case.backend for case in planned if not case.is_copy}
    for backend in choice.backends or ():
        if backend not in able:
            raise BadInput(f"backend {backend!r} has only mode {', '.join(cases.modes_of(backend))}")
    return tuple(case for case in planned if case.backend in able)


def probe(names: Sequence[str], interpreters: dict[str, str]) -> Facts:
    """What each backend says of itself, asked of its own interpreter."""
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda name: ask(name, interpreters.get(name, sys.executable)), names)
        return dict(zip(names, answers, strict=True))


def ask(name: str, interpreter: str) -> dict[str, Any]:
    """See `environment.backend_facts`; an interpreter that cannot even answer counts as broken."""
    done = subprocess.run(
        [interpreter, "-m", "bench.environment", name],
        cwd=environment.ROOT,
        env=environment.worker_variables(1),
        capture_output=True,
        text=True,
        timeout=PROBE_SECONDS,
        check=False,
    )
    if done.returncode:
        return {"broken": (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def usable(choice: Choice, facts: Facts) -> tuple[str, ...]:
    """The backends that can run; what was asked for by name and cannot is an error, the others are named."""
    for name, fact in facts.items():
        if "broken" in fact:
            raise BadInput(f"backend {name!r} cannot be loaded: {fact['broken']}")
    why_not = {name: fact["absent"] for name, fact in facts.items() if "absent" in fact}
    for name, fact in facts.items():
        if name not in why_not and choice.device not in fact["devices"]:
            why_not[name] = f"backend {name!r} sees no {choice.device} (choose from {', '.join(fact['devices'])})"
    if choice.backends and why_not:
        raise BadInput(next(iter(why_not.values())))
    left = tuple(name for name in facts if name not in why_not)
    if not left:
        raise BadInput("; ".join(why_not.values()))
    for reason in why_not.values():
        say(f"left out: {reason}")
    return left


def start(choice: Choice, folder: Path, name: str | None, interpreters: dict[str, str]) -> int:
    """A new run."""
    planned_cases(choice)
    facts = probe(choice.backends or backends.names(), interpreters)
    choice = replace(choice, backends=usable(choice, facts))
    plan = Plan(choice, planned_cases(choice), interpreters)
    try:
        run_folder = results.new_folder(folder, name)
    except OSError as error:
        raise BadInput(f"cannot write results to {folder}: {error.strerror or error}") from None
    plan.save(run_folder)
    mine = {backend: facts[backend] for backend in dict.fromkeys(case.backend for case in plan.cases)}
    departures = [{"backend": b, "version": mine[b]["version"], **d} for b in mine for d in mine[b].pop("divergences")]
    results.write_json(run_folder / "divergences.json", departures)
    machine = environment.machine()
    results.write_json(
        run_folder / "environment.json", {"machine": machine, "threads": choice.threads, "backends": mine}
    )
    refuse_compiling(run_folder, plan, mine)
    warn(machine)
    return finish(run_folder, plan)


def warn(machine: dict[str, Any]) -> None:
    """Say so where the machine is too busy to be trusted."""
    load, cores = (machine["load"] or [0.0])[0], len(machine["affinity"])
    if load > LOUD * cores:
        say(f"warning: the load is {load:.1f} on {cores} cores; times will be noisy")


def refuse_compiling(folder: Path, plan: Plan, facts: Facts) -> None:
    """Say where compiling cannot work and why, and record those cases as such; eager goes on."""
    for backend, fact in facts.items():
        if obstacle := fact["compile_obstacle"]:
            say(f"{backend}: compiled cases are unsupported here: {obstacle}")
            theirs = [case for case in plan.cases if case.backend == backend and case.mode == "compiled"]
            results.append(folder, *(Record(case, "unsupported", obstacle) for case in theirs))


def resume(folder: Path, name: str) -> int:
    """Go on with a run: its plan, less what has a record."""
    return finish(folder / name, Plan.load(folder / name))


def finish(folder: Path, plan: Plan) -> int:
    """Run what is missing, report, and the exit status."""
    from bench import progress, runner

    total, done = len(plan.cases), len(results.rows(folder))
    todo = results.missing(plan.cases, folder, 0)
    say(f"{len(todo)} of {total} cases to do, about {minutes(todo, plan.choice.profile)}; results in {folder}")
    try:
        with progress.display(total, done) as display:
            runner.run(folder, plan, display.update)
    except KeyboardInterrupt:
        done = len(results.rows(folder))
        say(f"interrupted: {done} of {total} cases are kept; go on with")
        python = "python" if shutil.which("python") == sys.executable else sys.executable
        say(f"  {python} -m bench --results {folder.parent} --resume {folder.name}")
        return INTERRUPTED
    report(folder)
    return status(results.rows(folder))


def status(rows: list[dict[str, Any]]) -> int:
    """0, or what is wrong with a run as a whole; each fault is said."""
    found = Counter(row["status"] for row in rows)
    faults = [row for row in rows if row["status"] not in ("ok", "unsupported")]
    for row in faults:
        say(f"{row['status']}: {row['case']['id']}: {row['reason']}")
    if found["wrong"]:
        return WRONG
    if not any(row["status"] == "ok" and row["case"]["activation"] != cases.COPY for row in rows):
        return NOTHING_MEASURED
    # memory that does not suffice and what a backend cannot do are findings; an error is a failure
    return FAILED if found["error"] or found["timeout"] else 0


def report(folder: Path) -> None:
    """The reports of the run, by a process of their own: they may import us, not we them."""
    ready = all(importlib.util.find_spec(need) for need in REPORT_NEEDS)
    if ready and importlib.util.find_spec("reports.__main__"):
        command = [sys.executable, "-m", "reports", str(folder)]
        if subprocess.run(command, cwd=environment.ROOT, check=False).returncode == 0:
            return
    table(results.rows(folder))


def table(rows: list[dict[str, Any]]) -> None:
    """Microseconds per call, a column for each backend and mode, where the packages of the reports are missing."""
    columns = list(dict.fromkeys(f"{row['case']['backend']} {row['case']['mode']}" for row in rows))
    cells: dict[str, dict[str, str]] = {}
    for row in sorted(rows, key=lambda row: row["case"]["id"].split("-")[1:]):
        case = row["case"]
        line = f"{case['label']} {case['direction']} {case['dtype']} {case['size']}"
        figure = f"{statistics.median(row['block_seconds']) * 1e6:.3g}" if row["status"] == "ok" else row["status"]
        cells.setdefault(line, {})[f"{case['backend']} {case['mode']}"] = figure
    width = max(map(len, cells), default=0)
    say(f"{'µs per call':<{width}}" + "".join(f"{column:>20}" for column in columns))
    for line, figures in cells.items():
        say(f"{line:<{width}}" + "".join(f"{figures.get(column, ''):>20}" for column in columns))
