"""`python -m bench.check.worker FOLDER DESCRIPTOR`: the process that imports and calls the reader's function.

It answers on the descriptor, one line of JSON each, and ends at the first fault.
"""

import json
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import backends
from backends.activation import parse_variant
from bench.check import messages, parity, target
from bench.check.evaluator import Evaluator, FunctionFault, NotEvaluated, pattern
from bench.check.messages import Message, Plan, Task
from bench.core.faults import BadInput
from bench.core.text import one_line

Values = Any  # numpy.ndarray

SHAPES = ((3,), (), (0,), (2, 3), (2, 1, 3))
"""Shapes that a function of every element keeps; its dtypes and the empty array are where many fail."""
STEEP = 0.02
"""The relative error of a gradient for the cotangent 2 that shows that the cotangent does not count."""


@dataclass(frozen=True)
class Worker:
    """The functions of a plan on their backend, and the way to answer."""

    folder: Path
    descriptor: int
    plan: Plan
    process: int
    evaluators: dict[bool, Evaluator]

    def answer(self, message: Message) -> None:
        """Send a message; a copy of this process, which the function made, sends one fault and ends."""
        if os.getpid() != self.process:
            send(self.descriptor, Message("fault", "forks: two processes returned from one call"))
            os._exit(1)
        send(self.descriptor, message)

    def run(self, number: int, task: Task) -> Message:
        """Return the message that answers a task."""
        evaluator = self.evaluators[task.is_other]
        try:
            if task.kind == "form":
                self.keep_shapes(evaluator, task)
            elif task.kind == "evaluate":
                self.evaluate(evaluator, number, task)
            else:
                run, x = evaluator.program(task.direction, task.mode), messages.read(self.folder, task.inputs[0])
                compared = parity.circumstances(evaluator, run, x, task.dtype, self.plan.parity_seconds)
                return Message("done", circumstances=tuple(compared))
        except NotEvaluated as error:
            return Message("skipped", str(error))
        except FunctionFault as error:
            if task.mode == "compiled":  # not every function can be traced
                return Message("skipped", str(error))
            return Message("fault", str(error))
        return Message("done")

    def keep_shapes(self, evaluator: Evaluator, task: Task) -> None:
        """Raise FunctionFault where a small array, an empty one or a number does not keep its form."""
        run = evaluator.program(task.direction, task.mode)
        for shape in SHAPES:
            evaluator.run(run, np.full(shape, 0.75), task.dtype)

    def evaluate(self, evaluator: Evaluator, number: int, task: Task) -> None:
        """Store the results of a task; the first array is computed twice."""
        run = evaluator.program(task.direction, task.mode)
        for part, name in enumerate(task.inputs):
            x = messages.read(self.folder, name)
            results = (evaluator.witnessed if part == 0 else evaluator.run)(run, x, task.dtype)
            messages.save(self.folder, messages.result_name(number, part), pattern(results))
            if part == 0 and task.direction == "backward":
                refuse_constant_gradient(evaluator, task, x, results)


def refuse_constant_gradient(evaluator: Evaluator, task: Task, x: Values, once: Values) -> None:
    """Raise FunctionFault where the gradient for the cotangent 2 is not twice that for 1."""
    twice = evaluator.run(evaluator.program("backward", task.mode, cotangent=2.0), x, task.dtype).astype(np.float64)
    expected = 2 * once.astype(np.float64)
    ordinary = (np.abs(x) <= 4) & (np.abs(expected) > 2.0**-12) & np.isfinite(expected)
    wrong = ordinary & ~(np.abs(twice - expected) <= STEEP * np.abs(expected))
    if wrong.any():
        i = int(wrong.argmax())
        raise FunctionFault(f"is not linear in the cotangent: {twice[i]!r} for 2 and {once[i]!r} for 1 at {x[i]!r}")


def send(descriptor: int, message: Message) -> None:
    """Write a message as one line."""
    line = json.dumps(msgspec.to_builtins(message)).encode() + b"\n"  # msgspec itself writes null for NaN
    while line:
        line = line[os.write(descriptor, line) :]


def load(folder: Path, descriptor: int, process: int) -> Worker:
    """Import the framework and the functions of the plan in a folder."""
    plan = messages.read_plan(folder)
    try:
        backend = backends.load(plan.backend)
    except backends.BackendUnavailable as error:
        raise BadInput(str(error)) from None
    backend.configure(threads=1)
    variant = parse_variant(plan.definition)
    backprop = target.load(plan.backprop) if plan.backprop else None
    is_identity = variant.activation.name == "linear"
    evaluators = {False: Evaluator(backend, target.load(plan.target), backprop, returns_input=is_identity)}
    if plan.other:
        other = target.load_other(plan.other, plan.backend, variant)
        evaluators[True] = Evaluator(backend, other, returns_input=is_identity)
    return Worker(folder, descriptor, plan, process, evaluators)


def main(folder: Path, descriptor: int) -> None:
    """Do the tasks of a plan in order, up to the first fault."""
    np.seterr(all="ignore")  # inputs include infinities and NaN
    process = os.getpid()
    try:
        worker = load(folder, descriptor, process)
        worker.answer(Message("loaded", version=worker.evaluators[False].backend.version()))
        for number, task in enumerate(worker.plan.tasks):
            message = worker.run(number, task)
            worker.answer(message)
            if message.kind == "fault":
                return
        worker.answer(Message("end"))
    except BadInput as error:
        if os.getpid() == process:
            send(descriptor, Message("refused", reason=one_line(error)))
    except Exception as error:
        traceback.print_exc()
        send(descriptor, Message("refused", reason=f"internal error: {target.error_words(error)}"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
