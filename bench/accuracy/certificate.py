"""Certificates of the fast truth, kept in the repository: its bounds, and how it did against `arb`.

A piece's bound is a theorem; that theorem and the code are tested by evaluating the pieces as the sweeps do and
comparing with `bench.truth`, which shares nothing with them but the formula: at every float16 and bfloat16 input, at
both ends of every piece and their neighbours (pieces shrink towards kinks, thresholds and roots, so these lie there),
and at random inputs of every float32 binade.

A certificate names the revision of the exact values that it is for, `record.TRUTH`, and holds some of them: where a
formula gives others, that revision is to be raised.
"""

import functools
import itertools
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backends.activation import Variant
from bench.accuracy.record import TRUTH

PATH = Path(__file__).with_name("certificates.json")
LIMIT = 2.0**-40
"""Relative error that a fast truth may have."""
PER_BINADE = 4
SEED = 4081
SAMPLE = (2.0**-100, 0.0625, 0.3125, 0.8125, 1.3125, 2.59375, 3.125, 5.875, 7.5625, 19.875, 81.5, 2.0**100)
"""Magnitudes of the inputs whose exact values a certificate holds: float32 numbers on every branch, beside kinks."""
SAME = 2.0**-50
"""Relative difference up to which two roundings to float64 are of one exact value."""
Values = Any  # numpy.ndarray


class StaleError(Exception):
    """A certificate is of another revision of the exact values than there is."""


@dataclass(frozen=True)
class Certificate:
    """Of one direction of one variant."""

    variant: str
    direction: str
    truth: int
    """The revision of the exact values that it is for."""
    pieces: int
    bound: float
    """The largest bound of a piece: relative error of the fast truth."""
    checked: int
    """Inputs at which it was compared with `arb`."""
    observed: float
    """The largest relative error found."""
    observed_at: str
    """Where, as float.hex."""
    low: float
    """The range of the function over all float32 numbers, beyond it by no more than `pieces.BOUND`."""
    high: float
    values: list[str]
    """Exact values at SAMPLE and at its negatives, rounded to float64, as float.hex."""


def stored() -> dict[tuple[str, str], Certificate]:
    """Those in the repository."""
    rows = json.loads(PATH.read_text()) if PATH.exists() else []
    return {(row["variant"], row["direction"]): Certificate(**row) for row in rows}


def refuse_stale(variants: Iterable[Variant]) -> None:
    """StaleError where a certificate is of other code; a variant that has none is no part of the catalogue."""
    known = stored()
    for variant in variants:
        for direction in ("forward", "backward"):
            found = known.get((variant.id, direction))
            if found and found.truth != TRUTH:
                raise StaleError(
                    f"the certificate of {variant.id} is of revision {found.truth} of the exact values, not of "
                    f"{TRUTH}: nox -s certify"
                )


@functools.cache
def value_range(variant: Variant, *, slope: bool) -> tuple[float, float]:
    """The least and the largest value of f, or of f': the certificate's, or found now where it is not of TRUTH."""
    from bench.accuracy import ranges

    found = stored().get((variant.id, "backward" if slope else "forward"))
    current = found is not None and found.truth == TRUTH
    return (found.low, found.high) if found and current else ranges.whole_range(variant, slope=slope)


def write(certificates: Iterable[Certificate]) -> None:
    """Into the repository, one line each."""
    rows = [json.dumps(asdict(certificate)) for certificate in certificates]
    PATH.write_text("[\n" + ",\n".join(rows) + "\n]\n")


def certify(variant: Variant, direction: str, *, every: int = 1) -> Certificate:
    """A new certificate; `every` thins out the inputs. ArithmeticError where a bound does not hold."""
    from bench.accuracy import pieces, ranges

    slope, signs = direction == "backward", (False, True)
    tables = [pieces.table(variant, slope=slope, negative=negative) for negative in signs]
    worst, at, checked = 0.0, 0.0, 0
    for table, negative in zip(tables, signs, strict=True):
        for x, error in errors(variant, table, points(table, negative)[::every], slope=slope):
            checked += 1
            if error > worst:
                worst, at = error, x
    bound = max(float(table.bound.max()) for table in tables)
    count = sum(len(table.last) for table in tables)
    low, high = ranges.whole_range(variant, slope=slope)
    values = sample(variant, direction)
    return Certificate(variant.id, direction, TRUTH, count, bound, checked, worst, at.hex(), low, high, values)


def sample(variant: Variant, direction: str) -> list[str]:
    """Return the exact values at SAMPLE and at its negatives, as float.hex."""
    from bench import truth

    exact = truth.slope if direction == "backward" else truth.value
    return [float(exact(variant, sign * x)).hex() for x in SAMPLE for sign in (1, -1)]


def changed(kept: Certificate, values: Iterable[str]) -> list[str]:
    """Return the inputs of SAMPLE at which these exact values are other ones than a certificate's."""
    inputs = [sign * x for x in SAMPLE for sign in (1, -1)]
    pairs = zip(inputs, map(float.fromhex, kept.values), map(float.fromhex, values), strict=True)
    return [x.hex() for x, before, now in pairs if not math.isclose(before, now, rel_tol=SAME)]


def points(table: Any, negative: bool) -> Values:
    """Inputs of one sign, rising in magnitude, as float32."""
    import numpy as np

    ends = table.last.astype(np.int64)
    rng = np.random.default_rng((SEED, negative))
    random = (np.arange(255)[:, None] << 23) + rng.integers(0, 2**23, (255, PER_BINADE))
    halves = np.arange(2**15, dtype=np.uint16).view(np.float16).astype(np.float32).view(np.uint32)
    brains = np.arange(2**15, dtype=np.int64) << 16
    near = [ends + step for step in (-1, 0, 1, 2)]
    found = np.unique(np.concatenate([*near, random.ravel(), halves.astype(np.int64), brains]))
    found = found[(found > 0) & (found <= ends[-1])]
    return (found | (negative << 31)).astype(np.uint32).view(np.float32)


def errors(variant: Variant, table: Any, x: Values, *, slope: bool) -> Iterator[tuple[float, float]]:
    """Relative errors of the fast truth; of an input where it tells a sign alone, 0."""
    import flint
    import numpy as np

    from bench import truth

    exact = truth.slope if slope else truth.value
    found = fast(table, x)
    which = np.searchsorted(table.last, x.view(np.uint32) & np.uint32(0x7FFFFFFF))
    with flint.ctx.workprec(truth.FIRST_BITS):
        for value, p, t in zip(x.tolist(), which.tolist(), found.tolist(), strict=True):
            error = compared(exact(variant, value), t, bool(table.tiny[p]))
            if not error <= table.bound[p] or table.bound[p] > LIMIT:
                raise ArithmeticError(f"{variant.id} at {value.hex()}: error {error}, bound {table.bound[p]}")
            yield value, error


def compared(exact: Any, found: float, tiny: bool) -> float:
    """|found - exact| / |exact|; where only the size is claimed, 0 if that is so and infinity if not."""
    from bench.accuracy.pieces import HUGE, TINY

    if tiny:
        return 0.0 if abs(exact) < TINY and (exact > 0) >= (found > 0) and (exact < 0) >= (found < 0) else float("inf")
    if abs(found) == HUGE:
        return 0.0 if exact * (1 if found > 0 else -1) > HUGE else float("inf")
    if exact.is_zero():
        return 0.0 if found == 0 else float("inf")
    return float(abs((exact - found) / exact).abs_upper())


def fast(table: Any, x: Values) -> Values:
    """The fast truth, by the sweeps' own evaluation."""
    import numpy as np

    from bench.accuracy import kernel

    cuts = np.searchsorted(x.view(np.uint32) & np.uint32(0x7FFFFFFF), table.last, side="right")
    t, h = np.empty(x.size), np.empty(x.size)
    for p, (start, end) in enumerate(itertools.pairwise([0, *cuts.tolist()])):
        piece = (table.centre[p], table.scale[p], table.lead[p], table.degree[p], table.coefficients[p])
        kernel.horner(x[start:end], *piece, h[start:end], t[start:end])
    return t
