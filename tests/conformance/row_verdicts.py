"""When a row is right: as for single numbers, with the condition numbers summed along the row."""

import functools
import math

from flint import arb

from backends.activation import Variant
from bench import truth, ulp
from tests.conformance.verdicts import Failure, K, exactly, judge

Row = list[float]


@functools.cache
def exact(variant: Variant, row: tuple[float, ...]) -> tuple[list[arb], list[list[float]]]:
    """The values, and df_j / dx_i as [i][j]."""
    exact = truth.row_value(variant, list(row))
    ones = [1.0] * len(exact)
    terms = [truth.row_vjp_terms(variant, list(row), ones, i) for i in range(len(row))]
    return exact, [[float(t) for t in column] for column in terms]


def conditions(variant: Variant, row: Row) -> Row:
    """Of every output: by how much relative errors of the row's entries are magnified, summed."""
    outputs, jacobian = exact(variant, tuple(row))
    moved = [sum(abs(x * column[j]) for x, column in zip(row, jacobian, strict=True)) for j in range(len(outputs))]
    return [m / size if (size := abs(float(f))) > 0 else 0.0 for m, f in zip(moved, outputs, strict=True)]


def values(variant: Variant, dtype: str, row: Row, ys: Row) -> list[Failure]:
    """What is wrong with the outputs `ys` of one finite row."""
    judged = zip(ys, exact(variant, tuple(row))[0], conditions(variant, row), strict=True)
    wrong = [judge(y, f, K[dtype] * (1 + c), dtype) for y, f, c in judged]
    return [Failure(x, f"{found[0]} in {row}", found[1]) for x, found in zip(row, wrong, strict=False) if found]


@exactly
def slopes(variant: Variant, dtype: str, row: Row, dys: Row, dxs: Row) -> list[Failure]:
    """What is wrong with one row's vector-Jacobian product, entry by entry."""
    failures = []
    for i, (x, dx) in enumerate(zip(row, dxs, strict=True)):
        due = sum(truth.row_vjp_terms(variant, row, dys, i), arb(0))
        found = _entry(dx, due, slope_tolerance(variant, dtype, row, dys, i), dtype)
        failures += [Failure(x, f"{found[0]} in {row}", found[1])] if found else []
    return failures


def scale(variant: Variant, row: Row, dys: Row, i: int) -> float:
    """The sum of the terms' sizes: what a rounding of each can move the result by.

    A row that sums to 1 has a Jacobian p_i (d_ij - p_j), log_softmax d_ij - p_i; either is computed
    as a difference with the term d_ij, which therefore counts by itself.
    """
    outputs, jacobian = exact(variant, tuple(row))
    terms = sum(abs(dy * slope) for dy, slope in zip(dys, jacobian[i], strict=True))
    if variant.activation.kind == "gated":
        return terms
    return terms + abs(dys[i]) * (float(outputs[i]) if outputs[i] >= 0 else 1.0)


def slope_tolerance(variant: Variant, dtype: str, row: Row, dys: Row, i: int) -> float:
    """How far entry i of the vector-Jacobian product may be from the exact one."""
    fmt = ulp.FORMATS[dtype]
    rounding = scale(variant, row, dys, i) * fmt.epsilon + fmt.smallest_subnormal
    return K[dtype] * (1 + max(conditions(variant, row))) * rounding


def _entry(dx: float, due: arb, allowed: float, dtype: str) -> tuple[str, float] | None:
    away = float(abs(arb(dx) - due)) if math.isfinite(dx) else math.inf
    if away <= allowed or (dx == 0 and abs(due) < ulp.FORMATS[dtype].smallest_normal):
        return None
    return f"{dx!r} instead of {float(due)!r}, allowed {allowed:.3g}", away / allowed
