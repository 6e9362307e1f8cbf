"""Tests of limits at infinity, of NaN, and of the conventions recorded for a backend."""

from typing import Any

import pytest

from backends.activation import Variant, variants
from tests.conformance import special
from tests.conformance.conventions import Conventions
from tests.conformance.settle import Ledger


def test_special(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """NaN stays NaN, and at an infinity value and derivative are the limits."""
    ledger.settle(*special.ledger_entries(backend, variant, dtype))


def test_conventions(conventions: Conventions, backend: Any, variant: Variant) -> None:
    """At kinks, zeros, infinities and NaN a backend's results are as recorded."""
    if variant.activation.home != "backends":
        pytest.skip("conventions are held for the activations that are here")

    conventions.settle(variant, special.conventions(backend, variant))


def test_no_convention_is_left_over(conventions: Conventions) -> None:
    """Every recorded convention belongs to a variant of the catalogue."""
    recorded = conventions.exact.subjects if conventions.exact and not conventions.is_recording else {}

    assert set(recorded) <= {v.id for v in variants()}
