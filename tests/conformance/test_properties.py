"""Tests of properties over inputs that Hypothesis chooses, the same ones in every run."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

from backends.activation import find
from tests.conformance import properties
from tests.conformance.settle import Key, Ledger
from tests.conformance.verdicts import Failure

LENGTH = 16
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False)
ARRAYS = st.lists(st.floats(-30, 30, width=32, allow_subnormal=False) | NUMBERS, min_size=LENGTH, max_size=LENGTH)


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> None:
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))  # keeps its files out of the working tree


@pytest.mark.parametrize(
    ("check", "activation"), properties.CASES, ids=[f"{activation}-{c.__name__}" for c, activation in properties.CASES]
)
def test_property(ledger: Ledger, backend: Any, check: Callable[..., list[Failure]], activation: str) -> None:
    """The property holds for every array, except where the backend declares a divergence."""
    failures: list[Failure] = []

    @settings(max_examples=30, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(ARRAYS)
    def holds(numbers: list[float]) -> None:
        with np.errstate(all="ignore"):
            failures.extend(check(backend, activation, np.array(numbers)))

    holds()

    ledger.settle((Key("properties", find(activation).variants[0], properties.DTYPE, "eager"), failures))
