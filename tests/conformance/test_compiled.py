"""Compiled programs: shown to have been compiled, then held to the exact value like eager ones."""

from typing import Any

import pytest

from backends.activation import Variant, variants
from backends.interface import DTYPES
from tests import probes
from tests.conformance import checks
from tests.conformance.settle import Key, Ledger

# every variant in float32, and the first of each activation in the other dtypes: compiling takes its time
CASES = [(v, d) for v in variants() for d in DTYPES if d == "float32" or v == v.activation.variants[0]]


@pytest.fixture(scope="module", autouse=True)
def _can_compile(backend: Any) -> None:
    if "compiled" not in backend.MODES:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=[f"{v.id}-{d}" for v, d in CASES])
def test_compiled(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """The value of the compiled step is within k (1 + condition number) ulp of the exact one, and so is its slope."""
    before = backend.graphs()
    failures = checks.value(backend, variant, dtype, "compiled")
    assert backend.graphs() > before, "nothing was compiled"
    assert not checks.dtypes(backend, variant, dtype, "compiled")
    slopes = checks.slope(backend, variant, dtype, "compiled")

    ledger.settle(
        (Key("value", variant, dtype, "compiled"), failures), (Key("slope", variant, dtype, "compiled"), slopes)
    )


def test_second_call_compiles_nothing(backend: Any, variant: Variant) -> None:
    """A compiled program compiles at its first call, and only then."""
    x = backend.asarray(probes.cotangents((4, 8)), dtype="float32", device="cpu")
    program = backend.forward(checks.bound(backend, variant), compiled=True)
    before = backend.graphs()
    backend.synchronize(program(x))
    after = backend.graphs()
    backend.synchronize(program(x))

    assert before < after == backend.graphs()
