"""Identification: which definition of the catalogue a function computes, from its values at a few hundred inputs."""

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backends.activation import Variant, variants
from bench.check import messages
from bench.check.findings import number
from bench.check.messages import Plan, Task
from bench.check.process import WorkerProcess
from bench.core.cli import FAILED, echo
from bench.core.faults import BadInput
from bench.core.text import one_line
from bench.curves.native import SAME
from bench.reference import truth

Values = Any  # numpy.ndarray

INPUTS_FILE = "inputs-identify"
DTYPE = "float32"
LARGEST = 12.0
"""Beyond it, variants differ in their tails alone, by less than SAME."""
COUNT = 385
"""The number of inputs in a row, 1/16 apart: all kinks of the catalogue's cases are among them."""
SHOWN = 3


@dataclass(frozen=True)
class Candidate:
    """A definition, and the input at which a function differs most from it, relative to 1 + |exact value|."""

    variant: Variant
    difference: float
    x: float
    result: float
    exact: float

    @property
    def matches(self) -> bool:
        """Whether the function is within rounding of the definition."""
        return self.difference <= SAME

    @property
    def line(self) -> str:
        """The candidate in one line."""
        place = f"at {self.x!r}: {number(self.result)}, exact {number(self.exact)}"
        return f"{'is' if self.matches else 'differs':<8}{self.variant.id:<28}{self.difference:9.2g}  {place}"


def inputs() -> Values:
    """Return the inputs: a regular row, and numbers beside it that no kink coincides with."""
    row = np.linspace(-LARGEST, LARGEST, COUNT)
    return np.concatenate([row, row + 1 / 37, [-100.0, 100.0]]).astype(np.float32)


def candidates(x: Values, y: Values) -> list[Candidate]:
    """Return every elementwise definition, the nearest first."""
    elementwise = [variant for variant in variants() if variant.activation.kind == "elementwise"]
    return sorted((candidate(variant, x, y) for variant in elementwise), key=lambda c: c.difference)


def candidate(variant: Variant, x: Values, y: Values) -> Candidate:
    """Return how far results are from a definition."""
    exact = np.array([float(truth.value(variant, place)) for place in x.tolist()])
    with np.errstate(invalid="ignore", over="ignore"):
        differences = np.abs(y - exact) / (1 + np.abs(exact))
    differences = np.where((y == exact) | (np.abs(exact) > np.finfo(np.float32).max), 0.0, differences)
    differences = np.nan_to_num(differences, nan=math.inf)
    i = int(differences.argmax())
    return Candidate(variant, float(differences[i]), float(x[i]), float(y[i]), float(exact[i]))


def results(target: str, backend: str, x: Values, python: str | None, seconds: float) -> Values:
    """Return the function's results, computed in a worker process; raise BadInput where that fails."""
    tasks = (Task("evaluate", DTYPE, inputs=(INPUTS_FILE,)),)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        messages.save(folder, INPUTS_FILE, x)
        messages.write_plan(folder, Plan(backend, target, "linear", tasks))
        with WorkerProcess(folder, backend, python, seconds) as worker:
            for message in worker.answers():
                if message.kind in ("refused", "fault", "skipped"):
                    raise BadInput(f"{target}: {message.reason}")
        return messages.read(folder, messages.result_name(0, 0)).view(np.float32).astype(np.float64)


def identify(target: str, backend: str, python: str | None, seconds: float) -> int:
    """Print the nearest definitions; return 0 if the function is one of them, 1 if it is none."""
    x = inputs()
    ranked = candidates(x, results(target, backend, x, python, seconds))
    matches = [entry for entry in ranked if entry.matches]
    for entry in ranked[: max(SHOWN, len(matches))]:
        echo(entry.line)
    if matches:
        echo(one_line(f"{target} is {' or '.join(entry.variant.id for entry in matches)}"))
        return 0
    echo(one_line(f"{target} is none of {len(ranked)} definitions within {SAME:g}; nearest {ranked[0].variant.id}"))
    return FAILED
