"""A NaN in a row is never lost: value and gradient, short and long rows, eager and compiled."""

from typing import Any

import pytest

from backends.activation import Variant, variants
from backends.interface import DTYPES
from tests.conformance import nan_rows
from tests.conformance.settle import Key, Ledger

ROWS = [v for v in variants() if v.activation.kind != "elementwise"]
FIRST = [v for v in ROWS if v == v.activation.variants[0]]
# another axis is a matter of layout, not of the dtype; JAX compiles eager calls too, for half a second each
CASES = [(v, d) for v in ROWS for d in DTYPES if v in FIRST or d == "float32"]
# every dtype at one length and every length in one dtype: torch takes 10 s for a compiled sparsemax
COMPILED = [(d, n) for d in DTYPES for n in nan_rows.LENGTHS if d == "float32" or n == 64]


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=[f"{v.id}-{d}" for v, d in CASES])
def test_nan_rows(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """An eager call, along every axis."""
    failures = [f for n in nan_rows.LENGTHS for f in nan_rows.failures(backend, variant, dtype, n)]

    ledger.settle((Key("special", variant, dtype, "eager"), failures))


@pytest.mark.parametrize(("dtype", "length"), COMPILED)
@pytest.mark.parametrize("variant", FIRST, ids=lambda v: v.id)
def test_compiled_nan_rows(ledger: Ledger, backend: Any, variant: Variant, dtype: str, length: int) -> None:
    """A compiled step."""
    if "compiled" not in backend.MODES:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)
    failures = nan_rows.failures(backend, variant, dtype, length, "compiled")

    ledger.settle((Key("special", variant, dtype, "compiled"), failures))
