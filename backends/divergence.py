"""Declarations of divergences: places where a backend departs from the exact value or from Keras.

A divergence is an expected failure of exactly the check, activation, dtypes, modes and inputs that it
names. Its inputs are bounded to keep it narrow: a failure outside [low, high] still fails the run and,
under the pinned versions, so does a divergence within whose bounds nothing fails any more.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Check = Literal["value", "slope", "keras_value", "keras_slope", "special", "shapes", "properties"]
Kind = Literal["ours", "upstream", "by_design"]


@dataclass(frozen=True, kw_only=True)
class Divergence:
    """One divergence; `low` and `high` bound its inputs, and both are NaN for the input NaN."""

    activation: str
    """An activation's name, for all its parameter cases, or a variant's id, for that case alone."""
    check: Check
    dtypes: tuple[str, ...]
    kind: Kind
    """`ours`: fixable in this project; `upstream`: fixable in the framework; `by_design`: a convention."""
    reason: str
    modes: tuple[str, ...] = ("eager",)
    low: float = -math.inf
    high: float = math.inf
    upstream: str = ""
    """The framework's issue, if one is known."""

    def covers(self, x: float) -> bool:
        """Return whether the bounds include the input x; for a row, x is the entry with the failing output."""
        return math.isnan(self.low) if math.isnan(x) else self.low <= x <= self.high

    def applies(self, variant_id: str, check: str, dtype: str, mode: str) -> bool:
        """Return whether this divergence names the check, variant, dtype and mode."""
        same_activation = self.activation in (variant_id, variant_id.partition("[")[0])
        return same_activation and check == self.check and dtype in self.dtypes and mode in self.modes


def select_divergences(
    divergences: Iterable[Divergence], variant_id: str, check: str, dtype: str, mode: str
) -> tuple[Divergence, ...]:
    """Return the divergences that name the check, variant, dtype and mode."""
    return tuple(d for d in divergences if d.applies(variant_id, check, dtype, mode))
