"""Shape, layout and length do not change a result beyond rounding."""

from typing import Any

from backends.activation import Variant
from tests.conformance import shapes
from tests.conformance.settle import Key, Ledger


def test_shapes(ledger: Ledger, backend: Any, variant: Variant) -> None:
    """0-d, empty, odd lengths, strided, transposed and large arrays give what a contiguous one does."""
    failures = shapes.shapes(backend, variant, "float32")

    ledger.settle((Key("shapes", variant, "float32", "eager"), failures))
