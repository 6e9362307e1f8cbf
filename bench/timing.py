"""How one case is timed: first call, calibration, blocks by pytest-benchmark, then the verdict on the output.

A *round* is a few calls of the program and one wait for the device, timed together; a *block* is some
rounds in a row, and its median is the unit of replication. Preparing (inputs, the forward pass of
a backward) is done before, compiling is timed apart, and neither is seen by the calibration.
"""

import itertools
import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import backends
from backends.interface import Array, Backend
from bench import inputs, verify
from bench.cases import Case, Profile, Record

ROUND_SECONDS = 0.001  # a timer read and a wait cost about a microsecond: a thousandth of it
MOST_CALLS = 4096
MOST_ROUNDS = 20  # of a block: its median needs no more

Program = Callable[..., Any]


class NotCompiled(RuntimeError):
    """What is labelled compiled ran without the compiler having made a graph for it."""


@dataclass(frozen=True)
class Prepared:
    """A program with what it is called on, in turn."""

    program: Program
    arguments: list[tuple[Array, ...]]
    cold: bool


@dataclass(frozen=True)
class Effort:
    """Calls of a round, and rounds of a block, that fill about the profile's seconds of a block."""

    calls: int
    rounds: int

    @classmethod
    def for_call(cls, seconds: float, block_seconds: float) -> "Effort":
        """For a program that takes `seconds` a call."""
        seconds = max(seconds, 1e-9)
        calls = min(max(int(min(ROUND_SECONDS, block_seconds) / seconds), 1), MOST_CALLS)
        return cls(calls, min(max(round(block_seconds / (calls * seconds)), 1), MOST_ROUNDS))


def prepare(backend: Backend, case: Case) -> Prepared:
    """Everything before the timed region."""
    data = inputs.buffers(case)
    if case.is_copy:
        return Prepared(backend.copy, [(x,) for x in data.xs], data.cold)
    function = backends.function(case.backend, case.activation, **dict(case.parameters))
    compiled = case.mode == "compiled"
    if case.direction == "forward":
        return Prepared(backend.forward(function, compiled=compiled), [(x,) for x in data.xs], data.cold)
    if case.direction == "backward":
        program = backend.backward(function, data.xs[0], compiled=compiled)
        return Prepared(program, [(dy,) for dy in data.dys], data.cold)
    return Prepared(backend.step(function, compiled=compiled), list(zip(data.xs, data.dys, strict=True)), data.cold)


def a_round(backend: Backend, prepared: Prepared, calls: int, rounds: int) -> Callable[[], Any]:
    """What pytest-benchmark calls `rounds` times: `calls` calls on the next arguments, and the wait for them."""
    program, arguments = prepared.program, inputs.rotation(prepared.arguments, calls * rounds)

    def timed() -> Any:
        for given in itertools.islice(arguments, calls):
            y = program(*given)
        for part in y if isinstance(y, tuple) else (y,):
            backend.synchronize(part)
        return y

    return timed


def seconds_of(function: Callable[[], Any]) -> float:
    """One call, timed."""
    start = perf_counter()
    function()
    return perf_counter() - start


def calibrate(backend: Backend, prepared: Prepared, block_seconds: float) -> Effort:
    """Warm up and find the effort: the quickest of three calls, then of three rounds made of that."""
    calls = 1
    for _ in range(2):
        attempt = a_round(backend, prepared, calls, 3)
        effort = Effort.for_call(min(seconds_of(attempt) for _ in range(3)) / calls, block_seconds)
        calls = effort.calls
    return effort


def measure(backend: Backend, case: Case, profile: Profile, benchmark: Any) -> Record:
    """Time a case by the `benchmark` fixture and verify what it returned; failures become a status and a reason."""
    exhausted: tuple[type[BaseException], ...] = (MemoryError, *backend.OUT_OF_MEMORY)
    try:
        return _measure(backend, case, profile, benchmark)
    except exhausted as error:
        return Record(case, "out_of_memory", last_line(error))
    except Exception as error:
        return Record(case, "error", last_line(error))


def _measure(backend: Backend, case: Case, profile: Profile, benchmark: Any) -> Record:
    before, start = backend.graphs(), perf_counter()
    prepared = prepare(backend, case)
    prepared_at = perf_counter()
    first_seconds = seconds_of(a_round(backend, prepared, 1, 1))
    graphs = backend.graphs() - before
    if case.mode == "compiled" and graphs < 1:
        raise NotCompiled("no graph was compiled: the program ran eager")
    effort = calibrate(backend, prepared, profile.block_seconds)
    rounds = effort.rounds * profile.blocks
    benchmark.extra_info["case"] = case.id
    output = benchmark.pedantic(a_round(backend, prepared, effort.calls, rounds), rounds=rounds)
    record = Record(
        case,
        "ok",
        block_seconds=block_medians(benchmark.stats.stats.data, effort),
        calls_per_block=effort.calls * effort.rounds,
        compile_seconds=first_seconds if case.mode == "compiled" else None,
        graphs=graphs if case.mode == "compiled" else None,
        extra={
            "prepare_seconds": prepared_at - start,
            "rounds_per_block": effort.rounds,
            "buffers": len(prepared.arguments),
            "cold_inputs": prepared.cold,
        },
    )
    fault = verify.fault(backend, case, output)
    return replace(record, status="wrong", reason=fault, block_seconds=(), calls_per_block=0) if fault else record


def block_medians(rounds: list[float], effort: Effort) -> tuple[float, ...]:
    """Seconds per call, one figure per block."""
    blocks = (rounds[i : i + effort.rounds] for i in range(0, len(rounds), effort.rounds))
    return tuple(statistics.median(block) / effort.calls for block in blocks)


def last_line(error: BaseException) -> str:
    """What an error says, in one line: its type and its last line that is not empty."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[-1]}" if lines else type(error).__name__
