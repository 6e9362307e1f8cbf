"""Effort, blocks, inputs and the verdict on a timed output."""

import itertools
from typing import Any

import numpy as np
import pytest
from flint import arb

from backends.activation import Variant
from bench.core.cases import Case, timed_variants
from bench.reference import truth
from bench.speed import cache, inputs, verify
from bench.speed.timing import MOST_CALLS, Effort, most_calls

CASE = Case("dummy", "relu", (), "forward", "eager", "cpu", "float32", 1000, 1)
VARIANTS = timed_variants(None)
ELEMENTWISE = [v for v in VARIANTS if v.activation.kind == "elementwise"]
ROWWISE = [v for v in VARIANTS if v.activation.kind != "elementwise"]
X = np.array([-3.3, -1.7, -0.6, -0.07, 0.3, 0.9, 1.9, 2.7], np.float32).astype(np.float64)
DY = np.array([0.4, -1.3, 2.2, 0.7, -0.6, 1.1, -0.2, 0.9], np.float32).astype(np.float64)


def check(variant: Variant, kind: str, y: Any, shape: tuple[int, ...]) -> verify.Check:
    """Return a check of an output for the inputs X and the cotangents DY."""
    return verify.Check(variant, kind, "float32", (), X.reshape(shape), DY[: y.size].reshape(y.shape), y)


def exact(variant: Variant, kind: str) -> Any:
    """Return the right output, rounded to float32."""
    if kind == "value":
        values = [truth.value(variant, x) for x in X]
    else:
        values = [truth.slope(variant, x) * float(dy) for x, dy in zip(X, DY, strict=True)]
    return np.array(list(map(float, values)), np.float32).astype(np.float64)


@pytest.mark.parametrize("seconds", [1e-8, 1e-6, 1e-4, 1e-2, 1.0])
def test_a_block_takes_about_what_the_profile_says(seconds: float) -> None:
    """A block takes the profile's time, or that of one call where it is longer."""
    effort = Effort.for_call(seconds, 0.01)

    assert effort.rounds >= 1
    if effort.calls < MOST_CALLS:
        assert effort.calls * effort.rounds * seconds == pytest.approx(max(seconds, 0.01), rel=0.1)


@pytest.mark.parametrize("calls", [1, 2, 3, 7, 48])
def test_the_last_call_gets_the_first_buffer(calls: int) -> None:
    """The last call gets the first buffer, which is verified, and all buffers are used."""
    order = list(itertools.islice(inputs.rotation([("a",), ("b",), ("c",)], calls), calls))

    assert order[-1] == ("a",)
    assert len(set(order)) == min(calls, 3)


def test_inputs_are_normal_without_subnormals() -> None:
    """Inputs are the same every time, and cotangents come from another stream."""
    values = inputs.normal(100_000, 0, 0)

    assert abs(values.mean()) < 0.02
    assert abs(values.std() - 1) < 0.02
    assert np.abs(values).min() >= inputs.FLOOR
    assert np.array_equal(values, inputs.normal(100_000, 0, 0))
    assert not np.array_equal(values, inputs.normal(100_000, 1, 0))


def test_inputs_are_as_cold_as_they_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs are cold where enough buffers fit into memory, and declared hot where they do not."""
    sizes = (1_000, 100_000, 10_000_000)
    for cold, most, expected in (
        (2 * 2**20, "inf", [(inputs.FEW_BUFFERS, False), (6, True), (inputs.LEAST_BUFFERS, True)]),
        (60_000_000, "inf", [(inputs.FEW_BUFFERS, False), (150, True), (inputs.LEAST_BUFFERS, True)]),
        (600_000_000, "inf", [(inputs.FEW_BUFFERS, False), (inputs.FEW_BUFFERS, False), (15, True)]),
        (60_000_000, "4e6", [(inputs.FEW_BUFFERS, False), (10, False), (inputs.LEAST_BUFFERS, False)]),
    ):
        monkeypatch.setenv(cache.COLD_VARIABLE, str(cold))
        monkeypatch.setenv(cache.MOST_VARIABLE, most)

        assert [inputs.count_buffers(Case(**{**vars(CASE), "size": size})) for size in sizes] == expected


def test_results_in_flight_are_bounded() -> None:
    """A round holds fewer calls where their results are large, and at least one."""
    sizes = (1_000, 100_000, 10_000_000)

    assert [most_calls(Case(**{**vars(CASE), "size": size})) for size in sizes] == [1048, 10, 1]


@pytest.mark.parametrize("kind", ["value", "slope"])
@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda v: v.id)
def test_right_outputs_pass_and_slips_are_found(variant: Variant, kind: str) -> None:
    """A rounded exact output passes; one that is off by 1e-4 or lacks the cotangent does not."""
    y = exact(variant, kind)

    assert verify.elementwise(check(variant, kind, y, X.shape)) == ""
    assert verify.elementwise(check(variant, kind, y * (1 + 1e-4), X.shape)) != ""
    if kind == "slope":
        assert verify.elementwise(check(variant, kind, y / DY, X.shape)) != ""


@pytest.mark.parametrize("variant", ROWWISE, ids=lambda v: v.id)
def test_rows_are_held_to_the_exact_value(variant: Variant) -> None:
    """Values and vector-Jacobian products of rows pass if exact, and fail if off by 1e-2."""
    rows: Any = X.reshape(2, 4)
    y = np.array([[float(e) for e in truth.row_value(variant, row)] for row in rows.tolist()])
    dys: Any = DY[: y.size].reshape(y.shape)
    dx = np.array(
        [
            [float(sum(truth.row_vjp_terms(variant, row, dy, i), arb(0))) for i in range(4)]
            for row, dy in zip(rows.tolist(), dys.tolist(), strict=True)
        ]
    )

    for kind, exact in (("value", y), ("slope", dx)):
        rounded = verify.Check(variant, kind, "float32", (), rows, dys, exact.astype(np.float32).astype(np.float64))
        assert verify.rowwise(rounded) == ""
        assert verify.rowwise(verify.Check(variant, kind, "float32", (), rows, dys, exact * (1 + 1e-2))) != ""


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("variant", ROWWISE, ids=lambda v: v.id)
def test_a_gradient_of_zeros_is_found_in_any_rows(variant: Variant, number: int) -> None:
    """A gradient of zeros fails even for sparsemax, which has a gradient at a few entries of a long row only."""
    rows: Any = inputs.normal(64_000, 0, 0).astype(np.float32).astype(np.float64).reshape(64, 1000)
    dys = np.ones_like(rows) + rows
    zeros = np.zeros_like(rows)
    if variant.activation.kind == "gated":
        dys = dys[:, :500]

    assert verify.rowwise(verify.Check(variant, "slope", "float32", (), rows, dys, zeros, number)) != ""
