"""The tasks of a check, in the order in which their answers are wanted: what fails soonest comes first."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backends import rounding, spelling
from bench.check import effect, judge, messages, parity
from bench.check.messages import Plan, Task
from bench.core import cases

Values = Any  # numpy.ndarray

DTYPES = tuple(judge.STRIDES)
DIRECTIONS = ("forward", "backward")
QUICK_DTYPES = ("float16", "bfloat16")
QUICK_PARITY_SECONDS, PARITY_SECONDS = 0.5, 3.0
NORMAL, USER = "inputs-normal", "inputs-user"
EFFECT_NAMES = {NORMAL: "N(0, 1)", USER: "--inputs"}
"""The files of inputs whose effect is shown, and their names for readers."""


@dataclass(frozen=True)
class Choice:
    """What the options of a check choose."""

    target: str
    definition: str
    backend: str
    dtypes: tuple[str, ...] = DTYPES
    directions: tuple[str, ...] = DIRECTIONS
    backprop: str = ""
    other: str = ""
    is_quick: bool = False
    user_inputs: Values | None = field(default=None, compare=False)

    def checked(self) -> "Choice":
        """Return this choice; raise LookupError for an unknown name in it."""
        cases.Choice(backends=(self.backend,)).checked()
        for option, names, choices in (("dtype", self.dtypes, DTYPES), ("direction", self.directions, DIRECTIONS)):
            for name in names:
                if name not in choices:
                    raise spelling.unknown(option, name, choices)
        return self


def tasks(choice: Choice) -> Iterable[Task]:
    """Yield all tasks."""
    for dtype in choice.dtypes:
        yield Task("form", dtype)
    evaluations = [(dtype, direction) for dtype in choice.dtypes for direction in choice.directions]
    for is_other in [True, False] if choice.other else [False]:
        for dtype, direction in evaluations:
            yield Task("evaluate", dtype, direction, inputs=batch_files(dtype), is_other=is_other)
    for dtype, direction in evaluations:
        yield Task("parity", dtype, direction, inputs=(f"inputs-parity-{dtype}",))
    for file in (NORMAL,) if choice.user_inputs is None else (NORMAL, USER):
        for dtype in choice.dtypes:
            yield Task("evaluate", dtype, inputs=(file,))
    if not choice.is_quick:
        for dtype, direction in evaluations:
            yield Task("evaluate", dtype, direction, "compiled", batch_files(dtype))


def batch_files(dtype: str) -> tuple[str, ...]:
    """Return the names of the files that hold all inputs of a dtype."""
    return tuple(f"inputs-{dtype}-{part}" for part in range(len(judge.input_batches(dtype))))


def write(choice: Choice, folder: Path) -> Plan:
    """Write the plan of a check and its inputs into a folder; return the plan."""
    for dtype in choice.dtypes:
        for name, batch in zip(batch_files(dtype), judge.input_batches(dtype), strict=True):
            messages.save(folder, name, batch.inputs)
        pool = rounding.round_array(parity.inputs(), dtype).astype(np.float32)
        messages.save(folder, f"inputs-parity-{dtype}", pool)
    messages.save(folder, NORMAL, effect.normal_inputs())
    if choice.user_inputs is not None:
        messages.save(folder, USER, choice.user_inputs)
    seconds = QUICK_PARITY_SECONDS if choice.is_quick else PARITY_SECONDS
    work = tuple(tasks(choice))
    plan = Plan(choice.backend, choice.target, choice.definition, work, choice.backprop, choice.other, seconds)
    messages.write_plan(folder, plan)
    return plan
