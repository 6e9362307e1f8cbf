"""Measurement of a group on one worker: its contenders are prepared, timed block by block as asked, then verified.

All rounds of a group are timed by one call of pytest-benchmark's `pedantic`, which calls `before` ahead of each round:
there the worker ends one contender's block and waits to be told whose block is next. The first call of a block finds
caches and pages as another process left them, and is not timed. A round during which the system gave the processor to
another process is left out where enough others remain; a block without such rounds has the processor time of its calls.
"""

import functools
import itertools
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any, Protocol

from msgspec.structs import replace

from bench.core import processors
from bench.core.cases import Case, Profile, Status
from bench.core.record import Details, Record
from bench.core.text import error_line
from bench.speed import channel, inputs, timing, witness
from bench.speed.timing import Effort, NotCompiled, Prepared, Task
from bench.speed.witness import Output, Witnesses

CLEAN_SHARE = 0.25
"""The least share of undisturbed rounds from which a block's median is taken."""
FEW_CALLS = 3
"""The number of calls below which a block has no untimed call ahead of it."""
DISTURBED_SHARE = 0.95
"""The share of processor time in wall time below which a block without enough undisturbed rounds was disturbed."""


class Instructions(Protocol):
    """The interface of what tells a worker what to do next."""

    def send(self, message: channel.Message) -> None:
        """Report the progress of this worker."""

    def receive(self) -> Any:
        """Return the next instruction."""


class Alone:
    """The instructions of a worker that measures a group by itself: cycles in random order."""

    def __init__(self, cycles: int, seed: str = "") -> None:
        self.cycles, self.random = cycles, random.Random(seed)
        self.instructions: Iterator[Any] = iter([channel.Prepare([], [])])

    def send(self, message: channel.Message) -> None:
        """Plan the blocks once the contenders are ready."""
        if isinstance(message, channel.Ready):
            self.instructions = self.plan(message.contenders)

    def plan(self, contenders: Sequence[int]) -> Iterator[Any]:
        """Yield the blocks of every cycle, then the instruction to verify the outputs."""
        for _ in range(self.cycles):
            order = self.random.sample(contenders, len(contenders))
            yield from (channel.Measure(number, position) for position, number in enumerate(order))
        yield channel.Finish([])

    def receive(self) -> Any:
        """Return the next instruction."""
        return next(self.instructions)


@dataclass(frozen=True)
class Round:
    """The state of a process at the start or the end of a round."""

    wall_seconds: float
    processor_seconds: float
    switches: int
    """The number of times at which the system took the processor away, since the start of the process."""

    @classmethod
    def now(cls) -> "Round":
        """Return the present state."""
        return cls(perf_counter(), process_time(), involuntary_switches())


def involuntary_switches() -> int:
    """Return how often the system took the processor from this process; 0 where it does not report that."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


@dataclass
class Measurement:
    """A prepared case with the blocks that have been timed."""

    task: Task
    prepared: Prepared
    effort: Effort
    witnesses: Witnesses
    attempt: Callable[[], Any]
    """A round on the next arguments."""
    first_seconds: float
    prepare_seconds: float
    graphs_before: int
    graphs: int
    blocks: list[float] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    preempted: int = 0
    processor_time_blocks: int = 0
    processor_seconds: float = 0.0
    wall_seconds: float = 0.0
    output: Any = None
    error: Exception | None = None
    """The first error of a timed call."""

    @classmethod
    def prepare(cls, task: Task, profile: Profile) -> "Measurement":
        """Prepare a case: make its program and arguments, compile and calibrate."""
        timing.require_room(task)
        backend, case = task.backend, task.case
        graphs_before, start = backend.graphs(), perf_counter()
        prepared = timing.prepare(task)
        prepared_at = perf_counter()
        first_seconds = timing.seconds_of(timing.make_round(backend, prepared, 1, 1))
        graphs = backend.graphs() - graphs_before
        if case.mode == "compiled" and graphs < 1:
            raise NotCompiled("no graph was compiled: the program ran eager")
        effort = timing.calibrate(task, prepared, profile.block_seconds)
        rounds = effort.rounds * profile.cycles
        witnesses = Witnesses.choose(effort.calls, rounds, case.id, len(prepared.arguments))
        witnesses.outputs += [timing.make_round(backend, prepared, 1, 1)() for _ in witnesses.numbers]
        attempt = timing.make_round(backend, prepared, effort.calls, rounds, witnesses)
        times = first_seconds, prepared_at - start
        return cls(task, prepared, effort, witnesses, attempt, *times, graphs_before, graphs)

    def change_fault(self) -> str:
        """Return the fault of a program whose first calls have written into their arguments; empty for any other."""
        backend, program, arguments = self.task.backend, self.prepared.program, self.prepared.arguments
        output = program(*arguments[0])
        timing.wait(backend, output)
        return witness.change_fault(self.task.case, [Output(0, output)])

    def warm_up(self) -> None:
        """Make one call that is not timed, on the arguments that were used last and are needed again last.

        A block of a few long calls goes without: what the switch of processes costs is little beside them.
        """
        if self.effort.calls * self.effort.rounds < FEW_CALLS:
            return
        calls, arguments = self.effort.calls * self.effort.rounds, self.prepared.arguments
        every_call = self.witnesses.calls * self.witnesses.rounds
        number = inputs.turn(len(self.blocks) * calls - 1, every_call, len(arguments))
        self.guard(lambda: timing.wait(self.task.backend, self.prepared.program(*arguments[number])))

    def run(self) -> None:
        """Run a round and keep its output."""
        try:
            self.output = self.attempt()
        except Exception as error:  # the other contenders of the worker go on
            self.error = self.error or error

    def guard(self, call: Callable[[], None]) -> None:
        """Make a call that is not timed, and keep its error."""
        try:
            call()
        except Exception as error:
            self.error = self.error or error

    def add_block(self, seconds: Sequence[float], states: Sequence[Round], position: int) -> None:
        """Add a block: the seconds per call of its rounds, the states between them, its position in a cycle."""
        calls = self.effort.calls
        steps = list(itertools.pairwise(states))
        busy = [after.processor_seconds - before.processor_seconds for before, after in steps]
        switches = [after.switches - before.switches for before, after in steps]
        clean = [time for time, count in zip(seconds, switches, strict=True) if not count]
        self.processor_seconds += sum(busy)
        self.wall_seconds += states[-1].wall_seconds - states[0].wall_seconds
        self.positions.append(position)
        self.preempted += len(seconds) - len(clean)
        if len(clean) >= CLEAN_SHARE * len(seconds):
            self.blocks.append(statistics.median(clean))
        elif self.is_on_one_core and sum(busy) < DISTURBED_SHARE * sum(seconds) * calls:
            self.processor_time_blocks += 1
            self.blocks.append(statistics.median(time / calls for time in busy))
        else:
            self.blocks.append(statistics.median(seconds))

    @property
    def is_on_one_core(self) -> bool:
        """Whether the processor time of the process is that of the calls."""
        return self.task.case.device == "cpu" and self.task.case.threads == 1

    def finish(self) -> Record:
        """Verify the outputs and return the record; raise the first error of a timed call."""
        if self.error:
            raise self.error
        task, effort = self.task, self.effort
        case, compiled = task.case, task.case.mode == "compiled"
        fault, digests = timing.verify_outputs(task, self.prepared, self.witnesses, self.output)
        if fault:
            return Record.of(case, "wrong", fault)
        if fault := timing.impossible(task, self.prepared, min(self.blocks)):
            return Record.of(case, "impossible", fault)
        record = Record.of(
            case,
            "ok",
            block_seconds=tuple(self.blocks),
            calls_per_block=effort.calls * effort.rounds,
            compile_seconds=self.first_seconds if compiled else None,
            graphs=self.graphs if compiled else None,
            recompiles=task.backend.graphs() - self.graphs_before - self.graphs if compiled else None,
            extra=Details(
                positions=tuple(self.positions),
                preempted_rounds=self.preempted,
                processor_time_blocks=self.processor_time_blocks,
                prepare_seconds=self.prepare_seconds,
                rounds_per_block=effort.rounds,
                buffers=len(self.prepared.arguments),
                cold_inputs=self.prepared.cold,
                digests=tuple(digests.items()),
                cores_busy=self.processor_seconds / self.wall_seconds,
            ),
        )
        if not task.look:
            return record
        try:
            return timing.profile_case(task, self.prepared, effort, record)
        except Exception as error:  # a failing profiler does not discard the measured time
            return replace(record, extra=replace(record.extra, look=error_line(error)))


class Blocks:
    """The blocks of a group on this worker, in the order in which they are asked for."""

    def __init__(self, measurements: dict[int, Measurement], benchmark: Any, instructions: Instructions) -> None:
        self.measurements, self.benchmark, self.instructions = measurements, benchmark, instructions
        self.current: Measurement = next(iter(measurements.values()))
        self.states: list[Round] = []
        self.position = self.remaining = 0
        self.numbers: list[int] = []
        """The contender of each round, by which pytest-benchmark's rounds are told apart."""

    def run(self, cycles: int) -> None:
        """Time all blocks: `cycles` of each contender."""
        rounds = cycles * sum(measurement.effort.rounds for measurement in self.measurements.values())
        self.benchmark.pedantic(self.run_round, setup=self.before, rounds=rounds)
        self.end_block()

    def run_round(self) -> None:
        """Run a round of the present contender."""
        self.current.run()

    def before(self) -> None:
        """Prepare the next round; pytest-benchmark calls it before each."""
        if self.remaining:
            self.states.append(Round.now())
        else:
            if self.states:
                self.end_block()
            self.begin_block(self.instructions.receive())
        self.remaining -= 1

    def begin_block(self, instruction: channel.Measure) -> None:
        """Begin the block that the instruction names."""
        self.current = self.measurements[instruction.contender]
        self.position, self.remaining = instruction.position, self.current.effort.rounds
        self.numbers += [instruction.contender] * self.remaining
        # pytest-benchmark's loop over `iterations` can neither rotate arguments nor wait
        self.benchmark.stats.iterations = self.current.effort.calls
        self.current.warm_up()
        self.states = [Round.now()]

    def end_block(self) -> None:
        """Hand the block that has ended to its contender, and report it."""
        self.states.append(Round.now())
        rounds = self.current.effort.rounds
        self.current.add_block(self.benchmark.stats.stats.data[-rounds:], self.states, self.position)
        self.states = []
        self.instructions.send(channel.Done())


def measure_group(
    tasks: Sequence[Task], profile: Profile, benchmark: Any, instructions: Instructions
) -> Iterator[Record]:
    """Measure the contenders of a group and yield their records, in order; failures become a status and a reason."""
    work = instructions.receive()
    processors.move(work.cores)
    outcomes = prepare(tasks, profile, instructions)
    ready = {number: outcome for number, outcome in enumerate(outcomes) if isinstance(outcome, Measurement)}
    processors.move(work.measurement_cores)
    instructions.send(channel.Ready(list(ready)))
    if ready:
        blocks = Blocks(ready, benchmark, instructions)
        blocks.run(profile.cycles)
        calls = {str(number): measurement.effort.calls for number, measurement in ready.items()}
        cases = [task.case.id for task in tasks]
        benchmark.extra_info |= {"cases": cases, "calls": calls, "contenders": blocks.numbers}
    processors.move(instructions.receive().cores)
    for number, outcome in enumerate(outcomes):
        instructions.send(channel.Working(number))
        yield outcome if isinstance(outcome, Record) else attempt(outcome.task, outcome.finish)


def prepare(tasks: Sequence[Task], profile: Profile, instructions: Instructions) -> "list[Measurement | Record]":
    """Return the contenders ready to be timed, or the records of their failures.

    They share their arguments: where one writes into them, it fails, and the others are prepared again on new ones.
    """
    faults: dict[int, Record] = {}
    while True:
        outcomes: list[Measurement | Record] = []
        for number, task in enumerate(tasks):
            if number in faults:
                outcomes.append(faults[number])
                continue
            instructions.send(channel.Working(number))
            outcome = attempt(task, functools.partial(Measurement.prepare, task, profile))
            if isinstance(outcome, Measurement) and (fault := outcome.change_fault()):
                faults[number] = Record.of(task.case, "wrong", fault)
                break
            outcomes.append(outcome)
        else:
            return outcomes


def measure(task: Task, profile: Profile, benchmark: Any) -> Record:
    """Measure one case by itself and return its record."""
    return next(measure_group([task], profile, benchmark, Alone(profile.cycles)))


def attempt(task: Task, step: Callable[[], Any]) -> Any:
    """Return what a step returns, or the record of its failure."""
    exhausted: tuple[type[BaseException], ...] = (MemoryError, *task.backend.OUT_OF_MEMORY)
    try:
        return step()
    except exhausted as error:
        return failure(task.case, "out_of_memory", error)
    except NotImplementedError as error:
        return failure(task.case, "unsupported", error)
    except channel.Closed:
        raise
    except Exception as error:
        return failure(task.case, "error", error)


def failure(case: Case, status: Status, error: BaseException) -> Record:
    """Return the record of a case without a time."""
    return Record.of(case, status, error_line(error))
