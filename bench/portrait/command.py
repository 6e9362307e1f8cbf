"""What `python -m bench.portrait` does: ask the backends who they are, portray on each in its own process, keep."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backends.activation import Variant
from bench import environment, facts, runner
from bench.cases import Choice
from bench.command import FAILED, say
from bench.portrait import guide
from bench.portrait import store as keeping
from bench.results import Side

TIMEOUT_SECONDS = 900.0
"""For all portraits of a backend; JAX, which compiles each operation, took 100 s on a busy machine."""
MOST_DEATHS = 3
"""Times in a row that a worker may end without a portrait before the others are given up."""

Portraits = dict[str, dict[str, Any]]


def portray(choice: Choice, variants: Sequence[Variant], store: Path, pythons: dict[str, str]) -> int:
    """Portraits of these variants on each backend that is there; the exit status."""
    import backends

    side = Side(pythons)
    told = facts.probe(choice.backends or backends.names(), side)
    names, left_out = facts.usable(choice, told)
    for reason in left_out:
        say(f"left out: {reason}")
    failed = 0
    for name in names:
        found = portraits(name, [*(v.id for v in variants), guide.ID], pythons.get(name, sys.executable))
        target = keeping.keep(store, about(name, told[name]), found)
        faults = list(faults_of(found))
        failed += len(faults)
        say(f"{name} {told[name]['version']}: {len(found)} portraits in {target}")
        for fault in faults:
            say(f"  {fault}")
    return FAILED if failed else 0


def about(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """Who was portrayed, and on which machine."""
    machine = environment.machine()
    told = {key: told[key] for key in ("version", "build", "packages", "python")}
    return {"backend": name, **told, **{key: machine[key] for key in ("cpu", "system", "time")}}


def portraits(backend: str, ids: list[str], python: str) -> Portraits:
    """One of each id, whatever becomes of the worker: what it was at when it died has the reason."""
    found: Portraits = {}
    deaths = 0
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        while (left := [name for name in ids if name not in found]) and deaths < MOST_DEATHS:
            reason = run_worker(backend, left, python, place)
            got = read(place / "portraits.jsonl")
            deaths = 0 if got.keys() - found.keys() else deaths + 1
            found |= got
            if stuck := [name for name in left if name not in found][:1]:
                found[stuck[0]] = {"id": stuck[0], "status": "error", "reason": reason}
    return found | {name: {"id": name, "status": "error", "reason": f"given up: {reason}"} for name in left}


def run_worker(backend: str, ids: list[str], python: str, place: Path) -> str:
    """Run one to its end; what ended it."""
    command = [python, "-P", "-m", "bench.portrait.worker", backend, str(place / "portraits.jsonl"), *ids]
    variables = environment.worker_variables(1) | environment.asked_variables(backend, place / "programs")
    log = place / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=environment.ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupt comes to us alone, and we end it
        )
        try:
            process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return f"no end in {TIMEOUT_SECONDS:.0f} s"
        finally:
            runner.stop(process)
    return runner.why(process.returncode, log.read_text(errors="replace"))


def read(path: Path) -> Portraits:
    """The portraits of a worker, by id; a line that was cut short is none."""
    found: Portraits = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            own = json.loads(line)
        except ValueError:
            continue
        found[own["id"]] = own
    return found


def faults_of(found: Portraits) -> list[str]:
    """What failed, a line each; what a backend does not have is no failure."""
    lists = [(own["id"], part) for own in found.values() for part in own.values() if isinstance(part, list)]
    parts = [(own["id"], part) for own in found.values() for part in (own, *own.values())]
    parts += [(name, part) for name, parts in lists for part in parts]
    return [f"{name}: {p['reason']}" for name, p in parts if isinstance(p, dict) and p.get("status") == "error"]
