"""Wrong functions on NumPy: each is caught by the finding that is made for it, at an input where it is wrong."""

import functools
from typing import Any

import numpy as np
import pytest

from backends import numpy_backend
from bench.check.plan import Choice
from tests import checking
from tests.conformance import operations
from tests.wrong_functions import RIGHT, WRONG

NUMPY = operations.numpy()


def choice_of(definition: str, *dtypes: str, directions: tuple[str, ...] = ("forward",)) -> Choice:
    """Return a quick check of a definition on NumPy."""
    return Choice("f.py:f", definition, "numpy", dtypes or ("float16",), directions, is_quick=True)


@pytest.fixture(autouse=True)
def _quiet() -> Any:
    """Silence NumPy's warnings, as the worker does."""
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("name", WRONG)
def test_wrong_functions_are_caught(name: str) -> None:
    """The finding names an input between the bounds."""
    wrong = WRONG[name]
    dtype = wrong.evidence.rpartition(" ")[2] if "float" in wrong.evidence else "float16"
    results = checking.findings(
        numpy_backend, functools.partial(wrong.formula, NUMPY), choice_of(wrong.definition, dtype)
    )
    failing = checking.failing(results)

    assert failing, results
    assert failing[0].name.startswith(wrong.evidence)
    assert all(wrong.low <= case.x <= wrong.high for case in failing[0].cases[:1])


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_hold(name: str) -> None:
    """In all formats."""
    definition, formula = RIGHT[name]
    dtypes = ("float16", "bfloat16", "float32")
    results = checking.findings(numpy_backend, functools.partial(formula, NUMPY), choice_of(definition, *dtypes))

    assert checking.failing(results) == []
    assert {f"value {dtype}" for dtype in dtypes} <= {finding.name for finding in results}
