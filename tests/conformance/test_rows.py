"""Tests of row-wise activations over families of short and long rows: they are held to recorded figures."""

from typing import Any

import pytest

from backends.activation import Variant
from backends.interface import DTYPES
from tests.conformance import row_figures
from tests.conformance.holding import Hold
from tests.rows import LENGTHS

CASES = [(variant, dtype) for variant in row_figures.FIRST for dtype in DTYPES]
IDS = [f"{variant.id}-{dtype}" for variant, dtype in CASES]


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=IDS)
@pytest.mark.parametrize("length", LENGTHS)
def test_rows(hold: Hold, backend: Any, variant: Variant, dtype: str, length: int) -> None:
    """Errors of values and gradients are as recorded, and a softmax sums to 1 within 1 ulp for each entry."""
    measured = row_figures.figures(backend, variant, dtype, length)

    assert all(subject.figures.get("sum", 0.0) <= 1 for subject in measured.values())
    hold("rows", measured)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("variant", row_figures.OTHER_AXES, ids=lambda v: v.id)
@pytest.mark.parametrize("length", row_figures.OTHER_LENGTHS)
def test_rows_along_another_axis(hold: Hold, backend: Any, variant: Variant, dtype: str, length: int) -> None:
    """Long rows along the first axis and along a middle one meet the same conditions."""
    measured = row_figures.figures(backend, variant, dtype, length)

    assert all(subject.figures.get("sum", 0.0) <= 1 for subject in measured.values())
    hold("rows", measured)


@pytest.mark.compiles
@pytest.mark.parametrize("dtype", row_figures.COMPILED)
@pytest.mark.parametrize("variant", row_figures.FIRST, ids=lambda v: v.id)
def test_compiled_rows(hold: Hold, backend: Any, variant: Variant, dtype: str) -> None:
    """Rows of a compiled step meet the same conditions."""
    if "compiled" not in backend.MODES:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)
    measured = row_figures.figures(backend, variant, dtype, row_figures.COMPILED_LENGTH, "compiled")

    assert all(subject.figures.get("sum", 0.0) <= 1 for subject in measured.values())
    hold("rows", measured)


def test_no_subject_is_left_over(hold: Hold, backend: Any) -> None:
    """Exactly the measured subjects are recorded."""
    hold.check_subjects("rows", row_figures.subjects(backend.MODES))
