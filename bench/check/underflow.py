"""Results near underflow, where frameworks compute with subnormal numbers as with zeros.

A subnormal result may then be zero, and so may x exp(x), whose factor is subnormal while it is up to 104 times the
smallest normal number: JAX, TensorFlow and torch's own silu are zero there. In float16 nothing is flushed.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from backends.activation import Variant
from bench.accuracy.bits import Batch
from bench.check import effect
from bench.reference import ulp

Values = Any  # numpy.ndarray
Parts = list[tuple[Batch, Values]]
"""The results by batch of inputs."""

FLUSHED = {"float16": 1.0, "bfloat16": 128.0, "float32": 128.0}
"""The multiple of the smallest normal number below which a result may be zero."""
SUBNORMAL_STEPS = {"float16": 16.0, "bfloat16": math.inf, "float32": math.inf}
"""The largest error of subnormal results, in their steps: JAX's own mish reaches 8.3."""


def exact_parts(variant: Variant, direction: str, parts: Parts) -> Iterator[tuple[Batch, Values, Values]]:
    """Yield each batch with its results and its exact values, as float64."""
    for batch, results in parts:
        exact = effect.exact_values(variant, batch.inputs, slope=direction == "backward")
        yield batch, results.astype(np.float64), exact


def zeros(variant: Variant, direction: str, dtype: str, parts: Parts) -> list[int]:
    """Return the bits of the inputs whose result is zero though the exact value is large enough for every framework."""
    least, inputs = FLUSHED[dtype] * ulp.FORMATS[dtype].smallest_normal, list[int]()
    for batch, y, exact in exact_parts(variant, direction, parts):
        inputs += map(batch.bits_of, np.flatnonzero((y == 0) & (np.abs(exact) >= least)).tolist())
    return inputs


def worst_subnormal(variant: Variant, direction: str, dtype: str, parts: Parts) -> int:
    """Return the bits of the input with the largest error of those whose exact value or input is subnormal."""
    largest, worst, smallest = -1.0, 0, ulp.FORMATS[dtype].smallest_normal
    for batch, y, exact in exact_parts(variant, direction, parts):
        subnormal = np.minimum(np.abs(exact), np.abs(batch.inputs)) < smallest
        with np.errstate(invalid="ignore"):
            errors = np.where(subnormal & (y != 0), np.abs(y - exact), -1.0)
        if errors.max() > largest:
            largest, worst = float(errors.max()), batch.bits_of(int(errors.argmax()))
    return worst
