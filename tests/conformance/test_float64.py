"""Elementwise activations in float64 at stratified points: held to figures that were measured."""

from typing import Any

import pytest

from backends.activation import Variant, variants
from tests.conformance import float64_figures
from tests.conformance.holding import Hold

ELEMENTWISE = [v for v in variants() if v.activation.kind == "elementwise"]


@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda v: v.id)
def test_float64(hold: Hold, backend: Any, variant: Variant) -> None:
    """Values and slopes are as far from the exact ones as is recorded."""
    hold("float64", float64_figures.figures(backend, variant))


def test_no_subject_is_left_over(hold: Hold) -> None:
    """What is recorded is what is measured."""
    hold.only("float64", float64_figures.subjects())
