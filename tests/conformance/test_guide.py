"""Every example of the beginners' guide that the project grew from, in its own spelling.

The guide's printed digits are data: two of them are wrong, by how much is stated, and the backends
are held to the exact value instead.
"""

from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import find, find_variant
from bench import truth, ulp
from tests.conformance import row_verdicts, verdicts

RELU, SIGMOID, TANH = [-5, -8, 0, 3, 9], [-35, -5, 0, 6, 25], [5, -1, -5, 6, 3]
# activation, parameters as the guide spells them, input, what it printed
EXAMPLES: list[tuple[str, dict[str, Any], list[int], list[float] | None]] = [
    ("relu", {"alpha": 0.0, "max_value": None, "threshold": 0}, RELU, None),
    ("relu", {"alpha": 0.7}, RELU, None),
    ("relu", {"max_value": 3}, RELU, None),
    ("relu", {"threshold": 7}, RELU, [-0.0, -0.0, 0.0, 0.0, 9.0]),  # the zeros' sign is a convention
    ("sigmoid", {}, SIGMOID, [6.3051174e-16, 6.6929162e-03, 5.0000000e-01, 9.9752736e-01, 1.0000000e00]),
    ("softmax", {"axis": -1}, RELU, None),  # left empty in the guide; ours to supply
    ("tanh", {}, TANH, [0.99990916, -0.7615942, -0.99990916, 0.9999876, 0.9950547]),
]
# float32 ulp by which a printed number is off beyond rounding its digits
GUIDE_IS_OFF = {("sigmoid", -5): 140, ("tanh", 6): 2}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e[0]}({','.join(e[1])})")
def test_example(name: str, backend: Any, example: tuple[str, dict[str, Any], list[int], list[float] | None]) -> None:
    """The call runs as it is spelled and gives the exact value, within k (1 + condition number) ulp."""
    activation, parameters, x, printed = example
    y = backends.call(name, activation, backend.asarray(np.array(x), dtype="float32", device="cpu"), **parameters)
    variant = find_variant(find(activation).name, parameters)
    judge = row_verdicts.values if variant.activation.kind == "rowwise" else verdicts.values
    found = backend.to_numpy(y).tolist()

    assert judge(variant, "float32", [float(v) for v in x], found) == []
    for point, ours, theirs in zip(x, found, printed or found, strict=True):
        assert abs(ours - theirs) <= allowed(activation, point, theirs)


def allowed(activation: str, x: int, printed: float) -> float:
    """The guide's own error, and 2 ulp for the backend and the eight digits that were printed."""
    return float(2 + GUIDE_IS_OFF.get((activation, x), 0)) * float(np.spacing(np.float32(abs(printed))))


@pytest.mark.parametrize(("activation", "x"), GUIDE_IS_OFF)
def test_guide_is_off(activation: str, x: int) -> None:
    """The stated error of the guide's digits is its error against the exact value."""
    printed = next(p[xs.index(x)] for a, _, xs, p in EXAMPLES if a == activation and p)
    error = ulp.error(float(np.float32(printed)), truth.value(find(activation).variants[0], float(x)), "float32")

    assert error.ulps == pytest.approx(GUIDE_IS_OFF[activation, x], rel=0.05, abs=0.5)
