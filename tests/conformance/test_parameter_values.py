"""Tests of unusual parameters: those that a dtype cannot hold, and those for which a kink vanishes."""

import math
from typing import Any

import numpy as np
import pytest

from backends.activation import Variant, find_variant
from backends.interface import DTYPES
from backends.rounding import round_nearest
from bench.reference.ulp import FORMATS
from tests.conformance import special, verdicts
from tests.conformance.checks import Host, Observed, bound, floats
from tests.conformance.parameter_values import AROUND_20, COMPILED, cases, points
from tests.conformance.settle import Key, Ledger

CASES = [(variant, dtype) for dtype in DTYPES for variant in cases(dtype)]
SPECIAL = [(v, d) for v, d in CASES if d == "float32"]
IN_PROGRAMS = [(find_variant(name, parameters), "float32") for name, parameters in COMPILED]
IN_PROGRAMS += [(find_variant(name, parameters), "bfloat16") for name, parameters in COMPILED[::6]]


def compiles(backend: Any) -> bool:
    """Return whether the backend has a compiler that works here."""
    return "compiled" in backend.MODES and not backend.compile_obstacle()


def settle(ledger: Ledger, variant: Variant, dtype: str, mode: str, inputs: Host) -> None:
    """Compare values and gradients with the exact ones and with the declared divergences."""
    observed = Observed(ledger.backend, variant, dtype, inputs, mode)
    x, dy, y, dx = (a.tolist() for a in (observed.x, observed.dy, observed.y, observed.dx))

    assert observed.dtypes == (dtype, dtype)
    ledger.settle(
        (Key("value", variant, dtype, mode), verdicts.values(variant, dtype, x, y)),
        (Key("slope", variant, dtype, mode), verdicts.slopes(variant, dtype, x, dy, dx)),
    )


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=[f"{v.id}-{d}" for v, d in CASES])
def test_parameter(ledger: Ledger, variant: Variant, dtype: str) -> None:
    """Value and gradient are within k (1 + condition number) ulp of the exact ones for the unrounded parameter."""
    settle(ledger, variant, dtype, "eager", points(variant, dtype))


@pytest.mark.parametrize(("variant", "dtype"), SPECIAL, ids=[f"{v.id}-{d}" for v, d in SPECIAL])
def test_special_values(ledger: Ledger, variant: Variant, dtype: str) -> None:
    """NaN stays NaN, and at an infinity value and derivative are the limits."""
    ledger.settle(*special.ledger_entries(ledger.backend, variant, dtype))


@pytest.mark.compiles
@pytest.mark.parametrize(("variant", "dtype"), IN_PROGRAMS, ids=[f"{v.id}-{d}" for v, d in IN_PROGRAMS])
def test_compiled_parameter(ledger: Ledger, variant: Variant, dtype: str) -> None:
    """The value and gradient of a compiled step are within the same limits."""
    if not compiles(ledger.backend):
        pytest.skip("the backend does not compile here")
    settle(ledger, variant, dtype, "compiled", points(variant, dtype))


@pytest.mark.parametrize("mode", ["eager", pytest.param("compiled", marks=pytest.mark.compiles)])
def test_softplus_turns_linear(ledger: Ledger, mode: str) -> None:
    """A backend that returns x for softplus(x) is declared where float64 shows a difference."""
    if mode == "compiled" and not compiles(ledger.backend):
        pytest.skip("the backend does not compile here")
    settle(ledger, find_variant("softplus", {}), "float64", mode, np.array(AROUND_20))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_constants_are_rounded_once(backend: Any, dtype: str, sign: float) -> None:
    """A result that is a parameter is the nearest number of the format, beside a tie too."""
    tie = 1 + FORMATS[dtype].epsilon / 2
    for parameter in (math.nextafter(tie, 2), tie, math.nextafter(tie, 0), 1 / 3, 1e39, 1e-46):
        parameters = {"threshold": 0.5, "default_value": sign * parameter}
        variants = [find_variant("threshold", parameters), find_variant("relu", {"max_value": parameter})]
        values = [_value_at(backend, *pair, dtype) for pair in zip(variants, (-1.0, 60000.0), strict=True)]

        assert values[0] == round_nearest(sign * parameter, dtype)
        assert values[1] == round_nearest(min(parameter, 60000.0), dtype)


def _value_at(backend: Any, variant: Variant, x: float, dtype: str) -> float:
    """Return the value at one input."""
    values = floats(backend, bound(backend, variant)(backend.asarray(np.full(8, x), dtype=dtype, device="cpu")))
    return float(values[0])
