"""The judging of results: error classes first, then ulp errors, by the kernel of the accuracy sweeps.

It runs in the command's process, which never imports the reader's function.
"""

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backends.activation import Variant, parse_variant
from bench.accuracy import bits, verdict
from bench.accuracy.assemble import Results, assemble_records
from bench.accuracy.judge import batches
from bench.accuracy.record import CATEGORIES, Key, Record, larger, merge
from bench.accuracy.shards import LAYOUTS, Shard, Subject
from bench.accuracy.verdict import ErrorCounter
from bench.check import underflow
from bench.check.findings import Finding, Status, WorstCase
from bench.check.limits import Limits
from bench.check.messages import Circumstance, Difference, Task
from bench.reference import TRUTH, truth

Values = Any  # numpy.ndarray

STRIDES = {"float16": 1, "bfloat16": 1, "float32": 8191}
"""The step between inputs: all of 16 bits; 1025 in each of float32's binades. An odd step meets all last bits."""
SAME = 1 + 1e-9
"""The factor that a float64 figure may differ by from the same one."""
FEW_ZEROS = 32
"""The number of zeros up to which the condition number of each is computed: a root has a few inputs beside it."""
CLASS_WORDS = {
    "nan": "NaN for a number",
    "infinite": "infinity for a number",
    "zero": "zero for a normal number",
    "sign": "the wrong sign",
}


@functools.cache
def input_batches(dtype: str) -> tuple[bits.Batch, ...]:
    """Return the batches of all inputs of a dtype that are judged: those of each sign."""
    subject = Subject("", "linear", "forward", dtype)
    parts = batches(Shard(subject, 0, LAYOUTS[dtype].binades - 1, STRIDES[dtype]))
    return tuple(batch for part in parts for batch in part)


@functools.lru_cache(maxsize=16)
def counter_of(variant_id: str, direction: str, dtype: str) -> ErrorCounter:
    """Return the counter of errors of a definition, whose piecewise polynomials this loads or builds."""
    counter = ErrorCounter(Subject("", variant_id, direction, dtype))
    for batch in input_batches(dtype):
        counter.table(batch)
    return counter


Problem = tuple[str, int]
"""What is wrong, and the bits of an input that shows it; -1 for none."""


@dataclass(frozen=True)
class ClassInputs:
    """The inputs of an error class: their number, and the bits of the first."""

    count: int
    first: int


@dataclass(frozen=True)
class Judge:
    """The exact values of a definition, and the limits that results are held to."""

    variant: Variant
    limits: Limits

    def counter(self, task: Task) -> ErrorCounter:
        """Return the counter of errors for a task's direction and dtype."""
        return counter_of(self.variant.id, task.direction, task.dtype)

    def judged(self, task: Task, patterns: list[Values]) -> "Judged":
        """Return the judged results of a task for all inputs of its dtype."""
        counter, records = self.counter(task), list[Record]()
        parts = [pattern.view(bits.TYPES[task.dtype]) for pattern in patterns]
        for batch, raw in zip(input_batches(task.dtype), parts, strict=True):
            results = Results(batch, batch.inputs, raw, raw[:0])
            with np.errstate(invalid="ignore"):
                segments, counts = counter.judge(batch, results.x, results.y)
                records += assemble_records(counter, results, segments, counts, key_of(task, self.variant))
        return Judged(task, parts, functools.reduce(merge, records))

    def finding(self, judged: "Judged", allowed: "Judged | None" = None) -> Finding:
        """Return what results show; they hold within the limits, and where they are no worse than allowed ones."""
        problems = [*self.wrong_in_kind(judged, allowed), *self.inexact(judged, allowed)]
        record = judged.record
        inputs = [x_bits for _, x_bits in problems] + [record.worst_bits]
        cases = tuple(self.case(judged, x_bits) for x_bits in dict.fromkeys(inputs) if x_bits >= 0)
        figure = "; ".join(words for words, _ in problems)
        figure = figure or f"{max(record.scaled_ulp, 0.0):.2g} ulp over 1 + condition at most"
        return Finding(judged.task.name, "fails" if problems else "holds", figure, record.inputs, cases)

    def wrong_in_kind(self, judged: "Judged", allowed: "Judged | None") -> Iterator[Problem]:
        """Yield the error classes that count, each with its first input."""
        for name in CATEGORIES:
            inputs = self.class_inputs(judged, name)
            most = self.class_inputs(allowed, name).count if allowed else 0
            if inputs.count > most and name not in self.limits.classes:
                yield f"{CLASS_WORDS[name]} at {inputs.count:,}", inputs.first
        swallowed = allowed.record.nan_swallowed if allowed else 0
        if judged.task.direction == "forward" and judged.record.nan_swallowed > swallowed:
            yield f"NaN becomes a number at {judged.record.nan_swallowed:,}", -1

    def class_inputs(self, judged: "Judged", name: str) -> ClassInputs:
        """Return how many inputs are in an error class, and the bits of the first."""
        count, first = getattr(judged.record, name), getattr(judged.record, f"{name}_bits")
        if name == "zero" and count:
            task = judged.task
            zeros = underflow.zeros(self.variant, task.direction, task.dtype, judged.by_batch)
            if len(zeros) <= FEW_ZEROS:  # beside a root of the function, zero may be within the limit
                zeros = [x_bits for x_bits in zeros if not self.is_root(task, bits.number(x_bits, task.dtype))]
            return ClassInputs(len(zeros), zeros[0] if zeros else -1)
        return ClassInputs(count, first)

    def is_root(self, task: Task, x: float) -> bool:
        """Return whether the error of a zero, 2^precision ulp at most, is within the limit times 1 + condition."""
        condition = truth.condition(self.variant, x, of_slope=task.direction == "backward")
        largest = 2.0 ** self.counter(task).format.precision
        return largest <= self.limits.of(task.direction, task.dtype) * (1 + condition)

    def inexact(self, judged: "Judged", allowed: "Judged | None") -> Iterator[Problem]:
        """Yield errors beyond the limits, each with the input that shows it."""
        task, record = judged.task, judged.record
        limit = self.limits.of(task.direction, task.dtype)
        steps = max(limit, underflow.SUBNORMAL_STEPS[task.dtype])
        if allowed:
            limit = larger(limit, allowed.record.scaled_ulp * SAME)
            steps = larger(steps, allowed.record.contracted_ulp * SAME)
        if record.scaled_ulp > limit:
            yield f"{record.scaled_ulp:.3g} ulp over 1 + condition, allowed {limit:.3g}", record.scaled_bits
        if record.contracted_ulp > steps:
            x_bits = underflow.worst_subnormal(self.variant, task.direction, task.dtype, judged.by_batch)
            yield f"{record.contracted_ulp:.3g} steps between subnormal results, allowed {steps:g}", x_bits

    def case(self, judged: "Judged", x_bits: int) -> WorstCase:
        """Return the input with these bits, its result and the exact value."""
        counter, x = self.counter(judged.task), bits.number(x_bits, judged.task.dtype)
        result = judged.result(x_bits)
        return WorstCase(x, result, float(counter.exact_value(x)), str(counter.error(x, result)))

    def parity(self, task: Task, compared: Sequence[Circumstance]) -> Iterator[Finding]:
        """Yield what differs in other circumstances, and one finding for those in which all bits are the same."""
        if same := [circumstance for circumstance in compared if not circumstance.differing]:
            calls, results = (sum(getattr(c, name) for c in same) for name in ("calls", "results"))
            names = ", ".join(circumstance.name for circumstance in same)
            yield Finding(task.name, "holds", f"same bits in {calls} calls: {names}", results)
        yield from (self.other_bits(task, circumstance) for circumstance in compared if circumstance.differing)

    def other_bits(self, task: Task, compared: Circumstance) -> Finding:
        """Return a finding about results with other bits: they fail where they are wrong, or parity is required."""
        figure = f"{compared.differing:,} of {compared.results:,} results in {compared.calls} calls have other bits"
        wrong = [d for d in compared.differences if self.is_wrong(task, d)]
        cases = tuple(self.difference_case(task, d) for d in wrong or compared.differences[:1])
        status: Status = "fails" if wrong or self.limits.is_parity_required else "note"
        return Finding(f"{task.name} {compared.name}", status, figure, compared.results, cases)

    def is_wrong(self, task: Task, difference: Difference) -> bool:
        """Return whether the result in other circumstances is beyond the limits and the usual one is not."""
        usual, other = (self.excess(task, difference.x, y) for y in (difference.usual, difference.other))
        return other > max(usual, 1.0)

    @verdict.with_exact_precision
    def excess(self, task: Task, x: float, y: float) -> float:
        """Return the error of a result over its limit; infinite for an error class."""
        error = self.counter(task).error(x, y)
        if error.category:
            return 0.0 if error.category in self.limits.classes else math.inf
        condition = truth.condition(self.variant, x, of_slope=task.direction == "backward")
        return error.ulps / (1 + condition) / self.limits.of(task.direction, task.dtype)

    def difference_case(self, task: Task, difference: Difference) -> WorstCase:
        """Return a difference as a worst case."""
        counter = self.counter(task)
        error = str(counter.error(difference.x, difference.other))
        place = f"{difference.place}; {difference.usual:.9g} usually"
        exact = float(counter.exact_value(difference.x))
        return WorstCase(difference.x, difference.other, exact, error, place)


@dataclass(frozen=True)
class Judged:
    """The results of a task for all inputs of its dtype, and their record."""

    task: Task
    parts: list[Values]
    """The results by batch."""
    record: Record

    @property
    def by_batch(self) -> list[tuple[bits.Batch, Values]]:
        """The results with their batches of inputs."""
        return list(zip(input_batches(self.task.dtype), self.parts, strict=True))

    def result(self, x_bits: int) -> float:
        """Return the result for the input with these bits."""
        for batch, results in self.by_batch:
            (index,) = np.nonzero(batch.patterns == x_bits)
            if index.size:
                return float(results[index[0]])
        raise ValueError(f"{x_bits} is no judged input")


def key_of(task: Task, variant: Variant) -> Key:
    """Return a key for the records of a task, which are not stored."""
    blank = dict.fromkeys(("backend", "version", "build", "vendor", "instruction_set"), "")
    return Key(
        activation=variant.id,
        direction=task.direction,
        dtype=task.dtype,
        mode=task.mode,
        threads=1,
        revision=1,
        truth=TRUTH,
        stride=STRIDES[task.dtype],
        binade=-1,
        **blank,
    )


def definition(text: str) -> Variant:
    """Return the elementwise variant that `--as` names."""
    variant = parse_variant(text)
    if variant.activation.kind != "elementwise":
        raise LookupError(f"{variant.id} is an activation of rows: check judges elementwise ones")
    return variant
