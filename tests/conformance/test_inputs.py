"""Elementwise activations at every input of the 16-bit formats and a share of float32's: held to what was measured."""

import pytest

from backends.activation import Variant, variants
from tests.conformance import input_figures
from tests.conformance.holding import Hold

ELEMENTWISE = [v for v in variants() if v.activation.kind == "elementwise"]
# all formats of a variant in turn: they share its pieces, some 0.3 s to make
CASES = [(variant, dtype) for variant in ELEMENTWISE for dtype in input_figures.STRIDES]
IDS = [f"{variant.id}-{dtype}" for variant, dtype in CASES]


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=IDS)
def test_inputs(hold: Hold, name: str, variant: Variant, dtype: str) -> None:
    """Values and slopes are as far from the exact ones, and as often wrong in kind, as is recorded."""
    hold("inputs", input_figures.figures(name, variant, dtype))


def test_no_subject_is_left_over(hold: Hold) -> None:
    """What is recorded is what is measured."""
    hold.only("inputs", input_figures.subjects())
