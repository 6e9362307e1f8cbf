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
from bench.accuracy.device import DEVICE
from bench.portrait.guide import EXAMPLES, Example
from tests.conformance import row_verdicts, verdicts

# float32 ulp by which a printed number is off beyond rounding its digits
GUIDE_IS_OFF = {("sigmoid", -5): 140, ("tanh", 6): 2}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.spelled)
def test_example(name: str, backend: Any, example: Example) -> None:
    """The call runs as it is spelled and gives the exact value, within k (1 + condition number) ulp."""
    x = backend.asarray(np.array(example.x), dtype="float32", device=DEVICE.get())
    found = backend.to_numpy(backends.call(name, example.activation, x, **example.parameters)).tolist()
    variant = find_variant(find(example.activation).name, example.parameters)
    judge = row_verdicts.values if variant.activation.kind == "rowwise" else verdicts.values

    assert judge(variant, "float32", [float(v) for v in example.x], found) == []
    for point, ours, theirs in zip(example.x, found, example.printed or found, strict=True):
        assert abs(ours - theirs) <= allowed(example.activation, point, theirs)


def allowed(activation: str, x: int, printed: float) -> float:
    """The guide's own error, and 2 ulp for the backend and the eight digits that were printed."""
    return float(2 + GUIDE_IS_OFF.get((activation, x), 0)) * float(np.spacing(np.float32(abs(printed))))


@pytest.mark.parametrize(("activation", "x"), GUIDE_IS_OFF)
def test_guide_is_off(activation: str, x: int) -> None:
    """The stated error of the guide's digits is its error against the exact value."""
    printed = next(e.printed[e.x.index(x)] for e in EXAMPLES if e.activation == activation and e.printed)
    error = ulp.error(float(np.float32(printed)), truth.value(find(activation).variants[0], float(x)), "float32")

    assert error.ulps == pytest.approx(GUIDE_IS_OFF[activation, x], rel=0.05, abs=0.5)
