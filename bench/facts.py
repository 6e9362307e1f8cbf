"""What the backends say of themselves before a run, each asked of its own interpreter, and which of them can run."""

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

from bench import environment
from bench.cases import Choice
from bench.faults import BadInput
from bench.results import Side

PROBE_SECONDS = 120.0

Facts = dict[str, dict[str, Any]]


def probe(names: Sequence[str], side: Side) -> Facts:
    """What each backend says of itself on a side."""
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(lambda name: ask(name, side), names)
        return dict(zip(names, answers, strict=True))


def ask(name: str, side: Side) -> dict[str, Any]:
    """See `environment.backend_facts`; an interpreter that cannot even answer counts as broken."""
    variables = environment.worker_variables(1)
    with tempfile.TemporaryDirectory() as scratch:
        if side.checkout:
            variables["PYTHONPATH"] = os.pathsep.join((shadow(Path(scratch), side), variables["PYTHONPATH"]))
        if side.keras:
            variables["KERAS_BACKEND"] = name
        command = [side.interpreters.get(name, sys.executable), "-P", "-m", "bench.environment", name]
        try:
            done = subprocess.run(
                [*command, *(["keras"] if side.keras else [])],
                cwd=environment.ROOT,
                env=variables,
                capture_output=True,
                text=True,
                timeout=PROBE_SECONDS,
                check=False,
            )
            return dict(json.loads(done.stdout.splitlines()[-1]))
        except subprocess.TimeoutExpired:
            return {"broken": f"its interpreter said nothing in {PROBE_SECONDS:.0f} s"}
        except (IndexError, ValueError):
            return {"broken": (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]}


def shadow(folder: Path, side: Side) -> str:
    """A folder that holds nothing but the other checkout's `backends`: the harness stays this one."""
    place = folder / f"checkout-{side.name}"
    link, target = place / "backends", Path(side.checkout) / "backends"
    if not (link.is_symlink() and link.readlink() == target and len(list(place.iterdir())) == 1):
        shutil.rmtree(place, ignore_errors=True)  # what lies there would be imported
        place.mkdir()
        link.symlink_to(target, target_is_directory=True)
    return str(place)


def usable(choice: Choice, facts: Facts) -> tuple[tuple[str, ...], list[str]]:
    """The backends that can run, and why the others are left out; BadInput for what was asked for and cannot."""
    for name, fact in facts.items():
        if "broken" in fact:
            raise BadInput(f"backend {name!r} cannot be loaded: {fact['broken']}")
        if fact.get("keras") == "":
            raise BadInput(f"the environment of backend {name!r} holds no Keras")
    why_not = {name: fact["absent"] for name, fact in facts.items() if "absent" in fact}
    for name, fact in facts.items():
        if name not in why_not and choice.device not in fact["devices"]:
            why_not[name] = f"backend {name!r} sees no {choice.device} (choose from {', '.join(fact['devices'])})"
    if choice.backends and why_not:
        raise BadInput(next(iter(why_not.values())))
    left = tuple(name for name in facts if name not in why_not)
    if not left:
        raise BadInput("; ".join(why_not.values()))
    return left, list(why_not.values())


def labelled(side: Side, facts: Facts) -> Side:
    """The side with a label, if it has none: the versions of its backends."""
    versions = [f"{name} {fact['version']}" for name, fact in facts.items()]
    label = ", ".join([f"Keras {fact['keras']}" for fact in list(facts.values())[:1] if side.keras] or versions)
    return replace(side, label=side.label or label)
