"""Tests of every example of the beginners' guide that the project grew from, in its own spelling.

The guide's printed numbers are data. Two of them are wrong by a stated error; backends are held to the exact values.
"""

from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import find, find_variant
from bench.accuracy.device import DEVICE
from bench.curves.guide import EXAMPLES, Example
from bench.reference import truth, ulp
from tests.conformance import row_verdicts, verdicts

GUIDE_ERRORS = {("sigmoid", -5): 140, ("tanh", 6): 2}
"""The errors of printed numbers, in float32 ulp, beyond the rounding of their digits."""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.call)
def test_example(name: str, backend: Any, example: Example) -> None:
    """The call runs as the guide spells it and is within k (1 + condition number) ulp of the exact value."""
    x = backend.asarray(np.array(example.x), dtype="float32", device=DEVICE.get())
    values = backend.to_numpy(backends.call(name, example.activation, x, **example.parameters)).tolist()
    variant = find_variant(find(example.activation).name, example.parameters)
    judge = row_verdicts.values if variant.activation.kind == "rowwise" else verdicts.values

    assert judge(variant, "float32", [float(v) for v in example.x], values) == []
    for point, value, printed in zip(example.x, values, example.printed or values, strict=True):
        assert abs(value - printed) <= allowed(example.activation, point, printed)


def allowed(activation: str, x: int, printed: float) -> float:
    """Return the guide's error and 2 ulp more, for the backend and for the eight printed digits."""
    return float(2 + GUIDE_ERRORS.get((activation, x), 0)) * float(np.spacing(np.float32(abs(printed))))


@pytest.mark.parametrize(("activation", "x"), GUIDE_ERRORS)
def test_guide_is_off(activation: str, x: int) -> None:
    """The stated error of a printed number is its error against the exact value."""
    printed = next(e.printed[e.x.index(x)] for e in EXAMPLES if e.activation == activation and e.printed)
    error = ulp.error(float(np.float32(printed)), truth.value(find(activation).variants[0], float(x)), "float32")

    assert error.ulps == pytest.approx(GUIDE_ERRORS[activation, x], rel=0.05, abs=0.5)
