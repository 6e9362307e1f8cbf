"""Sweeps of parameters that no format holds: every 16-bit input is judged by the parameter as given."""

import pytest

from backends.activation import parse_variant
from bench.accuracy.verdict import held_kinks
from tests.conformance.input_figures import COUNTED, judge_subject

IDS = (
    "elu[alpha=2.0]",
    "hard_shrink[threshold=0.6]",
    "hard_shrink[threshold=0.0]",
    "soft_shrink[threshold=0.0]",
    "relu[threshold=1e39]",
    "relu[max_value=0.3]",
    "threshold[threshold=0.3,default_value=20.0]",
)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("id_", IDS)
def test_right_at_every_input(id_: str, direction: str, dtype: str) -> None:
    """NumPy is right at every input, and the sweep confirms it; its derivative at NaN is 0, a convention."""
    results = judge_subject("numpy", parse_variant(id_), direction, dtype)
    conventions = {"zero_sign"} | ({"nan_swallowed"} if direction == "backward" else set())

    assert results.largest("worst") <= 0.5
    assert not {name: count for name in COUNTED if name not in conventions and (count := results.total(name))}


def test_only_kinks_that_are_inputs_are_set_apart() -> None:
    """A kink between two float32 numbers, or beyond their range, is no input."""
    assert held_kinks(parse_variant("hard_shrink[threshold=0.5]")) == (-0.5, 0.5)
    assert held_kinks(parse_variant("hard_shrink[threshold=0.6]")) == ()
    assert held_kinks(parse_variant("relu[max_value=1e39]")) == (0.0,)
