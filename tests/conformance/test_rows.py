"""Row-wise activations over families of rows, short and long: held to figures that were measured."""

from collections.abc import Callable
from typing import Any

import pytest

from backends.activation import Variant
from backends.interface import DTYPES
from tests.budgets import Figures
from tests.conformance import row_figures
from tests.rows import LENGTHS

CASES = [(variant, dtype) for variant in row_figures.FIRST for dtype in DTYPES]
IDS = [f"{variant.id}-{dtype}" for variant, dtype in CASES]
COMPILED = ("float16", "float32")
"""Whose sums a compiler may lay out anew; one length, for each is compiled by itself."""
Hold = Callable[[str, Figures], None]


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=IDS)
@pytest.mark.parametrize("length", LENGTHS)
def test_rows(hold: Hold, backend: Any, variant: Variant, dtype: str, length: int) -> None:
    """Values and gradients are as far from the exact ones as is recorded, and softmax's sums from 1."""
    found = row_figures.figures(backend, variant, dtype, length)

    assert all(each.get("sum", 0.0) <= 1 for each in found.values())
    hold("rows", found)


@pytest.mark.parametrize("dtype", COMPILED)
@pytest.mark.parametrize("variant", row_figures.FIRST, ids=lambda v: v.id)
def test_compiled_rows(hold: Hold, backend: Any, variant: Variant, dtype: str) -> None:
    """The same of the compiled step."""
    if "compiled" not in backend.MODES:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)
    found = row_figures.figures(backend, variant, dtype, 1001, "compiled")

    assert all(each.get("sum", 0.0) <= 1 for each in found.values())
    hold("rows", found)
