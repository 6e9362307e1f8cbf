"""Comparisons without an exact value: equal bits of two columns, two modes, or the two halves of the real line."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pandas as pd

from backends.activation import Variant, parse_variant
from bench.accuracy.shards import LAYOUTS
from bench.reference import truth
from reports.accuracy.atlas import Setting

PROBES = (0.3, 0.8, 1.7, 2.6, 7.5)
"""Inputs at which a function is tested for being odd or even: no kink and no special point of any formula."""

KEY = ["activation", "direction", "binade", "stride"]
COMPARED = [*KEY, "column", "digest"]
"""The columns that a comparison needs: the others cost ten times as much to copy."""


@dataclass(frozen=True)
class Agreement:
    """The number of binades compared, and the number of them with the same bits throughout."""

    column: str
    other: str
    direction: str
    binades: int
    same: int
    worst: str = ""
    """The activation with the largest share of differing binades, and that share."""

    @property
    def name(self) -> str:
        """The two, such as `torch and jax`."""
        return f"{self.column} and {self.other}"

    @property
    def share(self) -> float:
        """The share of binades with the same bits; NaN where none was compared."""
        return self.same / self.binades if self.binades else float("nan")


def pairs(setting: Setting) -> list[Agreement]:
    """Return the agreement of every two columns of a setting."""
    agreements = []
    for direction, (column, other) in itertools.product(setting.directions, itertools.combinations(setting.columns, 2)):
        rows = setting.rows.loc[setting.rows["direction"] == direction, COMPARED]
        agreements.append(compare(rows[rows["column"] == column], rows[rows["column"] == other], column, other))
    return [agreement for agreement in agreements if agreement.binades]


def modes(settings: list[Setting]) -> list[Agreement]:
    """Return the agreement of eager and compiled within each column and format."""
    agreements = []
    for eager, compiled in itertools.permutations(settings, 2):
        if (eager.mode, compiled.mode, eager.dtype) != ("eager", "compiled", compiled.dtype):
            continue
        for column, direction in itertools.product(eager.columns, eager.directions):
            first, second = (
                s.rows.loc[(s.rows["column"] == column) & (s.rows["direction"] == direction), COMPARED]
                for s in (eager, compiled)
            )
            agreements.append(compare(first, second, f"{column} {eager.dtype} eager", "compiled"))
    return [agreement for agreement in agreements if agreement.binades]


def compare(first: pd.DataFrame, second: pd.DataFrame, column: str, other: str) -> Agreement:
    """Return the agreement over the binades that both computed at the same inputs."""
    both = first[[*KEY, "digest"]].merge(second[[*KEY, "digest"]], on=KEY, suffixes=("", "_other"))
    same = both["digest"] == both["digest_other"]
    share = same.groupby(both["activation"]).mean().sort_values(kind="stable")
    worst = f"{share.index[0]} ({share.iloc[0]:.0%})" if len(share) and share.iloc[0] < 1 else ""
    return Agreement(
        column, other, str(both["direction"].iloc[0]) if len(both) else "", len(both), int(same.sum()), worst
    )


Parity = Literal["odd", "even", ""]


@cache
def parity(variant: Variant, direction: str) -> Parity:
    """Return `odd` or `even` where the exact values at the probes are those of such a function, otherwise nothing."""
    exact = truth.value if direction == "forward" else truth.slope
    values = [(exact(variant, x), exact(variant, -x)) for x in PROBES]
    if all((negative - positive).contains(0) for positive, negative in values):
        return "even"
    return "odd" if all((negative + positive).contains(0) for positive, negative in values) else ""


@dataclass(frozen=True)
class Asymmetry:
    """An odd or even function, and how many pairs of binades do not mirror each other."""

    column: str
    activation: str
    direction: str
    parity: str
    binades: int
    """The number of pairs of binades compared."""
    differ: int

    @property
    def sentence(self) -> str:
        """The finding in words, such as `tanh forward is odd, 1 of 255 pairs differ`."""
        return f"{self.activation} {self.direction} is {self.parity}, {self.differ} of {self.binades} pairs differ"


def asymmetries(setting: Setting) -> Iterator[Asymmetry]:
    """Yield for every subject with a parity the complete pairs compared and the number that differ."""
    half = LAYOUTS[setting.dtype].binades // 2
    subject = ["activation", "direction", "column"]
    keys = [*subject, "binade", "stride"]
    rows = setting.rows[[*keys, "magnitude_digest"]]
    # the last binade of each half holds NaNs: without the positive one the merge drops both
    negative, positive = rows[rows["binade"] >= half], rows[rows["binade"] < half - 1]
    mirrored = negative.assign(binade=negative["binade"] - half)
    both = positive.merge(mirrored, on=keys, suffixes=("", "_mirrored"))
    differs = both["magnitude_digest"] != both["magnitude_digest_mirrored"]
    for place, differ in differs.groupby([both[name] for name in subject], sort=False):
        activation, direction, column = map(str, place)
        if kind := activation_parity(activation, direction):
            yield Asymmetry(column, activation, direction, kind, len(differ), int(differ.sum()))


def activation_parity(activation: str, direction: str) -> Parity:
    """Return the parity; empty for an activation outside of the catalogue or not a function of one number."""
    try:
        variant = parse_variant(activation)
    except LookupError:
        return ""
    return parity(variant, direction) if variant.activation.kind == "elementwise" else ""
