"""The short form in which a backend's table of departures is written."""

import itertools
from collections.abc import Iterator
from typing import cast

from backends.divergence import Check, Divergence, Kind
from backends.interface import DTYPES, MODES

GROUPS = {"single": ("bfloat16", "float32"), "both": ("float32", "float64"), "every": DTYPES}
"""`single`: the exponents of float32; `both`: what Keras' golden values are recorded in."""
EAGER, COMPILED = ("eager",), ("compiled",)


def found(
    names: str,
    checks: str,
    reason: str,
    modes: tuple[str, ...] = MODES,
    kind: Kind = "upstream",
    **at: tuple[float, float],
) -> Iterator[Divergence]:
    """One entry for each activation, check and dtype (or group of them) with its interval of inputs."""
    for name, check, (dtypes, (low, high)) in itertools.product(names.split(), checks.split(), at.items()):
        yield Divergence(
            activation=name,
            check=cast(Check, check),
            dtypes=GROUPS.get(dtypes, (dtypes,)),
            modes=modes,
            low=low,
            high=high,
            kind=kind,
            reason=reason,
        )
