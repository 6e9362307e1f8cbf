"""Shape, layout and length do not change a result beyond rounding."""

from typing import Any

import pytest

from backends.activation import Variant, catalogue
from tests.conformance import shapes
from tests.conformance.settle import Key, Ledger

# one case of each: what depends on shape is the kernel, and JAX compiles every shape anew
FIRST = [entry.variants[0] for entry in catalogue().values()]


@pytest.mark.parametrize("variant", FIRST, ids=[v.id for v in FIRST])
def test_shapes(ledger: Ledger, backend: Any, variant: Variant) -> None:
    """0-d, empty, odd lengths, strided, transposed and large arrays give what a contiguous one does."""
    failures = shapes.shapes(backend, variant, "float32")

    ledger.settle((Key("shapes", variant, "float32", "eager"), failures))
