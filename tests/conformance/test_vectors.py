"""Tests of NaN, infinities, zeros and kinks at every place of short vectors, eager and compiled."""

from typing import Any

import pytest

from backends.activation import Variant, catalogue, variants
from backends.interface import DTYPES
from tests.conformance import checks, vectors
from tests.conformance.settle import Ledger

ELEMENTWISE = [v for v in variants() if v.activation.kind == "elementwise"]
FIRST = [e.variants[0] for e in catalogue().values() if e.kind == "elementwise"]
# one for each activation, since torch compiles one in three seconds; among them every length and dtype occurs
COMPILED = [
    (
        variant,
        DTYPES[(number + number // len(vectors.LENGTHS)) % len(DTYPES)],
        vectors.LENGTHS[number % len(vectors.LENGTHS)],
    )
    for number, variant in enumerate(FIRST)
]
CASES = [(v, d) for v in ELEMENTWISE for d in DTYPES if d == "float32" or v in FIRST]
TAIL = 3  # a length without a body


def lengths(backend: Any, variant: Variant, dtype: str) -> tuple[int, ...]:
    """Return the lengths of eager vectors; where each is compiled, that of all numbers, which has a body and a tail.

    A tail alone is tested there with an example of each kind of code, and in a program of every activation.
    """
    if not checks.compiles_eagerly(backend):
        return vectors.LENGTHS
    tail = (TAIL,) if checks.is_example(variant) and dtype == "float32" else ()
    return (*tail, checks.length_of(backend, dtype))


@pytest.mark.parametrize(("variant", "dtype"), CASES, ids=[f"{v.id}-{d}" for v, d in CASES])
def test_vectors(ledger: Ledger, backend: Any, variant: Variant, dtype: str) -> None:
    """Eager calls at every length return special values, values and gradients that are right or declared."""
    failures: vectors.Failures = {"special": [], "value": [], "slope": []}
    for length in lengths(backend, variant, dtype):
        for check, check_failures in vectors.eager(backend, variant, dtype, length).items():
            failures[check] += check_failures

    ledger.settle(*vectors.ledger_entries(variant, dtype, "eager", failures))


@pytest.mark.compiles
@pytest.mark.parametrize(("variant", "dtype", "length"), COMPILED, ids=[f"{v.id}-{d}-{n}" for v, d, n in COMPILED])
def test_compiled_vectors(ledger: Ledger, backend: Any, variant: Variant, dtype: str, length: int) -> None:
    """A compiled step does so at one short length; `test_compiled` tests every variant at a longer one."""
    if "compiled" not in backend.MODES:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)
    failures = vectors.compiled(backend, variant, dtype, length)

    ledger.settle(*vectors.ledger_entries(variant, dtype, "compiled", failures))
