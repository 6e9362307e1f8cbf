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
from bench.check import effect
from bench.check.findings import Finding, Status, WorstCase
from bench.check.limits import SUBNORMAL_STEPS, Limits
from bench.check.messages import Circumstance, Difference, Task
from bench.reference import TRUTH, truth, ulp

Values = Any  # numpy.ndarray

STRIDES = {"float16": 1, "bfloat16": 1, "float32": 8191}
"""The step between inputs: all of 16 bits; 1025 in each of float32's binades. An odd step meets all last bits."""
SAME = 1 + 1e-9
"""The factor that a float64 figure may differ by from the same one."""
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

    def finding(self, judged: "Judged", allowed: Record | None = None) -> Finding:
        """Return what a record shows; it holds within the limits, and where it is no worse than an allowed one."""
        task, record = judged.task, judged.record
        problems, inputs = [], []
        for name in CATEGORIES:
            count = getattr(record, name)
            if count > (getattr(allowed, name) if allowed else 0) and name not in self.limits.classes:
                problems.append(f"{CLASS_WORDS[name]} at {count:,}")
                inputs.append(getattr(record, f"{name}_bits"))
        if task.direction == "forward" and record.nan_swallowed > (allowed.nan_swallowed if allowed else 0):
            problems.append(f"NaN becomes a number at {record.nan_swallowed:,}")
        limit = self.limits.of(task.direction, task.dtype)
        steps = max(limit, SUBNORMAL_STEPS[task.dtype])
        if allowed:
            limit = larger(limit, allowed.scaled_ulp * SAME)
            steps = larger(steps, allowed.contracted_ulp * SAME)
        if record.scaled_ulp > limit:
            problems.append(f"{record.scaled_ulp:.3g} ulp over 1 + condition, allowed {limit:.3g}")
            inputs.append(record.scaled_bits)
        if record.contracted_ulp > steps:
            problems.append(f"{record.contracted_ulp:.3g} steps between subnormal results, allowed {steps:g}")
            inputs.append(self.worst_subnormal(judged))
        inputs += [record.worst_bits] if record.worst_bits >= 0 else []
        cases = tuple(self.case(judged, x_bits) for x_bits in dict.fromkeys(inputs))
        figure = "; ".join(problems) or f"{max(record.scaled_ulp, 0.0):.2g} ulp over 1 + condition at most"
        return Finding(task.name, "fails" if problems else "holds", figure, record.inputs, cases)

    def worst_subnormal(self, judged: "Judged") -> int:
        """Return the bits of the input with the largest error of those whose exact value or input is subnormal."""
        task, form = judged.task, ulp.FORMATS[judged.task.dtype]
        largest, worst = -1.0, 0
        for batch, results in zip(input_batches(task.dtype), judged.parts, strict=True):
            x, y = batch.inputs, results.astype(np.float64)
            exact = effect.exact_values(self.variant, x, slope=task.direction == "backward")
            subnormal = np.minimum(np.abs(exact), np.abs(x)) < form.smallest_normal
            with np.errstate(invalid="ignore"):
                errors = np.where(subnormal & (y != 0), np.abs(y - exact), -1.0)
            if errors.max() > largest:
                largest, worst = float(errors.max()), batch.bits_of(int(errors.argmax()))
        return worst

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

    def result(self, x_bits: int) -> float:
        """Return the result for the input with these bits."""
        for batch, results in zip(input_batches(self.task.dtype), self.parts, strict=True):
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
