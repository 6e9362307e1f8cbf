"""What needs no exact value: do two columns, two modes, or the two halves of the real line give the same bits?"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

import pandas as pd

from backends.activation import Variant, spelled
from bench import truth
from bench.accuracy.shards import LAYOUTS
from reports.accuracy.atlas import Setting

PROBES = (0.3, 0.8, 1.7, 2.6, 7.5)
"""Where odd and even are asked for: beside every kink in the catalogue, at no special point of any formula."""


@dataclass(frozen=True)
class Agreement:
    """How many binades were compared, and how many of them have the same bits throughout."""

    who: str
    other: str
    direction: str
    binades: int
    same: int
    worst: str = ""
    """The activation with the largest share of differing binades, and that share."""

    @property
    def share(self) -> float:
        """Of the same binades; NaN where none was compared."""
        return self.same / self.binades if self.binades else float("nan")


def pairs(setting: Setting) -> list[Agreement]:
    """Every two columns of a setting."""
    found = []
    for direction, (who, other) in itertools.product(setting.directions, itertools.combinations(setting.columns, 2)):
        rows = setting.rows[setting.rows["direction"] == direction]
        found.append(compared(rows[rows["who"] == who], rows[rows["who"] == other], who, other))
    return [own for own in found if own.binades]


def modes(settings: list[Setting]) -> list[Agreement]:
    """Eager and compiled of one column, in the same format."""
    found = []
    for eager, compiled in itertools.permutations(settings, 2):
        if (eager.mode, compiled.mode, eager.dtype) != ("eager", "compiled", compiled.dtype):
            continue
        for who, direction in itertools.product(eager.columns, eager.directions):
            one, two = (s.rows[(s.rows["who"] == who) & (s.rows["direction"] == direction)] for s in (eager, compiled))
            found.append(compared(one, two, f"{who} {eager.dtype}", "compiled"))
    return [own for own in found if own.binades]


def compared(one: pd.DataFrame, two: pd.DataFrame, who: str, other: str) -> Agreement:
    """The binades that both computed, at the same inputs."""
    key = ["activation", "direction", "binade", "stride"]
    both = one[[*key, "digest"]].merge(two[[*key, "digest"]], on=key, suffixes=("", "_other"))
    same = both["digest"] == both["digest_other"]
    share = same.groupby(both["activation"]).mean().sort_values(kind="stable")
    worst = f"{share.index[0]} ({share.iloc[0]:.0%})" if len(share) and share.iloc[0] < 1 else ""
    return Agreement(who, other, str(both["direction"].iloc[0]) if len(both) else "", len(both), int(same.sum()), worst)


Parity = Literal["odd", "even", ""]


@cache
def parity(variant: Variant, direction: str) -> Parity:
    """Whether exact values at the probes are those of an odd or of an even function."""
    at = truth.value if direction == "forward" else truth.slope
    ends = [(at(variant, x), at(variant, -x)) for x in PROBES]
    if all((left - right).contains(0) for right, left in ends):
        return "even"
    return "odd" if all((left + right).contains(0) for right, left in ends) else ""


@dataclass(frozen=True)
class Asymmetry:
    """An odd or even function whose two halves do not mirror each other."""

    who: str
    activation: str
    direction: str
    parity: str
    binades: int
    """Pairs of binades compared."""
    differ: int


def asymmetries(setting: Setting) -> Iterator[Asymmetry]:
    """Of every subject that has a parity: pairs compared, and those that differ; complete pairs alone."""
    half = LAYOUTS[setting.dtype].binades // 2
    for (activation, direction, who), rows in setting.subjects.items():
        kind = known_parity(activation, direction)
        if kind:
            left, right = rows[rows["binade"] >= half], rows[rows["binade"] < half - 1]  # the last ones hold NaNs
            keys = ["binade", "stride"]
            mirrored = left.assign(binade=left["binade"] - half)[[*keys, "magnitude_digest"]]
            both = right[[*keys, "magnitude_digest"]].merge(mirrored, on=keys, suffixes=("", "_left"))
            differ = int((both["magnitude_digest"] != both["magnitude_digest_left"]).sum())
            yield Asymmetry(who, activation, direction, kind, len(both), differ)


def known_parity(activation: str, direction: str) -> Parity:
    """None for what the catalogue does not hold or is no function of one number."""
    try:
        variant = spelled(activation)
    except LookupError:
        return ""
    return parity(variant, direction) if variant.activation.kind == "elementwise" else ""
