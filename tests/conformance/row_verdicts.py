"""Judge rows as `verdicts` judges single numbers, with condition numbers summed along the row."""

import functools
import math

from flint import arb

from backends.activation import Variant
from bench.reference import truth, ulp
from tests.conformance.verdicts import Failure, K, judge, with_high_precision

Row = list[float]


@functools.cache
def exact(variant: Variant, row: tuple[float, ...]) -> tuple[list[arb], list[list[float]]]:
    """Return the exact values, and the Jacobian df_j / dx_i as [i][j]."""
    outputs = truth.row_value(variant, list(row))
    ones = [1.0] * len(outputs)
    terms = [truth.row_vjp_terms(variant, list(row), ones, i) for i in range(len(row))]
    return outputs, [[float(t) for t in column] for column in terms]


def conditions(variant: Variant, row: Row) -> Row:
    """Return the condition number of every output, summed over the row's entries."""
    outputs, jacobian = exact(variant, tuple(row))
    shifts = [sum(abs(x * column[j]) for x, column in zip(row, jacobian, strict=True)) for j in range(len(outputs))]
    return [shift / size if (size := abs(float(f))) > 0 else 0.0 for shift, f in zip(shifts, outputs, strict=True)]


def values(variant: Variant, dtype: str, row: Row, ys: Row) -> list[Failure]:
    """Return the wrong ones among the outputs `ys` of one finite row."""
    results = zip(ys, exact(variant, tuple(row))[0], conditions(variant, row), strict=True)
    errors = [judge(y, f, K[dtype] * (1 + c), dtype) for y, f, c in results]
    return [Failure(x, f"{error[0]} in {row}", error[1]) for x, error in zip(row, errors, strict=False) if error]


@with_high_precision
def slopes(variant: Variant, dtype: str, row: Row, dys: Row, dxs: Row) -> list[Failure]:
    """Return the wrong ones among the entries `dxs` of one row's vector-Jacobian product."""
    failures = []
    for i, (x, dx) in enumerate(zip(row, dxs, strict=True)):
        expected = sum(truth.row_vjp_terms(variant, row, dys, i), arb(0))
        error = _judge_entry(dx, expected, slope_tolerance(variant, dtype, row, dys, i), dtype)
        failures += [Failure(x, f"{error[0]} in {row}", error[1])] if error else []
    return failures


def scale(variant: Variant, row: Row, dys: Row, i: int) -> float:
    """Return the sum of the terms' magnitudes, which bounds the effect of rounding each term.

    The Jacobian is p_i (d_ij - p_j) for a row that sums to 1, and d_ij - p_i for log_softmax; either is computed
    as a difference with the term d_ij, which therefore counts by itself.
    """
    outputs, jacobian = exact(variant, tuple(row))
    terms = sum(abs(dy * slope) for dy, slope in zip(dys, jacobian[i], strict=True))
    if variant.activation.kind == "gated":
        return terms
    return terms + abs(dys[i]) * (float(outputs[i]) if outputs[i] >= 0 else 1.0)


def slope_tolerance(variant: Variant, dtype: str, row: Row, dys: Row, i: int) -> float:
    """Return the absolute error allowed in entry i of the vector-Jacobian product."""
    fmt = ulp.FORMATS[dtype]
    rounding = scale(variant, row, dys, i) * fmt.epsilon + fmt.smallest_subnormal
    return K[dtype] * (1 + max(conditions(variant, row))) * rounding


def _judge_entry(dx: float, expected: arb, allowed: float, dtype: str) -> tuple[str, float] | None:
    error = float(abs(arb(dx) - expected)) if math.isfinite(dx) else math.inf
    if error <= allowed or (dx == 0 and abs(expected) < ulp.FORMATS[dtype].smallest_normal):
        return None
    return f"{dx!r} instead of {float(expected)!r}, allowed {allowed:.3g}", error / allowed
