"""Tests of the suite itself: every fault is caught in every activation, and the honest backend passes.

An ignored parameter can be noticed only if the catalogue has a second case. That every parameter has one is tested
too, so that no hand-kept list of exceptions is needed.
"""

from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import Activation, Variant, catalogue, variants
from backends.divergence import select_divergences
from tests.conformance import checks, special
from tests.conformance.verdicts import Failure
from tests.core.impostors import FAULTS, Deaf, Impostor

DTYPE = "float32"
CHECKS = {"value": checks.value, "slope": checks.slope, "dtypes": checks.dtypes, "special": special.special}
FIRST = [entry.variants[0] for entry in catalogue().values()]
OTHERS = [v for entry in catalogue().values() for v in entry.variants[1:]]


def undeclared_failures(backend: Any, variant: Variant) -> list[Failure]:
    """Return the failures of the checks that NumPy does not declare."""
    failures = []
    for name, check in CHECKS.items():
        entries = select_divergences(backends.load("numpy").DIVERGENCES, variant.id, name, DTYPE, "eager")
        failures += [f for f in check(backend, variant, DTYPE) if not any(d.covers(f.x) for d in entries)]
    return failures


@pytest.mark.parametrize("variant", variants(), ids=lambda v: v.id)
def test_honest(variant: Variant) -> None:
    """The checks find nothing wrong with the backend that the impostors are built on."""
    honest = Impostor(backends.load("numpy"))

    assert undeclared_failures(honest, variant) == []


@pytest.mark.parametrize("variant", FIRST, ids=lambda v: v.id)
@pytest.mark.parametrize("fault", FAULTS)
def test_caught(fault: str, variant: Variant) -> None:
    """A fault in value, gradient, dtype, NaN or tail is found, whatever the activation."""
    with np.errstate(all="ignore"):
        failures = undeclared_failures(Impostor(backends.load("numpy"), *FAULTS[fault]), variant)

    assert failures


@pytest.mark.parametrize("variant", OTHERS, ids=lambda v: v.id)
def test_ignored_parameter_is_caught(variant: Variant) -> None:
    """An ignored parameter is found by value or derivative, or because the shape does not allow it."""
    deaf = Deaf(backends.load("numpy"), variant.activation.variants[0])
    try:
        failures = undeclared_failures(deaf, variant)
    except (ValueError, IndexError):
        return  # glu along the other axis

    assert failures


@pytest.mark.parametrize("entry", catalogue().values(), ids=lambda e: e.name)
def test_every_parameter_varies(entry: Activation) -> None:
    """Each parameter has two values among the cases, so that ignoring it is noticed."""
    for name in entry.parameters:
        assert len({v.parameters[name] for v in entry.variants}) > 1
