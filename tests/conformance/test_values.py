"""Tests of values and gradients against the exact ones, in eager mode and every dtype."""

from typing import Any

from backends.activation import Variant
from tests.conformance import checks
from tests.conformance.settle import Key, Ledger


def test_value(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """The value is within k (1 + condition number) ulp of the exact one."""
    failures = checks.value(backend, variant, dtype)

    ledger.settle((Key("value", variant, dtype, "eager"), failures))


def test_slope(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """The gradient is within k (1 + condition number) ulp of the exact derivative times the cotangent."""
    failures = checks.slope(backend, variant, dtype)

    ledger.settle((Key("slope", variant, dtype, "eager"), failures))


def test_dtypes(backend: Any, variant: Variant, dtype: str) -> None:
    """Output and gradient have the dtype of the input, and the gradient has its shape."""
    assert not checks.dtypes(backend, variant, dtype)
