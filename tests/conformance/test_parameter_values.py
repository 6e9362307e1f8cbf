"""Parameters as given: values and derivatives where a dtype cannot hold one, or where a kink vanishes."""

import math
from typing import Any

import numpy as np
import pytest

from backends.activation import Variant, find_variant
from backends.interface import DTYPES, MODES
from backends.rounding import round_nearest
from bench.ulp import FORMATS
from tests.conformance import special, verdicts
from tests.conformance.checks import Host, Observed, bound, floats
from tests.conformance.parameter_values import AROUND_20, COMPILED, cases, points
from tests.conformance.settle import Key, Ledger

CASES = [(variant, dtype) for dtype in DTYPES for variant in cases(dtype)]
SPECIAL = [(v, d) for v, d in CASES if d == "float32"]
IN_PROGRAMS = [(find_variant(name, given), "float32") for name, given in COMPILED]
IN_PROGRAMS += [(find_variant(name, given), "bfloat16") for name, given in COMPILED[::6]]


def compiles(backend: Any) -> bool:
    """Whether it has a compiler, and that works here."""
    return "compiled" in backend.MODES and not backend.compile_obstacle()


def settle(ledger: Ledger, variant: Variant, dtype: str, mode: str, inputs: Host) -> None:
    """Hold value and gradient to the exact ones."""
    seen = Observed(ledger.backend, variant, dtype, inputs, mode)
    x, dy, y, dx = (a.tolist() for a in (seen.x, seen.dy, seen.y, seen.dx))

    assert seen.dtypes == (dtype, dtype)
    ledger.settle(
        (Key("value", variant, dtype, mode), verdicts.values(variant, dtype, x, y)),
        (Key("slope", variant, dtype, mode), verdicts.slopes(variant, dtype, x, dy, dx)),
    )


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=[f"{v.id}-{d}" for v, d in CASES])
def test_parameter(ledger: Ledger, variant: Variant, dtype: str) -> None:
    """Value and gradient are within k (1 + condition number) ulp of the exact ones for the parameter as given."""
    settle(ledger, variant, dtype, "eager", points(variant, dtype))


@pytest.mark.parametrize(("variant", "dtype"), SPECIAL, ids=[f"{v.id}-{d}" for v, d in SPECIAL])
def test_special_values(ledger: Ledger, variant: Variant, dtype: str) -> None:
    """NaN stays NaN, and at an infinity value and derivative are the limits."""
    ledger.settle((Key("special", variant, dtype, "eager"), special.special(ledger.backend, variant, dtype)))


@pytest.mark.parametrize(("variant", "dtype"), IN_PROGRAMS, ids=[f"{v.id}-{d}" for v, d in IN_PROGRAMS])
def test_compiled_parameter(ledger: Ledger, variant: Variant, dtype: str) -> None:
    """A compiled step is held to the same."""
    if not compiles(ledger.backend):
        pytest.skip("the backend does not compile here")
    settle(ledger, variant, dtype, "compiled", points(variant, dtype))


@pytest.mark.parametrize("mode", MODES)
def test_softplus_turns_linear(ledger: Ledger, mode: str) -> None:
    """Where a backend takes x for softplus(x), float64 tells, and the backend declares it."""
    if mode == "compiled" and not compiles(ledger.backend):
        pytest.skip("the backend does not compile here")
    settle(ledger, find_variant("softplus", {}), "float64", mode, np.array(AROUND_20))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_constants_are_rounded_once(backend: Any, dtype: str, sign: float) -> None:
    """A result that is a parameter is the number of the format nearest to it, next to a tie as well."""
    tie = 1 + FORMATS[dtype].epsilon / 2
    for parameter in (math.nextafter(tie, 2), tie, math.nextafter(tie, 0), 1 / 3, 1e39, 1e-46):
        given = {"threshold": 0.5, "default_value": sign * parameter}
        variants = [find_variant("threshold", given), find_variant("relu", {"max_value": parameter})]
        default, top = (_at(backend, variant, dtype, x) for variant, x in zip(variants, (-1.0, 60000.0), strict=True))

        assert default == round_nearest(sign * parameter, dtype)
        assert top == round_nearest(min(parameter, 60000.0), dtype)


def _at(backend: Any, variant: Variant, dtype: str, x: float) -> float:
    """Return the value at one input."""
    values = floats(backend, bound(backend, variant)(backend.asarray(np.full(8, x), dtype=dtype, device="cpu")))
    return float(values[0])
