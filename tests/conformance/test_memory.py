"""A result is memory of its own, unless the backend declares it; and no program writes into its arguments."""

from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import catalogue
from backends.interface import DTYPES
from bench.witness import overlap

NAMES = sorted(catalogue())
PASSED_ON = "linear"  # the one gradient that need not be computed: compiled too


def results(backend: Any, name: str, dtype: str, mode: str) -> tuple[list[Any], list[Any]]:
    """The arguments x and dy, and what each direction makes of them: y, dx, and both of a step."""
    variant, compiled = catalogue()[name].variants[0], mode == "compiled"
    numbers = np.random.default_rng(12).standard_normal((4, 6))
    x = backend.asarray(numbers, dtype=dtype, device="cpu")
    function = backends.function(
        backend.__name__.rpartition(".")[2].removesuffix("_backend"), name, **variant.parameters
    )
    y = backend.forward(function, compiled=compiled)(x)
    dy = backend.asarray(numbers[: y.shape[0], : y.shape[1]], dtype=dtype, device="cpu")
    made = [y, backend.backward(function, x, compiled=compiled)(dy), *backend.step(function, compiled=compiled)(x, dy)]
    assert np.array_equal(backend.to_numpy(x), backend.to_numpy(backend.asarray(numbers, dtype=dtype, device="cpu")))
    return [x, dy], made


def shared(backend: Any, name: str, dtype: str, mode: str) -> list[str]:
    """Which results share memory with an argument or an earlier result."""
    arguments, made = results(backend, name, dtype, mode)
    kinds = ("value", "slope", "value", "slope")
    return [
        kind
        for at, (kind, result) in enumerate(zip(kinds, made, strict=True))
        if any(overlap(backend, result, other) for other in (*arguments, *made[:at]))
    ]


@pytest.mark.parametrize("name", NAMES)
def test_results_are_memory_of_their_own(backend: Any, name: str) -> None:
    """Or the gradient is the cotangent, in backward and step, where that is declared."""
    assert shared(backend, name, "float32", "eager") == (["slope", "slope"] if name in backend.ALIASES else [])


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_identity_is_memory_of_its_own(backend: Any, dtype: str) -> None:
    """In every mode."""
    for mode in backend.MODES:
        declared = PASSED_ON in backend.ALIASES
        assert shared(backend, PASSED_ON, dtype, mode) == (["slope", "slope"] if declared else []), mode


@pytest.mark.parametrize("dtype", DTYPES)
def test_addresses(backend: Any, dtype: str) -> None:
    """An array is as long as its numbers are, overlaps itself, and not another one."""
    one, other = (backend.asarray(np.ones((3, 5)), dtype=dtype, device="cpu") for _ in range(2))
    first, behind = backend.memory(one)

    assert behind - first == 15 * {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}[dtype]
    assert overlap(backend, one, one)
    assert not overlap(backend, one, other)
