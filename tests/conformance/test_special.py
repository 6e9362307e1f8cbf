"""Limits at infinity, NaN, and the conventions that a backend is held to."""

from collections.abc import Iterator
from typing import Any

import pytest

from backends.activation import Variant, variants
from tests.conformance import special
from tests.conformance.settle import Key, Ledger

Record = dict[str, dict[str, list[str]]]


@pytest.fixture(scope="module")
def record(pytestconfig: pytest.Config, name: str) -> Iterator[Record | None]:
    """Where --record-conventions collects them; written when the last has run."""
    if not pytestconfig.getoption("--record-conventions"):
        yield None
        return
    collected = special.recorded(name)
    yield collected
    special.record(name, {v.id: collected[v.id] for v in variants() if v.id in collected})


def test_special(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """NaN stays NaN, and at an infinity value and slope are the limits."""
    failures = special.special(backend, variant, dtype)

    ledger.settle((Key("special", variant, dtype, "eager"), failures))


def test_conventions(ledger: Ledger, backend: Any, variant: Variant, record: Record | None) -> None:
    """At kinks, zeros, infinities and NaN a backend gives what is recorded for its pinned version."""
    found = special.conventions(backend, variant)
    if record is not None:
        record[variant.id] = found
        return
    if not ledger.is_pinned or variant.activation.home != "backends":
        pytest.skip("conventions are held for the pinned version and the activations that are here")

    assert found == special.recorded(ledger.name).get(variant.id), "record anew with --record-conventions"


def test_no_convention_is_left_over(name: str) -> None:
    """What is recorded belongs to a variant of the catalogue."""
    assert set(special.recorded(name)) <= {v.id for v in variants()}
