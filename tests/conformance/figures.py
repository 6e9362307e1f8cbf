"""Summarise the errors of many results in a few figures, of which a budget holds each: smaller is better."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field

from flint import arb

from bench.reference import ulp
from bench.reference.row_truth import Entry
from tests.budgets import Measured
from tests.conformance.verdicts import with_high_precision

WELL_CONDITIONED = 10.0
"""The condition number below which a result is well conditioned."""
LARGEST_ULPS = 1e300
"""The largest ulp error that is written: JSON has no infinity."""


@dataclass
class Tally:
    """Counts of results wrong in kind, by error class, and the largest ulp errors of the others."""

    well: float = 0.0
    """The largest ulp error where the condition number is below WELL_CONDITIONED."""
    scaled: float = 0.0
    """The largest ulp error over 1 + condition number."""
    subnormal: float = 0.0
    """The largest error, in smallest subnormals, where input or exact value is subnormal and the result is not 0."""
    nan: int = 0
    infinite: int = 0
    zero: int = 0
    sign: int = 0
    nonzero: int = 0
    """The number of normal results where 0 is exact, whatever the rounding of the inputs."""
    inputs: dict[str, str] = field(default_factory=dict)
    """The input that shows a figure, by figure; the first one for a count."""

    def add(
        self, y: float, alternatives: Iterable[Entry], dtype: str, *, subnormal: bool = False, place: str = ""
    ) -> None:
        """Add one result, judged by the closest valid one; `subnormal` tells whether its input is."""
        category, well, scaled = min((judge_result(y, entry, dtype) for entry in alternatives), key=_rank)
        if category == "subnormal" or (subnormal and not category):
            self._raise("subnormal", scaled, place)
        elif category:
            setattr(self, category, getattr(self, category) + 1)
            self.inputs.setdefault(category, place)
        else:
            self._raise("well", well, place)
            self._raise("scaled", scaled, place)

    def _raise(self, name: str, ulps: float, place: str) -> None:
        if min(ulps, LARGEST_ULPS) > getattr(self, name):
            setattr(self, name, min(ulps, LARGEST_ULPS))
            self.inputs[name] = place

    @property
    def figures(self) -> dict[str, float]:
        """The figures by name."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name != "inputs"}

    @property
    def measured(self) -> Measured:
        """The figures with the inputs that show them."""
        return Measured(self.figures, self.inputs)


def _rank(judgement: tuple[str | None, float, float]) -> tuple[bool, float]:
    return judgement[0] not in (None, "subnormal"), judgement[2]


@with_high_precision
def judge_result(y: float, entry: Entry, dtype: str) -> tuple[str | None, float, float]:
    """Return the error class of `y`, its ulp error if well conditioned, and that over 1 + condition number.

    A flushed subnormal is right. At an exact zero the condition number is the shift of the result over the format's
    epsilon, in its smallest unit.
    """
    error, fmt = ulp.error(y, entry.exact, dtype), ulp.FORMATS[dtype]
    if error.category or error.flushed:
        return error.category, 0.0, 0.0
    if abs(entry.exact) > fmt.largest:
        return None, error.ulps, error.ulps
    step, size = ulp.ulp(entry.exact, fmt), abs(entry.exact)
    if 0 < size < fmt.smallest_normal:
        return "subnormal", 0.0, error.ulps
    if size == 0 and not entry.shift and abs(y) >= fmt.smallest_normal:
        return "nonzero", 0.0, 0.0
    relative_ulp = float(step / size) if size > 0 else fmt.epsilon
    scaled = error.ulps / (1 + relative_ulp * entry.shift / float(step))
    condition = float(arb(entry.shift) / size) if size > 0 else float("inf") if entry.shift else 0.0
    return None, error.ulps if condition < WELL_CONDITIONED else 0.0, scaled
