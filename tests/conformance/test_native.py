"""The framework's own calls that the cards name: they exist, and with the arguments named they are Keras' functions."""

import pytest

from backends.activation import find
from bench.portrait import native
from bench.portrait.subject import subject
from tests.conformance.settle import Ledger


def test_calls_of_the_framework(ledger: Ledger) -> None:
    """A default differs where arguments are named that mend it, and nowhere else."""
    if not ledger.is_pinned or ledger.name not in native.table():
        pytest.skip("no call is named for this backend and version")
    for name, call in native.table()[ledger.name].items():
        variant = find(name).variants[0]
        found = native.native(subject(ledger.name, variant), variant, ledger.name)

        assert found["same_as_keras"], name
        assert found["differs"] == bool(call.keras), name
