"""Elementwise activations in float64 at stratified points: held to figures that were measured."""

from collections.abc import Callable
from typing import Any

import pytest

from backends.activation import Variant, variants
from tests.budgets import Figures
from tests.conformance import float64_figures

ELEMENTWISE = [v for v in variants() if v.activation.kind == "elementwise"]


@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda v: v.id)
def test_float64(hold: Callable[[str, Figures], None], backend: Any, variant: Variant) -> None:
    """Values and slopes are as far from the exact ones as is recorded."""
    hold("float64", float64_figures.figures(backend, variant))
