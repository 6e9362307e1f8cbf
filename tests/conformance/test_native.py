"""Tests of the framework's calls that the cards name: with the named arguments they compute Keras' functions."""

import pytest

from backends.activation import find
from bench.curves import native
from bench.curves.subject import subject
from tests.conformance.settle import Ledger


def test_calls_of_the_framework(ledger: Ledger) -> None:
    """A call with its defaults differs from Keras exactly where arguments are named that correct it."""
    if not ledger.is_pinned or ledger.name not in native.table():
        pytest.skip("no call is named for this backend and version")
    for name, call in native.table()[ledger.name].items():
        variant = find(name).variants[0]
        result = native.native(subject(ledger.name, variant), variant, ledger.name)

        assert result["same_as_keras"], name
        assert result["differs"] == bool(call.keras), name
