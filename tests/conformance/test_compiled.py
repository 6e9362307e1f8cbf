"""Tests of compiled programs: they are compiled, and held to exact values and limits like eager ones."""

from typing import Any

import pytest

from backends.activation import Variant, variants
from backends.interface import DTYPES
from tests.conformance import checks, vectors
from tests.conformance.settle import Key, Ledger

# every variant in float32, and the first of each activation in the other dtypes, since compiling is slow
CASES = [(v, d) for v in variants() for d in DTYPES if d == "float32" or v == v.activation.variants[0]]


@pytest.fixture(scope="module", autouse=True)
def _can_compile(backend: Any) -> None:
    if "compiled" not in backend.MODES:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)


@pytest.mark.compiles
@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=[f"{v.id}-{d}" for v, d in CASES])
def test_compiled(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """Value and gradient are within k (1 + condition number) ulp of the exact ones; special values give the limits."""
    assert not checks.compiled(backend, variant, dtype)
    assert not checks.dtypes(backend, variant, dtype, "compiled")
    results = [
        (Key("value", variant, dtype, "compiled"), checks.value(backend, variant, dtype, "compiled")),
        (Key("slope", variant, dtype, "compiled"), checks.slope(backend, variant, dtype, "compiled")),
        *vectors.ledger_entries(variant, dtype, "compiled", vectors.compiled(backend, variant, dtype)),
    ]

    ledger.settle(*results)
