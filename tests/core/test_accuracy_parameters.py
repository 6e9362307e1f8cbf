"""Sweeps of parameters that no format of theirs holds: every 16-bit input, judged by the parameter as given."""

import pytest

from backends.activation import spelled
from bench.accuracy.verdict import held_kinks
from tests.conformance.input_figures import COUNTED, whole

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
    """NumPy is right at every input, and the sweep says so; at NaN its derivative is 0, a convention."""
    found = whole("numpy", spelled(id_), direction, dtype)
    conventions = {"zero_sign"} | ({"nan_swallowed"} if direction == "backward" else set())

    assert found.largest("worst") <= 0.5
    assert not {name: count for name in COUNTED if name not in conventions and (count := found.total(name))}


def test_only_kinks_that_are_inputs_are_set_apart() -> None:
    """A kink between two numbers of float32, or beyond its range, is no input."""
    assert held_kinks(spelled("hard_shrink[threshold=0.5]")) == (-0.5, 0.5)
    assert held_kinks(spelled("hard_shrink[threshold=0.6]")) == ()
    assert held_kinks(spelled("relu[max_value=1e39]")) == (0.0,)
