"""Findings: what each part of a check showed, with the input that shows it worst."""

import math
from typing import Literal

import msgspec

Status = Literal["holds", "fails", "skipped", "note"]


class WorstCase(msgspec.Struct, frozen=True):
    """An input, the result, and the exact value; with the error in words, such as `3.2 ulp` or `zero`."""

    x: float
    result: float
    exact: float
    error: str
    place: str = ""
    """Where it was computed, if that matters: `length 7`."""

    def __str__(self) -> str:
        place = f" ({self.place})" if self.place else ""
        return f"{self.error} at {self.x!r}{place}: {number(self.result)}, exact {number(self.exact)}"


class Finding(msgspec.Struct, frozen=True):
    """The result of one part of a check."""

    name: str
    status: Status
    figure: str
    """The result in a few words."""
    inputs: int = 0
    cases: tuple[WorstCase, ...] = ()
    """Worst cases, the worst first."""

    @property
    def line(self) -> str:
        """The finding in one line."""
        worst = f"; {self.cases[0]}" if self.cases else ""
        inputs = f"{self.inputs:>9,}" if self.inputs else " " * 9
        return f"{self.status:<8}{self.name:<26}{inputs}  {self.figure}{worst}"


def number(value: float) -> str:
    """Return a number with the digits that a float32 needs."""
    return f"{value:.9g}" if math.isfinite(value) else str(value)
