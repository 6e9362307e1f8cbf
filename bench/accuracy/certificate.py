"""Certificates of the fast exact value, kept in the repository: its bounds, and its errors compared with `arb`.

A piece's bound is a theorem; that theorem and the code are tested by evaluating the pieces as the sweeps do and
comparing with `bench.reference.truth`, which shares nothing with them but the formula: at every float16 and bfloat16
input, at both ends of every piece and their neighbours (pieces shrink towards kinks, thresholds and roots, so these
lie there), and at random inputs of every float32 binade.

A certificate names the revision of the exact values that it holds for, `bench.reference.TRUTH`, and holds some of them:
if a formula yields others, that revision has to be raised.
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
from bench.reference import TRUTH

PATH = Path(__file__).with_name("certificates.json")
LIMIT = 2.0**-40
"""The largest relative error that a fast exact value may have."""
INPUTS_PER_BINADE = 4
SEED = 4081
SAMPLE = (2.0**-100, 0.0625, 0.3125, 0.8125, 1.3125, 2.59375, 3.125, 5.875, 7.5625, 19.875, 81.5, 2.0**100)
"""Magnitudes of the inputs whose exact values a certificate holds: float32 numbers on every branch, beside kinks."""
SAME_VALUE = 2.0**-50
"""The relative difference up to which two float64 numbers are roundings of one exact value."""
Values = Any  # numpy.ndarray


class StaleError(Exception):
    """Raised if a certificate is of another revision of the exact values than the code."""


@dataclass(frozen=True)
class Certificate:
    """A certificate of one direction of one variant."""

    variant: str
    direction: str
    truth: int
    """The revision of the exact values that it holds for."""
    pieces: int
    bound: float
    """The largest bound of a piece: the relative error of the fast exact value."""
    checked: int
    """The number of inputs at which it was compared with `arb`."""
    observed: float
    """The largest relative error observed."""
    observed_at: str
    """The input of that error, as float.hex."""
    low: float
    """The range of the function over all float32 numbers, exceeded by no more than `pieces.BOUND`."""
    high: float
    values: list[str]
    """Exact values at SAMPLE and at its negatives, rounded to float64, as float.hex."""


def stored() -> dict[tuple[str, str], Certificate]:
    """Return the certificates in the repository."""
    rows = json.loads(PATH.read_text()) if PATH.exists() else []
    return {(row["variant"], row["direction"]): Certificate(**row) for row in rows}


def refuse_stale(variants: Iterable[Variant]) -> None:
    """Raise StaleError if a certificate is stale; a variant without one is not in the catalogue and passes."""
    certificates = stored()
    for variant in variants:
        for direction in ("forward", "backward"):
            certificate = certificates.get((variant.id, direction))
            if certificate and certificate.truth != TRUTH:
                raise StaleError(
                    f"the certificate of {variant.id} is of revision {certificate.truth} of the exact values, not of "
                    f"{TRUTH}: nox -s certify"
                )


@functools.cache
def value_range(variant: Variant, *, slope: bool) -> tuple[float, float]:
    """Return the least and largest value of f, or of f': a current certificate's, or else computed."""
    from bench.reference import ranges

    certificate = stored().get((variant.id, "backward" if slope else "forward"))
    current = certificate is not None and certificate.truth == TRUTH
    return (certificate.low, certificate.high) if certificate and current else ranges.whole_range(variant, slope=slope)


def write(certificates: Iterable[Certificate]) -> None:
    """Write the certificates into the repository, one line each."""
    rows = [json.dumps(asdict(certificate)) for certificate in certificates]
    PATH.write_text("[\n" + ",\n".join(rows) + "\n]\n")


def certify(variant: Variant, direction: str, *, every: int = 1) -> Certificate:
    """Return a new certificate from each `every`-th input; raise ArithmeticError if a bound does not hold.

    The pieces are computed now where all inputs are checked; a sample checks those on disk, as the sweeps read them.
    """
    from bench.reference import pieces, ranges

    slope = direction == "backward"
    pieces_of = pieces.build if every == 1 else pieces.table
    tables = [pieces_of(variant, slope=slope, negative=negative) for negative in ranges.SIGNS]
    worst, worst_input, checked = 0.0, 0.0, 0
    for table, negative in zip(tables, ranges.SIGNS, strict=True):
        for x, error in errors(variant, table, sample_inputs(table, negative)[::every], slope=slope):
            checked += 1
            if error > worst:
                worst, worst_input = error, x
    bound = max(float(table.bound.max()) for table in tables)
    count = sum(len(table.last) for table in tables)
    low, high = ranges.range_of(variant, tables, slope=slope)
    values = sample(variant, direction)
    return Certificate(variant.id, direction, TRUTH, count, bound, checked, worst, worst_input.hex(), low, high, values)


def sample(variant: Variant, direction: str) -> list[str]:
    """Return the exact values at SAMPLE and at its negatives, as float.hex."""
    from bench.reference import truth

    exact = truth.slope if direction == "backward" else truth.value
    return [float(exact(variant, sign * x)).hex() for x in SAMPLE for sign in (1, -1)]


def changed_inputs(certificate: Certificate, values: Iterable[str]) -> list[str]:
    """Return the inputs of SAMPLE at which these exact values differ from a certificate's."""
    inputs = [sign * x for x in SAMPLE for sign in (1, -1)]
    pairs = zip(inputs, map(float.fromhex, certificate.values), map(float.fromhex, values), strict=True)
    return [x.hex() for x, before, now in pairs if not math.isclose(before, now, rel_tol=SAME_VALUE)]


def sample_inputs(table: Any, negative: bool) -> Values:
    """Return the inputs of one sign at which a certificate is checked, rising in magnitude, as float32."""
    import numpy as np

    last_bits = table.last.astype(np.int64)
    rng = np.random.default_rng((SEED, negative))
    random = (np.arange(255)[:, None] << 23) + rng.integers(0, 2**23, (255, INPUTS_PER_BINADE))
    halves = np.arange(2**15, dtype=np.uint16).view(np.float16).astype(np.float32).view(np.uint32)
    bfloats = np.arange(2**15, dtype=np.int64) << 16
    near = [last_bits + step for step in (-1, 0, 1, 2)]
    bits = np.unique(np.concatenate([*near, random.ravel(), halves.astype(np.int64), bfloats]))
    bits = bits[(bits > 0) & (bits <= last_bits[-1])]
    return (bits | (negative << 31)).astype(np.uint32).view(np.float32)


def errors(variant: Variant, table: Any, x: Values, *, slope: bool) -> Iterator[tuple[float, float]]:
    """Yield inputs and relative errors of the fast exact value; the error is 0 where it only states a correct sign."""
    import flint
    import numpy as np

    from bench.reference import truth

    exact = truth.slope if slope else truth.value
    values = evaluate_pieces(table, x)
    piece_indices = np.searchsorted(table.last, x.view(np.uint32) & np.uint32(0x7FFFFFFF))
    with flint.ctx.workprec(truth.FIRST_BITS):
        for value, p, t in zip(x.tolist(), piece_indices.tolist(), values.tolist(), strict=True):
            error = relative_error(exact(variant, value), t, bool(table.tiny[p]))
            if not error <= table.bound[p] or table.bound[p] > LIMIT:
                raise ArithmeticError(f"{variant.id} at {value.hex()}: error {error}, bound {table.bound[p]}")
            yield value, error


def relative_error(exact: Any, value: float, tiny: bool) -> float:
    """Return |value - exact| / |exact|; if only a size is claimed, 0 where it is right and infinity where not."""
    from bench.reference.pieces import HUGE, TINY

    if tiny:
        return 0.0 if abs(exact) < TINY and (exact > 0) >= (value > 0) and (exact < 0) >= (value < 0) else float("inf")
    if abs(value) == HUGE:
        return 0.0 if exact * (1 if value > 0 else -1) > HUGE else float("inf")
    if exact.is_zero():
        return 0.0 if value == 0 else float("inf")
    return float(abs((exact - value) / exact).abs_upper())


def evaluate_pieces(table: Any, x: Values) -> Values:
    """Return the fast exact value, evaluated as in the sweeps."""
    import numpy as np

    from bench.accuracy import kernel

    cuts = np.searchsorted(x.view(np.uint32) & np.uint32(0x7FFFFFFF), table.last, side="right")
    t, h = np.empty(x.size), np.empty(x.size)
    for p, (start, end) in enumerate(itertools.pairwise([0, *cuts.tolist()])):
        piece = (table.centre[p], table.scale[p], table.lead[p], table.degree[p], table.coefficients[p])
        kernel.horner(x[start:end], *piece, h[start:end], t[start:end])
    return t
