"""A short form in which a backend writes its table of divergences."""

import itertools
from collections.abc import Iterator
from typing import cast

from backends.divergence import Check, Divergence, Kind
from backends.interface import DTYPES, MODES

GROUPS = {"single": ("bfloat16", "float32"), "both": ("float32", "float64"), "every": DTYPES}
"""`single`: dtypes with the exponents of float32; `both`: dtypes in which Keras' golden values are recorded."""
EAGER, COMPILED = ("eager",), ("compiled",)


def declare(
    names: str,
    checks: str,
    reason: str,
    modes: tuple[str, ...] = MODES,
    kind: Kind = "upstream",
    **intervals: tuple[float, float],
) -> Iterator[Divergence]:
    """Yield a divergence for each activation, check and dtype, or group of dtypes, with its interval of inputs."""
    for name, check, (dtypes, (low, high)) in itertools.product(names.split(), checks.split(), intervals.items()):
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
