"""Wrong functions on the framework: each is caught by the finding that is made for it, where it is wrong."""

import functools
from typing import Any

import numpy as np
import pytest

from bench.check.findings import Finding
from bench.check.plan import Choice
from tests import checking
from tests.conformance.operations import OPERATIONS
from tests.wrong_functions import RIGHT, WRONG, WRONG_GRADIENTS, Formula, Operations, Wrong


@pytest.fixture(scope="session")
def operations(name: str) -> Operations:
    """Return the operations of the framework under test."""
    if name not in OPERATIONS:
        pytest.skip("the wrong functions are not written for this backend")
    return OPERATIONS[name]()


def check(
    backend: Any, operations: Operations, definition: str, formula: Formula, dtype: str, *, direction: str
) -> list[Finding]:
    """Return the findings about a formula in one dtype and direction."""
    choice = Choice("f.py:f", definition, "numpy", (dtype,), (direction,), is_quick=True)
    with np.errstate(all="ignore"):
        return checking.findings(backend, functools.partial(formula, operations), choice)


def refuse(wrong: Wrong, results: list[Finding]) -> None:
    """Assert that the first failing finding is the one that is made for a wrong function, at a right place."""
    failing = checking.failing(results)

    assert failing, results
    assert failing[0].name.startswith(wrong.evidence), failing
    assert all(wrong.low <= case.x <= wrong.high for case in failing[0].cases[:1]), failing


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_wrong_functions_are_caught(backend: Any, operations: Operations, wrong: Wrong) -> None:
    """The finding names an input between the bounds."""
    dtype = wrong.evidence.rpartition(" ")[2] if "float" in wrong.evidence else "float16"

    refuse(wrong, check(backend, operations, wrong.definition, wrong.formula, dtype, direction="forward"))


@pytest.mark.parametrize("wrong", WRONG_GRADIENTS.values(), ids=WRONG_GRADIENTS)
def test_wrong_gradients_are_caught(backend: Any, operations: Operations, name: str, wrong: Wrong) -> None:
    """Where the framework differentiates."""
    if name == "numpy":
        pytest.skip("NumPy does not differentiate")

    refuse(wrong, check(backend, operations, wrong.definition, wrong.formula, "float16", direction="backward"))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
@pytest.mark.parametrize("definition", RIGHT)
def test_right_functions_hold(backend: Any, operations: Operations, definition: str, dtype: str) -> None:
    """In each format."""
    activation, formula = RIGHT[definition]
    results = check(backend, operations, activation, formula, dtype, direction="forward")

    assert checking.failing(results) == []
    assert f"value {dtype}" in [finding.name for finding in results]
