"""What the command and its worker process tell each other, as JSON; arrays go through files of one folder.

The command writes a `Plan`; the worker answers with one `Message` when the function is loaded, one for each task, and
one at its end.
"""

from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np

Values = Any  # numpy.ndarray

PLAN_FILE = "plan.json"
Kind = Literal["form", "evaluate", "parity"]


class Task(msgspec.Struct, frozen=True):
    """One piece of work: a kind of check in one dtype, direction and mode, on arrays of inputs."""

    kind: Kind
    dtype: str
    direction: str = "forward"
    mode: str = "eager"
    inputs: tuple[str, ...] = ()
    """The names of the files of inputs; each is one call."""
    is_other: bool = False
    """Whether the function to compare with is evaluated, not the reader's."""

    @property
    def name(self) -> str:
        """The words for the task: `gradient bfloat16 compiled`."""
        part = {"forward": "value", "backward": "gradient"}[self.direction]
        words = [self.kind] if self.kind != "evaluate" else []
        return " ".join([*words, part, self.dtype, *([self.mode] if self.mode != "eager" else [])])

    def eager(self) -> "Task":
        """Return the same task in eager mode."""
        return msgspec.structs.replace(self, mode="eager")

    def other(self) -> "Task":
        """Return the same task for the function to compare with."""
        return msgspec.structs.replace(self, is_other=True)


class Plan(msgspec.Struct, frozen=True):
    """All that a worker does."""

    backend: str
    target: str
    definition: str
    """The id of the variant that `--as` names."""
    tasks: tuple[Task, ...]
    backprop: str = ""
    other: str = ""
    """A function to compare with: `native`, or a target; empty for none."""
    parity_seconds: float = 5.0
    """The time for the circumstances of one parity task; a framework that compiles for each length needs it."""


class Difference(msgspec.Struct, frozen=True):
    """An input whose result has other bits in other circumstances."""

    x: float
    usual: float
    other: float
    place: str
    """The circumstance in detail, such as `length 7`."""


class Circumstance(msgspec.Struct, frozen=True):
    """The comparison of results in one kind of circumstances with those of one long array."""

    name: str
    calls: int
    results: int
    differing: int
    differences: tuple[Difference, ...] = ()


class Message(msgspec.Struct, frozen=True):
    """An answer of the worker."""

    kind: Literal["loaded", "done", "refused", "fault", "skipped", "end"]
    reason: str = ""
    version: str = ""
    circumstances: tuple[Circumstance, ...] = ()


def write_plan(folder: Path, plan: Plan) -> None:
    """Store the plan of a worker."""
    (folder / PLAN_FILE).write_bytes(msgspec.json.encode(plan))


def read_plan(folder: Path) -> Plan:
    """Return the stored plan."""
    return msgspec.json.decode((folder / PLAN_FILE).read_bytes(), type=Plan)


def save(folder: Path, name: str, values: Values) -> None:
    """Store an array: numbers, or the bits of results."""
    np.save(folder / f"{name}.npy", values)


def read(folder: Path, name: str) -> Values:
    """Return a stored array."""
    return np.load(folder / f"{name}.npy", allow_pickle=False)


def result_name(number: int, part: int) -> str:
    """Return the name of the file of a task's results for one of its arrays of inputs."""
    return f"result-{number}-{part}"
