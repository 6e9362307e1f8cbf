"""Tests that a NaN in a row is not lost in value or gradient, in short and long rows, eager and compiled."""

from typing import Any

import pytest

from backends.activation import Variant, variants
from backends.interface import DTYPES
from tests.conformance import nan_rows
from tests.conformance.settle import Key, Ledger

ROWS = [v for v in variants() if v.activation.kind != "elementwise"]
FIRST = [v for v in ROWS if v == v.activation.variants[0]]
# every dtype at one length and every length in one dtype, since torch takes 10 s for a compiled sparsemax and JAX
# compiles eager calls too; other axes, which change only the layout, are tested at one length in one dtype
LONG = nan_rows.LENGTHS[-1]
LENGTHS = [(d, n) for d in DTYPES for n in nan_rows.LENGTHS if d == "float32" or n == LONG]
CASES = [(v, d, n) for v in ROWS for d, n in LENGTHS if v in FIRST or (d, n) == ("float32", LONG)]


@pytest.mark.parametrize(("variant", "dtype", "length"), CASES, ids=[f"{v.id}-{d}-{n}" for v, d, n in CASES])
def test_nan_rows(ledger: Ledger, backend: Any, variant: Variant, dtype: str, length: int) -> None:
    """An eager call keeps every NaN within its row, along every axis."""
    failures = nan_rows.failures(backend, variant, dtype, length)

    ledger.settle((Key("special", variant, dtype, "eager"), failures))


@pytest.mark.compiles
@pytest.mark.parametrize(("dtype", "length"), LENGTHS)
@pytest.mark.parametrize("variant", FIRST, ids=lambda v: v.id)
def test_compiled_nan_rows(ledger: Ledger, backend: Any, variant: Variant, dtype: str, length: int) -> None:
    """A compiled step keeps every NaN within its row."""
    if "compiled" not in backend.MODES:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)
    failures = nan_rows.failures(backend, variant, dtype, length, "compiled")

    ledger.settle((Key("special", variant, dtype, "compiled"), failures))
