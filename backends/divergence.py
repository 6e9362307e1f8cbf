"""How a backend declares that it departs from the exact value, or from Keras.

An entry is an expected failure of exactly the check, activation, dtypes, modes and inputs that it
names. Naming the inputs keeps it narrow: a failure outside [low, high] still fails the run, and so,
under the pinned versions, does an entry inside whose bounds nothing fails any more.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Check = Literal["value", "slope", "keras_value", "keras_slope", "special", "shapes", "properties"]
Kind = Literal["ours", "upstream", "by_design"]


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """One departure; `low` and `high` bound its inputs, both NaN for the input NaN."""

    activation: str
    """A name (all its parameter cases) or a variant's id (that case alone)."""
    check: Check
    dtypes: tuple[str, ...]
    kind: Kind
    """`ours`: we could fix it; `upstream`: the framework must; `by_design`: a convention."""
    reason: str
    modes: tuple[str, ...] = ("eager",)
    low: float = -math.inf
    high: float = math.inf
    upstream: str = ""
    """The framework's issue, where one is known."""

    def covers(self, x: float) -> bool:
        """Whether it names the input x (for a row: the entry with the failing output)."""
        return math.isnan(self.low) if math.isnan(x) else self.low <= x <= self.high

    def applies(self, variant_id: str, check: str, dtype: str, mode: str) -> bool:
        """Whether it names this check of this variant."""
        named = self.activation in (variant_id, variant_id.partition("[")[0])
        return named and check == self.check and dtype in self.dtypes and mode in self.modes


def applying(
    divergences: Iterable[Divergence], variant_id: str, check: str, dtype: str, mode: str
) -> tuple[Divergence, ...]:
    """The entries that name this check of this variant."""
    return tuple(d for d in divergences if d.applies(variant_id, check, dtype, mode))
