"""The limits of a check: what counts as right, and why.

Errors are in ulp over 1 + condition number: an error of half an ulp in the input, which no function of the format
can avoid inside, costs as many ulp of the result as the condition number says.

* 16 bits: 2 ulp. One rounding of a float32 result costs 1/2. Functions that round after each operation, as JAX's own
  and compositions in the format do, reach 1.99 where they are right.
* float32: 8 ulp. The frameworks' own functions reach 4.6 where they are right.
* Gradients: three times as much. They have more operations, and reach 5.9 and 8.3 where they are right.

An error class (NaN, infinity or zero for an ordinary number, a wrong sign) is always wrong, unless it is allowed;
`underflow.py` says which zeros are not counted.
"""

import math
from dataclasses import dataclass, field

from backends import spelling
from bench.accuracy.record import CATEGORIES

VALUE_ULPS = {"float16": 2.0, "bfloat16": 2.0, "float32": 8.0}
GRADIENT_FACTOR = 3.0


@dataclass(frozen=True)
class Limits:
    """The limits of one check."""

    ulps: float | None = None
    """The same limit for all dtypes and directions; None for the default ones."""
    classes: frozenset[str] = field(default_factory=frozenset)
    """Error classes that are allowed."""
    is_parity_required: bool = False
    """Whether other bits in other circumstances are wrong, even within the limits."""

    def of(self, direction: str, dtype: str) -> float:
        """Return the largest ulp error over 1 + condition number."""
        if self.ulps is not None:
            return self.ulps
        return VALUE_ULPS[dtype] * (GRADIENT_FACTOR if direction == "backward" else 1.0)


def parse(items: tuple[str, ...], *, parity: bool) -> Limits:
    """Return the limits that `--allow` items such as `ulp=2` and `zero` name; raise LookupError for others."""
    ulps, classes = None, set()
    for item in ",".join(items).split(",") if items else ():
        name, _, value = item.strip().partition("=")
        if name == "ulp":
            ulps = spelling.number(value)
            if isinstance(ulps, str) or not 0 <= ulps < math.inf:
                raise LookupError(f"--allow {spelling.quote(item)} is no number of ulp (an example: --allow ulp=2)")
        elif name in CATEGORIES and not value:
            classes.add(name)
        else:
            raise spelling.unknown("allowance", item, ("ulp=N", *CATEGORIES))
    return Limits(None if ulps is None else float(ulps), frozenset(classes), parity)
