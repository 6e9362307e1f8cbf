"""Identification from values: each definition of the catalogue is its own nearest, and a stranger is none."""

import numpy as np
import pytest

from backends.activation import Variant, find, variants
from bench.check import identify
from bench.reference import truth

ELEMENTWISE = [variant for variant in variants() if variant.activation.kind == "elementwise"]


def values(variant: Variant) -> np.ndarray:
    """Return the exact values, rounded to float32."""
    with np.errstate(over="ignore"):
        exact = [float(truth.value(variant, x)) for x in identify.inputs().tolist()]
        return np.array(exact, np.float32).astype(np.float64)


@pytest.mark.parametrize("variant", ELEMENTWISE, ids=lambda variant: variant.id)
def test_a_definition_is_recognised(variant: Variant) -> None:
    """Others match too only where they are the same function."""
    x, y = identify.inputs(), values(variant)
    matches = [entry.variant for entry in identify.candidates(x, y) if entry.matches]

    assert variant in matches
    assert all(np.array_equal(values(match), y) for match in matches)


def test_kinks_are_inputs() -> None:
    """Those of every case."""
    kinks = {kink for variant in ELEMENTWISE for kink in variant.kinks}

    assert kinks <= set(identify.inputs().tolist())


def test_a_stranger_is_none() -> None:
    """The quick gelu is near gelu, and the input that shows the difference is named."""
    x = identify.inputs().astype(np.float64)
    nearest = identify.candidates(x.astype(np.float32), x / (1 + np.exp(-1.702 * x)))[0]

    assert not nearest.matches
    assert nearest.variant.activation == find("gelu")
    assert 1 < abs(nearest.x) < 4


def test_nan_matches_nothing() -> None:
    """One NaN is enough."""
    y = values(find("relu").variants[0])
    y[3] = np.nan

    assert not any(entry.matches for entry in identify.candidates(identify.inputs(), y))
