"""Verification of further outputs beside the last one, so that skipped work is detected.

A backend could return its first result every time, a cached result, or memory that it has returned before. Therefore
the outputs of two consecutive calls, at a random place among the timed ones, are kept by reference, and the program is
called twice more after the timing: on the arguments of the last call, and on arrays that no timed call used. All these
outputs are alive at once: each must be right for its own arguments and overlap neither another output nor an argument,
and no argument may have changed.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from backends.interface import Array, Backend
from bench.core.cases import Case
from bench.speed import inputs, verify

Part = tuple[int, int | None]
"""A number of calls, and the index at which the output of the last one is kept, if it is."""


@dataclass
class Witnesses:
    """Two consecutive calls among the timed ones, and their outputs."""

    calls: int
    """The number of calls in a round."""
    rounds: int
    first: int
    """The number of the first of the two calls, counted from 0 over all rounds."""
    outputs: list[Any] = field(default_factory=list)
    """The outputs; placeholders hold their memory until then, so that no timed call has to allocate more."""

    @classmethod
    def choose(cls, calls: int, rounds: int, seed: str, count: int = 1) -> "Witnesses":
        """Choose two calls at random, except the very last one, which is verified anyway.

        The seed also fixes which of `count` arguments the first call gets: a right output for these arguments is known
        from then on, whatever the number of calls.
        """
        total, choice = calls * rounds, random.Random(seed)
        wanted = choice.randrange(count)
        candidates = range((wanted + total - 1) % count, max(total - 2, 1), count)
        first = choice.choice(candidates) if candidates else choice.randrange(max(total - 2, 1))
        return cls(calls, rounds, first)

    @property
    def numbers(self) -> list[int]:
        """The numbers of the two calls; fewer than two where there are fewer than three calls in all."""
        return [number for number in (self.first, self.first + 1) if number < self.calls * self.rounds - 1]

    def parts(self) -> Iterator[tuple[Part, ...]]:
        """Return an iterator over the parts of each round: one part, or more where an output is kept."""
        rounds: list[tuple[Part, ...]] = [((self.calls, None),)] * self.rounds
        for index in dict.fromkeys(number // self.calls for number in self.numbers):
            start, parts = index * self.calls, list[Part]()
            for slot, number in enumerate(self.numbers):
                if start <= number < start + self.calls:
                    earlier = sum(count for count, _ in parts)
                    parts.append((number - start + 1 - earlier, slot))
            rest = self.calls - sum(count for count, _ in parts)
            rounds[index] = (*parts, *([(rest, None)] if rest else []))
        return iter(rounds)


@dataclass(frozen=True)
class Output:
    """The output of a call."""

    number: int
    """The number of its arguments."""
    value: Any


def fault(
    backend: Backend, case: Case, outputs: Sequence[Output], *, trusted: bool, verified: Mapping[int, str]
) -> str:
    """Return the fault of outputs that are alive at once; empty if there is none.

    `trusted` outputs, of Keras, are checked for dtype and shape alone and may be their argument. `verified` holds the
    digests of outputs that were verified before, by the number of their arguments.
    """
    if message := next(filter(None, (verify.form_fault(backend, case, output.value) for output in outputs)), ""):
        return message
    if message := change_fault(case, outputs):
        return message
    if trusted:
        return ""
    if message := alias_fault(backend, case, outputs):
        return message
    right = set(verified.items())
    for output in outputs:
        key = (output.number, digest(backend, case, output.value))
        if key in right:
            continue
        if message := verify.fault(backend, case, output.value, number=output.number):
            return f"{message}{repetition(backend, case, output, outputs)}"
        right.add(key)
    return ""


def digest(backend: Backend, case: Case, value: Any) -> str:
    """Return a hash of an output's content."""
    return "-".join(inputs.digest(backend, part) for _, part in verify.parts_by_kind(case, value))


def change_fault(case: Case, outputs: Sequence[Output]) -> str:
    """Return a fault where a call has written into its arguments, which other calls use too; empty otherwise."""
    data = inputs.buffers(case)
    operand = next(filter(None, (data.changed(case, output.number) for output in outputs)), "")
    if not operand:
        return ""
    inputs.forget()
    return f"{verify.parts_by_kind(case, outputs[0].value)[0][0]}: the call writes into its {operand}"


def alias_fault(backend: Backend, case: Case, outputs: Sequence[Output]) -> str:
    """Return a fault where an output overlaps an argument or another output, unless declared; empty otherwise."""
    data, others = inputs.buffers(case), list[tuple[str, Array]]()
    for output in outputs:
        x, dy = data.operands(case, output.number)
        others += [("its input", x)] + ([("its cotangent", dy)] if case.direction != "forward" else [])
    parts = [part for output in outputs for part in verify.parts_by_kind(case, output.value)]
    for index, (kind, part) in enumerate(parts):
        if kind == "slope" and declares_alias(backend, case):
            continue
        earlier = (("another output", other) for _, other in parts[:index])
        for name, other in (*others, *earlier):
            if overlap(backend, part, other):
                return f"{kind}: lies in the memory of {name}"
    return ""


def declares_alias(backend: Backend, case: Case) -> bool:
    """Return whether the backend declares that the gradient is the cotangent itself."""
    return not case.is_copy and case.variant.activation.name in backend.ALIASES


def overlap(backend: Backend, one: Array, other: Array) -> bool:
    """Return whether two arrays share memory."""
    (one_start, one_end), (other_start, other_end) = backend.memory(one), backend.memory(other)
    return one_start < other_end and other_start < one_end


def repetition(backend: Backend, case: Case, wrong: Output, outputs: Sequence[Output]) -> str:
    """Return an addition to the message if a wrong output equals that of a call on other arguments; empty otherwise."""
    digests = set(digest(backend, case, wrong.value).split("-"))
    others = (other for other in outputs if other.number != wrong.number)
    same = any(digests & set(digest(backend, case, other.value).split("-")) for other in others)
    return "; another input has the same output" if same else ""
