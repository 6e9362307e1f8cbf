"""Tests of compiled half precision: this project's code computes in float32 and rounds once on every processor.

Eager programs are judged at every input in `test_inputs.py`. A compiler may fuse away a conversion, or compute in the
format itself where the processor can: its results would then differ from the eager ones at many inputs.
"""

from typing import Any

import numpy as np
import pytest

from backends.activation import Variant
from backends.interface import MODES
from bench.reference import ulp
from tests import promises
from tests.conformance.checks import SHARED_LENGTHS, Host, results
from tests.probes import TYPES

LARGEST_SHARE = 0.002
"""The share of results that may round to the neighbour, since their float32 results lie near a tie."""


def numbers(dtype: str) -> Host:
    """Return every finite number of a 16-bit format that is not subnormal, as float64."""
    with np.errstate(invalid="ignore"):  # of the NaNs
        every = np.arange(2**16, dtype=np.uint16).view(TYPES[dtype]).astype(np.float64)
    return every[np.isfinite(every) & (np.abs(every) >= ulp.FORMATS[dtype].smallest_normal)]


def difference(one: Host, other: Host, dtype: str) -> tuple[float, float]:
    """Return the largest difference in steps of the format, and the share of results that differ.

    Results that are subnormal or zero in both are equal, since a compiled program may flush.
    """
    fmt = ulp.FORMATS[dtype]
    size = np.maximum(np.abs(one), np.abs(other))
    with np.errstate(invalid="ignore"):
        same = (one == other) | (np.isnan(one) & np.isnan(other)) | (size < fmt.smallest_normal)
        steps = np.where(same, 0.0, np.abs(one - other) / np.maximum(np.abs(one) * fmt.epsilon, fmt.smallest_subnormal))
    return float(np.max(steps)), float(np.mean(~same))


@pytest.mark.compiles
@pytest.mark.parametrize("dtype", promises.HALF)
def test_compiled_rounds_once(backend: Any, composed: Variant | None, dtype: str) -> None:
    """Values and gradients at every input equal the eager ones, except a few that round to the neighbour."""
    if composed is None:
        pytest.skip("the backend is eager alone")
    if obstacle := backend.compile_obstacle():
        pytest.skip(obstacle)
    length = SHARED_LENGTHS[dtype]  # every number fits into two arrays
    for xs in np.array_split(numbers(dtype), 2):
        x, dy = np.resize(xs, length), np.ones(length)
        pairs = zip(*(results(backend, composed, x, dtype, dy=dy, mode=mode) for mode in MODES), strict=True)
        for direct, compiled in pairs:
            steps, share = difference(direct, compiled, dtype)
            assert steps <= 1
            assert share <= LARGEST_SHARE
