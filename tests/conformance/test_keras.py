"""Tests of values and gradients against those recorded from the real Keras."""

from typing import Any

import pytest

from backends.activation import Variant
from tests.conformance import keras_checks
from tests.conformance.settle import Key, Ledger
from tests.golden.signatures import VARIANTS

# golden values exist only for the activations of Keras
CASES = [(v, d) for v in VARIANTS for d in keras_checks.DTYPES]


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=[f"{v.id}-{d}" for v, d in CASES])
def test_keras(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """Value and gradient agree with Keras on torch or on JAX."""
    keys = [Key(check, variant, dtype, "eager") for check in ("keras_value", "keras_slope")]
    failures = keras_checks.keras(backend, variant, dtype, keras_checks.read_expected(variant, dtype))
    undeclared = [ledger.undeclared(*pair) for pair in zip(keys, failures, strict=True)]
    if any(undeclared) and not ledger.is_recorded:
        live = keras_checks.live_failures(backend, ledger.name, variant, dtype)
        value, slope = (keras_checks.drop_outdated(*lists) for lists in zip(failures, undeclared, live, strict=True))
        failures = value, slope

    ledger.settle(*zip(keys, failures, strict=True))
