"""Which outputs are verified beside the last one, so that work that is not done does not pass.

A backend can return its first result for ever, or what it remembers of an input, or memory that it has handed out
before. Therefore the outputs of two calls in a row, at a random place among the timed ones, are kept by reference, and
the program is called twice more after the timing: on the arguments of the last call, and on arrays that no timed call
saw. All of these outputs are alive at once: they must be right, each for its own arguments, and overlap neither each
other nor an argument; and no argument may have changed.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from backends.interface import Array, Backend
from bench import inputs, verify
from bench.cases import Case

Part = tuple[int, int | None]
"""A number of calls, and where the output of the last of them is kept."""


@dataclass
class Witnesses:
    """Two calls in a row among those that are timed, and what they returned."""

    calls: int
    """Of a round."""
    rounds: int
    first: int
    """The number of the first of them, from 0: the rounds' calls are counted through."""
    outputs: list[Any] = field(default_factory=list)
    """What is in their places until then keeps the memory that they take: no timed call has to ask for more."""

    @classmethod
    def choose(cls, calls: int, rounds: int, seed: str) -> "Witnesses":
        """At random, the last call of all left out: it is verified anyway."""
        return cls(calls, rounds, random.Random(seed).randrange(max(calls * rounds - 2, 1)))

    @property
    def numbers(self) -> list[int]:
        """The numbers of the calls: fewer than two where there are not three calls in all."""
        return [number for number in (self.first, self.first + 1) if number < self.calls * self.rounds - 1]

    def parts(self) -> Iterator[tuple[Part, ...]]:
        """Each round's parts: one, but where an output is kept."""
        rounds: list[tuple[Part, ...]] = [((self.calls, None),)] * self.rounds
        for at in dict.fromkeys(number // self.calls for number in self.numbers):
            start, parts = at * self.calls, list[Part]()
            for slot, number in enumerate(self.numbers):
                if start <= number < start + self.calls:
                    done = sum(count for count, _ in parts)
                    parts.append((number - start + 1 - done, slot))
            rest = self.calls - sum(count for count, _ in parts)
            rounds[at] = (*parts, *([(rest, None)] if rest else []))
        return iter(rounds)


@dataclass(frozen=True)
class Output:
    """What a call returned."""

    number: int
    """Of its arguments."""
    value: Any


def fault(backend: Backend, case: Case, outputs: Sequence[Output], *, trusted: bool, verified: str) -> str:
    """What is wrong with outputs that are alive at once; empty if nothing is.

    `trusted` ones, of Keras, are held to dtype and shape alone and may be their argument. `verified` is the digest of
    an output for the first arguments that needs no second look.
    """
    if found := next(filter(None, (verify.form_fault(backend, case, output.value) for output in outputs)), ""):
        return found
    if found := changed(case, outputs):
        return found
    if trusted:
        return ""
    if found := aliased(backend, case, outputs):
        return found
    right = {(0, verified)}
    for output in outputs:
        key = (output.number, digest(backend, case, output.value))
        if key in right:
            continue
        if found := verify.fault(backend, case, output.value, number=output.number):
            return f"{found}{repeated(backend, case, output, outputs)}"
        right.add(key)
    return ""


def digest(backend: Backend, case: Case, value: Any) -> str:
    """What an output holds, in short."""
    return "-".join(inputs.digest(backend, part) for _, part in verify.labelled(case, value))


def changed(case: Case, outputs: Sequence[Output]) -> str:
    """Whether a call has written into its arguments, which others are called on too."""
    data = inputs.buffers(case)
    found = next(filter(None, (data.changed(case, output.number) for output in outputs)), "")
    if not found:
        return ""
    inputs.forget()
    return f"{verify.labelled(case, outputs[0].value)[0][0]}: the call writes into its {found}"


def aliased(backend: Backend, case: Case, outputs: Sequence[Output]) -> str:
    """Whether an output lies in the memory of an argument or of another output; declared cases are left out."""
    data, others = inputs.buffers(case), list[tuple[str, Array]]()
    for output in outputs:
        x, dy = data.operands(case, output.number)
        others += [("its input", x)] + ([("its cotangent", dy)] if case.direction != "forward" else [])
    parts = [part for output in outputs for part in verify.labelled(case, output.value)]
    for at, (kind, part) in enumerate(parts):
        if kind == "slope" and declared(backend, case):
            continue
        earlier = (("another output", other) for _, other in parts[:at])
        for name, other in (*others, *earlier):
            if overlap(backend, part, other):
                return f"{kind}: lies in the memory of {name}"
    return ""


def declared(backend: Backend, case: Case) -> bool:
    """Whether the backend declares that the gradient is the cotangent itself."""
    return not case.is_copy and case.variant.activation.name in backend.ALIASES


def overlap(backend: Backend, one: Array, other: Array) -> bool:
    """Whether two arrays share memory."""
    (first, behind), (start, end) = backend.memory(one), backend.memory(other)
    return first < end and start < behind


def repeated(backend: Backend, case: Case, wrong: Output, outputs: Sequence[Output]) -> str:
    """In words, if an array of a wrong output is what a call on other arguments returned."""
    digests = set(digest(backend, case, wrong.value).split("-"))
    others = (other for other in outputs if other.number != wrong.number)
    same = any(digests & set(digest(backend, case, other.value).split("-")) for other in others)
    return "; another input has the same output" if same else ""
