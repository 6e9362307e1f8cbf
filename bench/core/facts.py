"""The facts of the backends before a run, queried from the interpreter of each, and which backends can run."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.core import environment
from bench.core.cases import Choice
from bench.core.faults import BadInput
from bench.core.results import Side

PROBE_SECONDS = 120.0

Facts = dict[str, dict[str, Any]]


def probe(names: Sequence[str], side: Side) -> Facts:
    """Return the facts of each backend on a side."""
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda name: ask(name, side), names)
        return dict(zip(names, answers, strict=True))


def ask(name: str, side: Side) -> dict[str, Any]:
    """Return the facts of one backend from its interpreter, which counts as broken if it gives no answer.

    `environment.backend_facts` describes them.
    """
    variables = environment.worker_variables(1)
    with tempfile.TemporaryDirectory() as scratch:
        if side.checkout:
            variables["PYTHONPATH"] = os.pathsep.join((shadow(Path(scratch), side), variables["PYTHONPATH"]))
        if side.keras:
            variables["KERAS_BACKEND"] = name
        command = [side.interpreters.get(name, sys.executable), "-P", "-m", "bench.core.environment", name]
        try:
            result = subprocess.run(
                [*command, *(["keras"] if side.keras else [])],
                cwd=environment.ROOT,
                env=variables,
                capture_output=True,
                text=True,
                timeout=PROBE_SECONDS,
                check=False,
            )
            return dict(json.loads(result.stdout.splitlines()[-1]))
        except subprocess.TimeoutExpired:
            return {"broken": f"its interpreter said nothing in {PROBE_SECONDS:.0f} s"}
        except (IndexError, ValueError):
            return {"broken": (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1]}


def shadow(folder: Path, side: Side) -> str:
    """Return a folder that holds only `backends` of the other checkout, so that the harness stays this one."""
    place = folder / f"checkout-{side.name}"
    link, target = place / "backends", Path(side.checkout) / "backends"
    if not (link.is_symlink() and link.readlink() == target and len(list(place.iterdir())) == 1):
        shutil.rmtree(place, ignore_errors=True)  # any other content would be imported
        place.mkdir()
        link.symlink_to(target, target_is_directory=True)
    return str(place)


def usable(choice: Choice, facts: Facts) -> tuple[tuple[str, ...], list[str]]:
    """Return the backends that can run, and why the others cannot; raise BadInput for a chosen one that cannot."""
    for name, fact in facts.items():
        if "broken" in fact:
            raise BadInput(f"backend {name!r} cannot be loaded: {fact['broken']}")
        if fact.get("keras") == "":
            raise BadInput(f"the environment of backend {name!r} holds no Keras")
    reasons = {name: fact["absent"] for name, fact in facts.items() if "absent" in fact}
    for name, fact in facts.items():
        if name not in reasons and choice.device not in fact["devices"]:
            reasons[name] = f"backend {name!r} sees no {choice.device} (choose from {', '.join(fact['devices'])})"
    if choice.backends and reasons:
        raise BadInput(next(iter(reasons.values())))
    remaining = tuple(name for name in facts if name not in reasons)
    if not remaining:
        raise BadInput("; ".join(reasons.values()))
    return remaining, list(reasons.values())


def with_label(side: Side, facts: Facts) -> Side:
    """Return the side with the versions of its backends as label, unless it has a label."""
    versions = [f"{name} {fact['version']}" for name, fact in facts.items()]
    label = ", ".join([f"Keras {fact['keras']}" for fact in list(facts.values())[:1] if side.keras] or versions)
    return replace(side, label=side.label or label)
