"""The parts of timing one case: the program and its arguments, the first call, calibration, rounds, verification.

A *round* is a few calls of the program and one wait for the device, timed together; a *block* is several consecutive
rounds. Preparation (inputs, the forward pass of a backward case) comes first, compiling is timed separately, and the
calibration measures neither. `measurement` runs these parts group by group.
"""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from msgspec.structs import replace

import backends
from backends.interface import Array, Backend, Function
from bench.core import environment
from bench.core.cases import ITEMSIZE, Case
from bench.core.record import Record
from bench.speed import floor, inputs, witness
from bench.speed.witness import Output, Witnesses

ROUND_SECONDS = 0.001  # reading a timer and waiting cost 0.3 µs, 0.3 % of a round of one call of 100 µs
MOST_CALLS = 4096
MOST_ROUNDS = 100  # per block: its median needs no more
# Results that may wait in memory before the next wait for the device. JAX runs ahead of its caller: with eight results
# of 4 MB pending, each in fresh memory, relu of 1e6 elements took 131 µs instead of 101.
IN_FLIGHT = {"cpu": 4 * 2**20, "gpu": 256 * 2**20}

Program = Callable[..., Any]


class NotCompiled(RuntimeError):
    """Raised when a case labelled compiled ran although no graph was compiled for it."""


class NoRoom(MemoryError):
    """Raised when a case needs more memory than is free."""


@dataclass(frozen=True)
class Task:
    """A case and the way to measure it."""

    backend: Backend
    case: Case
    keras: bool = False
    """Whether Keras' function of the activation is measured in the place of the backend's."""
    verified: Mapping[int, str] = field(default_factory=dict)
    """The digests of outputs that an earlier replicate verified, by the number of their arguments."""
    look: bool = True
    """Whether to measure memory and the host's and the device's part of the time too."""

    @property
    def function(self) -> Function:
        """The function to measure, with its parameters bound."""
        variant = self.case.variant
        if self.keras:
            from bench.speed import keras_functions

            return keras_functions.function(self.case.backend, variant.activation.name, **variant.parameters)
        return backends.function(self.case.backend, variant.activation.name, **variant.parameters)


@dataclass(frozen=True)
class Prepared:
    """A program and the arguments on which it is called in rotation."""

    program: Program
    arguments: list[tuple[Array, ...]]
    cold: bool


@dataclass(frozen=True)
class Effort:
    """The calls per round and rounds per block that take about the profile's seconds per block."""

    calls: int
    rounds: int

    @classmethod
    def for_call(cls, seconds: float, block_seconds: float, most_calls: int = MOST_CALLS) -> "Effort":
        """Return the effort for a program that takes `seconds` per call."""
        seconds = max(seconds, 1e-9)
        calls = min(max(int(min(ROUND_SECONDS, block_seconds) / seconds), 1), most_calls)
        return cls(calls, min(max(round(block_seconds / (calls * seconds)), 1), MOST_ROUNDS))


def prepare(task: Task) -> Prepared:
    """Return the program of a task and its arguments, ready to be timed."""
    backend, case = task.backend, task.case
    data = inputs.buffers(case)
    if case.is_copy:
        return Prepared(backend.copy, [(x,) for x in data.xs], data.cold)
    function, compiled = task.function, case.mode == "compiled"
    if case.direction == "forward":
        return Prepared(backend.forward(function, compiled=compiled), [(x,) for x in data.xs], data.cold)
    if case.direction == "backward":
        program = backend.backward(function, data.xs[0], compiled=compiled)
        return Prepared(program, [(dy,) for dy in data.dys], data.cold)
    operands = list(zip(data.xs, data.dys, strict=True))
    return Prepared(backend.step(function, compiled=compiled), operands, data.cold)


def make_round(
    backend: Backend, prepared: Prepared, calls: int, rounds: int, witnesses: Witnesses | None = None
) -> Callable[[], Any]:
    """Return a function that makes `calls` calls on the next arguments and waits; it can be called `rounds` times."""
    queue = make_queue(prepared, calls, rounds, witnesses)

    def timed() -> Any:
        y = queue()
        wait(backend, y)
        return y

    return timed


def wait(backend: Backend, y: Any) -> None:
    """Wait until the device has computed the output of a program."""
    for part in y if isinstance(y, tuple) else (y,):
        backend.synchronize(part)


def make_queue(prepared: Prepared, calls: int, rounds: int, witnesses: Witnesses | None = None) -> Callable[[], Any]:
    """Return a round without the wait; the outputs of witnesses are kept by reference."""
    program, arguments = prepared.program, inputs.rotation(prepared.arguments, calls * rounds)
    outputs = witnesses.outputs if witnesses else []
    parts = witnesses.parts() if witnesses else itertools.repeat(((calls, None),))

    def run() -> Any:
        for count, slot in next(parts):  # 0.1 us a round
            for operands in itertools.islice(arguments, count):
                y = program(*operands)
            if slot is not None:
                outputs[slot] = y
        return y

    return run


def seconds_of(function: Callable[[], Any]) -> float:
    """Return the seconds that one call takes."""
    start = perf_counter()
    function()
    return perf_counter() - start


def most_calls(case: Case) -> int:
    """Return the most calls of a round, so that their results fit in IN_FLIGHT."""
    x, y = math.prod(case.shape), math.prod(case.output_shape)
    size = {"forward": y, "backward": x, "step": x + y}[case.direction] * ITEMSIZE[case.dtype]
    return min(max(IN_FLIGHT[case.device] // size, 1), MOST_CALLS)


def calibrate(task: Task, prepared: Prepared, block_seconds: float) -> Effort:
    """Warm up and return the effort, from the fastest of three calls and then of three rounds of that length."""
    calls, most = 1, most_calls(task.case)
    for _ in range(2):
        attempt = make_round(task.backend, prepared, calls, 3)
        effort = Effort.for_call(min(seconds_of(attempt) for _ in range(3)) / calls, block_seconds, most)
        calls = effort.calls
    return effort


def require_room(task: Task) -> None:
    """Raise NoRoom where a case does not fit into memory, before anything is allocated."""
    needed, free = inputs.needed_bytes(task.case), environment.available_bytes()
    if task.case.device != "cpu":
        free = int(task.backend.device_state(task.case.device).get("free_bytes", free))
    if needed > free:
        raise NoRoom(f"needs about {needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free")


def verify_outputs(task: Task, prepared: Prepared, witnesses: Witnesses, last: Any) -> tuple[str, dict[int, str]]:
    """Return the fault of the outputs, empty if there is none, and their digests by the number of their arguments."""
    backend, case, count = task.backend, task.case, len(prepared.arguments)
    data = inputs.buffers(case)
    again, fresh = (prepared.program(*data.arguments(case, number)) for number in (0, data.spare))
    for output in (again, fresh):
        wait(backend, output)
    witness_numbers = [inputs.turn(number, witnesses.calls * witnesses.rounds, count) for number in witnesses.numbers]
    numbers, values = (0, 0, *witness_numbers, data.spare), (last, again, *witnesses.outputs, fresh)
    outputs = list(map(Output, numbers, values))
    fault = witness.fault(backend, case, outputs, trusted=task.keras, verified=task.verified)
    digests = {} if fault else {output.number: witness.digest(backend, case, output.value) for output in outputs}
    return fault, digests


def profile_case(task: Task, prepared: Prepared, effort: Effort, record: Record) -> Record:
    """Return the record with memory and the host's and the device's part of the time, which need no repetition."""
    backend, case, calls = task.backend, task.case, effort.calls
    queue = make_queue(prepared, calls, 4)
    host = []
    for _ in range(3):
        start = perf_counter()
        y = queue()
        host.append(perf_counter() - start)
        wait(backend, y)
    device = backend.device_seconds(queue, device=case.device)
    saved = None
    if case.direction == "backward":  # step saves the same
        x = inputs.buffers(case).xs[0]
        saved = backend.saved_bytes(task.function, x, compiled=case.mode == "compiled")
    return replace(
        record,
        saved_bytes=saved,
        peak_bytes=backend.peak_bytes(prepared.program, *prepared.arguments[0]),
        host_seconds=min(host) / calls,
        device_seconds=device / calls if device is not None else None,
    )


def impossible(task: Task, prepared: Prepared, seconds: float) -> str:
    """Return why no call can take so few seconds; empty if it can."""
    backend, case = task.backend, task.case
    data = inputs.buffers(case)
    arguments = data.arguments(case, data.spare)
    if not task.verified:  # an earlier process has shown that its work is done when it is timed
        if fault := floor.pending_work(backend, case, lambda: prepared.program(*arguments), seconds):
            return fault
        if fault := floor.cached_result(backend, case, prepared.program, arguments):
            return fault
    if case.is_copy or task.keras or (case.direction == "backward" and witness.declares_alias(backend, case)):
        return ""  # returning the argument itself costs nothing
    return floor.too_quick(case, seconds)
