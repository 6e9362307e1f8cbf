"""Timing of one case: first call, calibration, blocks by pytest-benchmark, then verification of the output.

A *round* is a few calls of the program and one wait for the device, timed together; a *block* is several consecutive
rounds. The median of a pass's blocks is the unit of replication. Preparation (inputs, the forward pass of a backward
case) comes first, compiling is timed separately, and the calibration measures neither.
"""

import itertools
import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any

from msgspec.structs import replace

import backends
from backends.interface import Array, Backend, Function
from bench.core import environment
from bench.core.cases import ITEMSIZE, Case, Profile
from bench.core.record import Details, Record
from bench.speed import floor, inputs, witness
from bench.speed.turns import Turns
from bench.speed.witness import Output, Witnesses

ROUND_SECONDS = 0.001  # reading a timer and waiting cost 0.3 µs, 0.3 % of a round of one call of 100 µs
MOST_CALLS = 4096
MOST_ROUNDS = 100  # per block: its median needs no more
# Results that may wait in memory before the next wait for the device. JAX runs ahead of its caller: with eight results
# of 4 MB pending, each in fresh memory, relu of 1e6 elements took 131 µs instead of 101.
IN_FLIGHT = {"cpu": 4 * 2**20, "gpu": 256 * 2**20}
BLOCK_FACTOR = 3
"""The factor of the blocks of a reference, whose noise enters all ratios to it, and of the cases of a comparison."""

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
    verified: str = ""
    """The digest of an output that an earlier pass verified."""
    look: bool = True
    """Whether to measure memory and the host's and the device's part of the time too."""
    turns: Turns = field(default_factory=Turns)
    """The turns taken with the worker of the other side, if there is one."""

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


def measure(task: Task, profile: Profile, benchmark: Any) -> Record:
    """Time a case by the `benchmark` fixture and verify its output; failures become a status and a reason."""
    exhausted: tuple[type[BaseException], ...] = (MemoryError, *task.backend.OUT_OF_MEMORY)
    try:
        return _measure(task, profile, benchmark)
    except exhausted as error:
        return Record.of(task.case, "out_of_memory", last_line(error))
    except NotImplementedError as error:
        return Record.of(task.case, "unsupported", last_line(error))
    except Exception as error:
        return Record.of(task.case, "error", last_line(error))


def _measure(task: Task, profile: Profile, benchmark: Any) -> Record:
    require_room(task)
    backend, case = task.backend, task.case
    graphs_before, start = backend.graphs(), perf_counter()
    prepared = prepare(task)
    prepared_at = perf_counter()
    first_seconds = seconds_of(make_round(backend, prepared, 1, 1))
    graphs = backend.graphs() - graphs_before
    if case.mode == "compiled" and graphs < 1:
        raise NotCompiled("no graph was compiled: the program ran eager")
    effort = calibrate(task, prepared, profile.block_seconds)
    benchmark.extra_info |= {"case": case.id, "rounds_per_block": effort.rounds}
    rounds = effort.rounds * profile.blocks * (BLOCK_FACTOR if case.is_reference or task.turns.taken else 1)
    witnesses = Witnesses.choose(effort.calls, rounds, f"{case.id} {effort.calls * rounds}")
    witnesses.outputs += [make_round(backend, prepared, 1, 1)() for _ in witnesses.numbers]
    busy, wall = process_time(), perf_counter()
    before = per_call(benchmark, effort, task.turns.between(effort.rounds))
    attempt = make_round(backend, prepared, effort.calls, rounds, witnesses)
    output = benchmark.pedantic(attempt, setup=before, rounds=rounds)
    task.turns.switch()  # the last block of the other worker follows at once
    busy, wall = process_time() - busy, perf_counter() - wall
    blocks, compiled = block_medians(benchmark.stats.stats.data, effort), case.mode == "compiled"
    fault, digest = verify_outputs(task, prepared, witnesses, output)
    if fault:
        return Record.of(case, "wrong", fault)
    if fault := impossible(task, prepared, min(blocks)):
        return Record.of(case, "impossible", fault)
    record = Record.of(
        case,
        "ok",
        block_seconds=blocks,
        calls_per_block=effort.calls * effort.rounds,
        compile_seconds=first_seconds if compiled else None,
        graphs=graphs if compiled else None,
        recompiles=backend.graphs() - graphs_before - graphs if compiled else None,
        extra=Details(
            prepare_seconds=prepared_at - start,
            rounds_per_block=effort.rounds,
            buffers=len(prepared.arguments),
            cold_inputs=prepared.cold,
            digest=digest,
            cores_busy=None if task.turns.taken else busy / wall,  # with turns, half of the time is the other's
        ),
    )
    if not task.look:
        return record
    try:
        return profile_case(task, prepared, effort, record)
    except Exception as error:  # a failing profiler does not discard the measured time
        return replace(record, extra=replace(record.extra, look=last_line(error)))


def require_room(task: Task) -> None:
    """Raise NoRoom where a case does not fit into memory, before anything is allocated."""
    needed, free = inputs.needed_bytes(task.case), environment.available_bytes()
    if task.case.device != "cpu":
        free = int(task.backend.device_state(task.case.device).get("free_bytes", free))
    if needed > free:
        raise NoRoom(f"needs about {needed / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free")


def verify_outputs(task: Task, prepared: Prepared, witnesses: Witnesses, last: Any) -> tuple[str, str]:
    """Return the fault of the outputs, empty if there is none, and the last one's digest, empty if there is a fault."""
    backend, case, count = task.backend, task.case, len(prepared.arguments)
    data = inputs.buffers(case)
    again, fresh = (prepared.program(*data.arguments(case, number)) for number in (0, data.spare))
    for output in (again, fresh):
        wait(backend, output)
    witness_numbers = [inputs.turn(number, witnesses.calls * witnesses.rounds, count) for number in witnesses.numbers]
    numbers, values = (0, 0, *witness_numbers, data.spare), (last, again, *witnesses.outputs, fresh)
    outputs = list(map(Output, numbers, values))
    fault = witness.fault(backend, case, outputs, trusted=task.keras, verified=task.verified)
    return fault, "" if fault else witness.digest(backend, case, last)


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


def per_call(benchmark: Any, effort: Effort, before: Callable[[], None]) -> Callable[[], None]:
    """Return the function that pytest-benchmark calls before each round, which sets the number of calls to divide by.

    pytest-benchmark's loop over `iterations` can neither rotate arguments nor wait, and calls nothing before a round.
    """

    def setup() -> None:
        benchmark.stats.iterations = effort.calls
        before()

    return setup


def block_medians(rounds: list[float], effort: Effort) -> tuple[float, ...]:
    """Return the median of each block, from the rounds' seconds per call."""
    blocks = (rounds[i : i + effort.rounds] for i in range(0, len(rounds), effort.rounds))
    return tuple(map(statistics.median, blocks))


def impossible(task: Task, prepared: Prepared, seconds: float) -> str:
    """Return why no call can take so few seconds; empty if it can."""
    backend, case = task.backend, task.case
    data = inputs.buffers(case)
    arguments = data.arguments(case, data.spare)
    if fault := floor.pending_work(backend, case, lambda: prepared.program(*arguments), seconds):
        return fault
    if fault := floor.cached_result(backend, case, prepared.program, arguments):
        return fault
    if case.is_copy or task.keras or (case.direction == "backward" and witness.declares_alias(backend, case)):
        return ""  # returning the argument itself costs nothing
    return floor.too_quick(case, seconds)


def last_line(error: BaseException) -> str:
    """Return an error in one line: its type and the last line of its message that is not empty."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
