"""Tests of elementwise activations in float64 at stratified points: they are held to recorded figures."""

from typing import Any

import pytest

from backends.activation import Variant, variants
from tests.conformance import float64_figures
from tests.conformance.holding import Hold

ELEMENTWISE = [v for v in variants() if v.activation.kind == "elementwise"]


@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda v: v.id)
def test_float64(hold: Hold, backend: Any, variant: Variant) -> None:
    """Errors of values and gradients are as recorded."""
    hold("float64", float64_figures.figures(backend, variant))


def test_no_subject_is_left_over(hold: Hold) -> None:
    """Exactly the measured subjects are recorded."""
    hold.check_subjects("float64", float64_figures.subjects())
