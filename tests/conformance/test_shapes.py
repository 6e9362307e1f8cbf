"""Tests that shape, layout and length do not change a result beyond rounding."""

from typing import Any

import pytest

from backends.activation import Variant, catalogue
from tests.conformance import checks, shapes
from tests.conformance.settle import Key, Ledger

# one variant of each activation: shapes concern its kernel alone, and JAX compiles every shape anew
FIRST = [entry.variants[0] for entry in catalogue().values()]


@pytest.mark.parametrize("variant", FIRST, ids=[v.id for v in FIRST])
def test_shapes(ledger: Ledger, backend: Any, variant: Variant) -> None:
    """Arrays that are 0-d, empty, of odd length, strided, transposed or large give the results of a contiguous one."""
    failures = shapes.shapes(backend, variant, "float32")

    ledger.settle((Key("shapes", variant, "float32", checks.mode_of_shapes(backend, variant)), failures))
