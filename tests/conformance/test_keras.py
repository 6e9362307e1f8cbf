"""Values and gradients against those recorded from the real Keras."""

from typing import Any

import pytest

from backends.activation import Variant
from tests.conformance import keras_checks
from tests.conformance.settle import Key, Ledger
from tests.golden.signatures import VARIANTS

# what Keras does not have has no golden values
CASES = [(v, d) for v in VARIANTS for d in keras_checks.DTYPES]


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=[f"{v.id}-{d}" for v, d in CASES])
def test_keras(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """Value and slope agree with Keras on torch or on JAX."""
    value, slope = keras_checks.keras(backend, variant, dtype)

    ledger.settle(
        (Key("keras_value", variant, dtype, "eager"), value), (Key("keras_slope", variant, dtype, "eager"), slope)
    )
