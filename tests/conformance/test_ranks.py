"""Every activation takes arrays of up to nine dimensions, forward and backward."""

from typing import Any

import pytest

from backends.activation import Variant, catalogue, variants
from backends.interface import DTYPES
from tests.conformance import checks, ranks
from tests.conformance.settle import Key, Ledger

# a parameter can choose another composition, along two axes another layout; one axis is tried in every place anyway
BRANCHES = ("relu", "elu", "softmax", "log_softmax")
BRANCHING = [v for v in variants() if v.activation.name in BRANCHES and not isinstance(v.parameters.get("axis"), int)]
VARIANTS = [v for v in variants() if v == v.activation.variants[0] or v in BRANCHING]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_ranks(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """0-d, up to nine dimensions, and empty ones, along every axis."""
    if not ranks.concerns(backend, variant, dtype):
        pytest.skip("each compiles by itself: another dtype is tested")
    mode = ranks.mode_of(backend, variant, dtype)

    ledger.settle((Key("shapes", variant, dtype, mode), ranks.failures(backend, variant, dtype)))


@pytest.mark.compiles
@pytest.mark.parametrize("name", checks.EXAMPLES)
def test_compiled_ranks(backend: Any, name: str) -> None:
    """The highest rank, compiled, along an axis in the middle."""
    if "compiled" not in backend.MODES:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)
    variant = catalogue()[name].variants[0]
    axis = None if variant.activation.kind == "elementwise" else ranks.HIGHEST // 2

    shape = (2,) * ranks.HIGHEST

    assert not list(ranks.compare(backend, variant, "float32", shape=shape, axis=axis, mode="compiled"))
