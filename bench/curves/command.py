"""The steps of `python -m bench curves`: probe the backends, run a worker process for each, and write its results."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backends.activation import Variant
from bench.core import environment, facts
from bench.core.cases import Choice
from bench.core.cli import FAILED, echo
from bench.core.results import Side
from bench.curves import guide, store
from bench.speed import worker

TIMEOUT_SECONDS = 900.0
"""The time limit for all curves of a backend; JAX, which compiles each operation, took 100 s on a busy machine."""
MOST_DEATHS = 3
"""The number of workers in a row that may end without a variant before the remaining ones are given up."""

Curves = dict[str, dict[str, Any]]
"""The parts recorded of each variant, by its id."""


def record(choice: Choice, variants: Sequence[Variant], folder: Path, pythons: dict[str, str]) -> int:
    """Record the curves of these variants on each usable backend, and return the exit status."""
    import backends

    side = Side(pythons)
    backend_facts = facts.probe(choice.backends or backends.names(), side)
    names, left_out = facts.usable(choice, backend_facts)
    for reason in left_out:
        echo(f"left out: {reason}")
    folder.mkdir(parents=True, exist_ok=True)  # refused before minutes of measuring where it cannot be made
    failed = 0
    for name in names:
        results = measure(name, [*(v.id for v in variants), guide.ID], pythons.get(name, sys.executable))
        target = store.keep(folder, about(name, backend_facts[name]), results)
        faults = list(faults_of(results))
        failed += len(faults)
        echo(f"{name} {backend_facts[name]['version']}: {len(results)} variants in {target}")
        for fault in faults:
            echo(f"  {fault}")
    return FAILED if failed else 0


def about(name: str, backend_facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of the backend and of the machine."""
    machine = environment.machine()
    backend_facts = {key: backend_facts[key] for key in ("version", "build", "packages", "python")}
    return {"backend": name, **backend_facts, **{key: machine[key] for key in ("cpu", "system", "time")}}


def measure(backend: str, ids: list[str], python: str) -> Curves:
    """Return the curves of each id; those in progress when a worker died have an error with the reason."""
    results: Curves = {}
    deaths = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        while (remaining := [name for name in ids if name not in results]) and deaths < MOST_DEATHS:
            reason = run_worker(backend, remaining, python, folder)
            finished = read(folder / "curves.jsonl")
            deaths = 0 if finished.keys() - results.keys() else deaths + 1
            results |= finished
            if stuck := [name for name in remaining if name not in results][:1]:
                results[stuck[0]] = {"id": stuck[0], "status": "error", "reason": reason}
    return results | {name: {"id": name, "status": "error", "reason": f"given up: {reason}"} for name in remaining}


def run_worker(backend: str, ids: list[str], python: str, folder: Path) -> str:
    """Run a worker to its end and return the reason why it ended."""
    command = [python, "-P", "-m", "bench.curves.worker", backend, str(folder / "curves.jsonl"), *ids]
    variables = environment.worker_variables(1) | environment.backend_variables(backend, folder / "programs")
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=environment.ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupt reaches this process only, which then stops the worker
        )
        try:
            process.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            return f"no end in {TIMEOUT_SECONDS:.0f} s"
        finally:
            worker.stop_process(process)
    return worker.error_line(process.returncode, log.read_text(errors="replace"))


def read(path: Path) -> Curves:
    """Return a worker's curves by id, without incomplete lines."""
    results: Curves = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            variant = json.loads(line)
        except ValueError:
            continue
        results[variant["id"]] = variant
    return results


def faults_of(results: Curves) -> list[str]:
    """Return a line for each failure; an activation that a backend does not have is not a failure."""
    lists = [
        (variant["id"], part) for variant in results.values() for part in variant.values() if isinstance(part, list)
    ]
    parts = [(variant["id"], part) for variant in results.values() for part in (variant, *variant.values())]
    parts += [(name, part) for name, parts in lists for part in parts]
    return [f"{name}: {p['reason']}" for name, p in parts if isinstance(p, dict) and p.get("status") == "error"]
