"""Elementwise activations at every input of the 16-bit formats and a share of float32's: held to what was measured."""

from collections.abc import Callable

import pytest

from backends.activation import Variant, variants
from bench.accuracy.record import CATEGORIES
from bench.accuracy.shards import DIRECTIONS
from tests.budgets import Figures
from tests.conformance import input_figures

ELEMENTWISE = [v for v in variants() if v.activation.kind == "elementwise"]
# all formats of a variant in turn: they share its pieces, some 0.3 s to make
CASES = [(variant, dtype) for variant in ELEMENTWISE for dtype in input_figures.STRIDES]
IDS = [f"{variant.id}-{dtype}" for variant, dtype in CASES]
PROMISED = {"numpy": {"float16": 1.0, "bfloat16": 1.0}}
"""Ulp that no result is beyond, whatever is recorded: of code that is ours from end to end."""


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=IDS)
def test_inputs(hold: Callable[[str, Figures], None], name: str, variant: Variant, dtype: str) -> None:
    """Values and slopes are as far from the exact ones, and as often wrong in kind, as is recorded."""
    hold("inputs", input_figures.figures(name, variant, dtype))
    for direction in DIRECTIONS:
        found = input_figures.whole(name, variant, direction, dtype)
        promised = PROMISED.get(name, {}).get(dtype)

        assert promised is None or found.largest("worst") <= promised
        assert promised is None or not any(found.total(category) for category in CATEGORIES)
