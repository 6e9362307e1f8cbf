"""Errors of many results in a few figures, whose smaller value is better: what a budget holds."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field

from flint import arb

from bench import ulp
from bench.row_truth import Entry
from tests.budgets import Measured
from tests.conformance.verdicts import exactly

WELL = 10.0
"""A condition number below which a result is called well conditioned."""
HUGE = 1e300
"""Distances are told no larger: JSON has no infinity."""


@dataclass
class Tally:
    """Categories are counts of wrong results, distances the largest of the others."""

    well: float = 0.0
    """Ulp where the condition number is below WELL."""
    scaled: float = 0.0
    """Ulp over 1 + condition number."""
    subnormal: float = 0.0
    """In units of the smallest subnormal, where the input or the truth is one and the result is not 0."""
    nan: int = 0
    infinite: int = 0
    zero: int = 0
    sign: int = 0
    nonzero: int = 0
    """A normal number where 0 is due, whatever rounding does to the inputs."""
    inputs: dict[str, str] = field(default_factory=dict)
    """By figure, the input that it is of; of a count the first."""

    def add(
        self, y: float, alternatives: Iterable[Entry], dtype: str, *, subnormal: bool = False, place: str = ""
    ) -> None:
        """Judge one result by whichever of the valid ones it is closest to; `subnormal`: of such an input."""
        category, well, scaled = min((judged(y, entry, dtype) for entry in alternatives), key=_rank)
        if category == "subnormal" or (subnormal and not category):
            self._raise("subnormal", scaled, place)
        elif category:
            setattr(self, category, getattr(self, category) + 1)
            self.inputs.setdefault(category, place)
        else:
            self._raise("well", well, place)
            self._raise("scaled", scaled, place)

    def _raise(self, name: str, distance: float, place: str) -> None:
        if min(distance, HUGE) > getattr(self, name):
            setattr(self, name, min(distance, HUGE))
            self.inputs[name] = place

    @property
    def figures(self) -> dict[str, float]:
        """By name."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "inputs"}

    @property
    def measured(self) -> Measured:
        """Return the figures with the inputs that show them."""
        return Measured(self.figures, self.inputs)


def _rank(found: tuple[str | None, float, float]) -> tuple[bool, float]:
    return found[0] not in (None, "subnormal"), found[2]


@exactly
def judged(y: float, entry: Entry, dtype: str) -> tuple[str | None, float, float]:
    """Category, ulp if well conditioned, and ulp over 1 + condition number, of `y`; a flushed subnormal is right.

    At an exact zero the condition number is what moves the result over the format's epsilon, in its least unit.
    """
    found, fmt = ulp.error(y, entry.exact, dtype), ulp.FORMATS[dtype]
    if found.category or found.flushed:
        return found.category, 0.0, 0.0
    if abs(entry.exact) > fmt.largest:
        return None, found.ulps, found.ulps
    step, size = ulp.ulp(entry.exact, fmt), abs(entry.exact)
    if 0 < size < fmt.smallest_normal:
        return "subnormal", 0.0, found.ulps
    if size == 0 and not entry.moved and abs(y) >= fmt.smallest_normal:
        return "nonzero", 0.0, 0.0
    part = float(step / size) if size > 0 else fmt.epsilon
    scaled = found.ulps / (1 + part * entry.moved / float(step))
    condition = float(arb(entry.moved) / size) if size > 0 else float("inf") if entry.moved else 0.0
    return None, found.ulps if condition < WELL else 0.0, scaled
