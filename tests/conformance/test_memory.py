"""Tests that results share no memory, except where the backend declares it, and that arguments stay unchanged."""

from typing import Any

import numpy as np
import pytest

import backends
from backends.activation import catalogue
from backends.interface import DTYPES
from bench.speed.witness import overlap
from tests.conformance import checks

NAMES = sorted(catalogue())
IDENTITY = "linear"  # the only activation whose gradient may be the cotangent in compiled programs too


def results(backend: Any, name: str, dtype: str, mode: str) -> tuple[list[Any], list[Any]]:
    """Return the arguments x and dy, and the results of each direction: y, dx, and both from a step."""
    variant, compiled = catalogue()[name].variants[0], mode == "compiled"
    numbers = np.random.default_rng(12).standard_normal((4, 6))
    if variant.activation.kind == "elementwise":
        numbers = checks.padded(backend, dtype, numbers.reshape(-1))
    x = backend.asarray(numbers, dtype=dtype, device="cpu")
    function = backends.function(
        backend.__name__.rpartition(".")[2].removesuffix("_backend"), name, **variant.parameters
    )
    y = backend.forward(function, compiled=compiled)(x)
    dy = backend.asarray(numbers[..., : y.shape[-1]], dtype=dtype, device="cpu")
    dx = backend.backward(function, x, compiled=compiled)(dy)
    outputs = [y, dx, *backend.step(function, compiled=compiled)(x, dy)]
    assert np.array_equal(backend.to_numpy(x), backend.to_numpy(backend.asarray(numbers, dtype=dtype, device="cpu")))
    return [x, dy], outputs


def shared_results(backend: Any, name: str, dtype: str, mode: str) -> list[str]:
    """Return which results share memory with an argument or an earlier result."""
    arguments, outputs = results(backend, name, dtype, mode)
    kinds = ("value", "slope", "value", "slope")
    return [
        kind
        for number, (kind, output) in enumerate(zip(kinds, outputs, strict=True))
        if any(overlap(backend, output, other) for other in (*arguments, *outputs[:number]))
    ]


@pytest.mark.parametrize("name", NAMES)
def test_results_are_memory_of_their_own(backend: Any, name: str) -> None:
    """Results share no memory, except a declared gradient, which is the cotangent in backward and step."""
    assert shared_results(backend, name, "float32", "eager") == (["slope", "slope"] if name in backend.ALIASES else [])


@pytest.mark.compiles
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_identity_is_memory_of_its_own(backend: Any, dtype: str) -> None:
    """The gradient of the identity is the cotangent in every mode where that is declared, and a copy otherwise."""
    for mode in backend.MODES:
        declared = IDENTITY in backend.ALIASES
        assert shared_results(backend, IDENTITY, dtype, mode) == (["slope", "slope"] if declared else []), mode


@pytest.mark.parametrize("dtype", DTYPES)
def test_addresses(backend: Any, dtype: str) -> None:
    """An array takes exactly the bytes of its numbers, and overlaps itself but no other array."""
    one, other = (backend.asarray(np.ones((3, 5)), dtype=dtype, device="cpu") for _ in range(2))
    start, end = backend.memory(one)

    assert end - start == 15 * {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}[dtype]
    assert overlap(backend, one, one)
    assert not overlap(backend, one, other)
