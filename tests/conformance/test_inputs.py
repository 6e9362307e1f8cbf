"""Tests of elementwise activations at all 16-bit inputs and a share of float32's: they are held to recorded figures."""

import pytest

from backends.activation import Variant, variants
from tests.conformance import input_figures
from tests.conformance.holding import Hold

ELEMENTWISE = [v for v in variants() if v.activation.kind == "elementwise"]
# all formats of a variant in turn: they share its piecewise polynomials, which take some 0.3 s to compute
CASES = [(variant, dtype) for variant in ELEMENTWISE for dtype in input_figures.STRIDES]
IDS = [f"{variant.id}-{dtype}" for variant, dtype in CASES]


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=IDS)
def test_inputs(hold: Hold, name: str, variant: Variant, dtype: str) -> None:
    """Errors of values and gradients, and counts of results wrong in kind, are as recorded."""
    hold("inputs", input_figures.figures(name, variant, dtype))


def test_no_subject_is_left_over(hold: Hold) -> None:
    """Exactly the measured subjects are recorded."""
    hold.check_subjects("inputs", input_figures.subjects())
