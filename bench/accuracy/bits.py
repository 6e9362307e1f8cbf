"""Batches of inputs: all of some binades, as bits and as numbers."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from bench.accuracy.shards import LAYOUTS

Values = Any  # numpy.ndarray

BATCH_INPUTS = 2**20
"""The number of inputs in a batch: 4 MiB of float32, so that the steps after the backend find them in a cache."""
TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32}


@dataclass(frozen=True)
class Batch:
    """Every stride-th input of neighbouring binades of one sign, or of a part of one binade."""

    dtype: str
    binades: tuple[int, ...]
    stride: int
    part: int = 0
    """The index of the part: BATCH_INPUTS inputs of the binade each. A batch of several binades has one part."""

    @functools.cached_property
    def whole_binade_inputs(self) -> int:
        """The number of inputs of a binade in all of its parts."""
        return -(-LAYOUTS[self.dtype].per_binade // self.stride)

    @functools.cached_property
    def binade_inputs(self) -> int:
        """The number of inputs of a binade in this batch."""
        return min(BATCH_INPUTS, self.whole_binade_inputs - self.part * BATCH_INPUTS)

    @property
    def is_last(self) -> bool:
        """Whether this batch is the last part of its binades."""
        return (self.part + 1) * BATCH_INPUTS >= self.whole_binade_inputs

    @property
    def size(self) -> int:
        """The number of inputs."""
        return len(self.binades) * self.binade_inputs

    @property
    def negative(self) -> bool:
        """Whether the sign bit is set."""
        return self.binades[0] >= LAYOUTS[self.dtype].binades // 2

    def exponent(self, binade: int) -> int:
        """Return the biased exponent of a binade: 0 is that of zero and the subnormals."""
        return binade % (LAYOUTS[self.dtype].binades // 2)

    def is_finite(self, binade: int) -> bool:
        """Return whether a binade holds numbers rather than infinity and the NaNs."""
        return self.exponent(binade) < LAYOUTS[self.dtype].binades // 2 - 1

    def bits_of(self, index: int) -> int:
        """Return the bits of the input at an index of the batch, in its format."""
        binade, rest = divmod(index, self.binade_inputs)
        return (self.binades[binade] << LAYOUTS[self.dtype].mantissa_bits) + (
            self.part * BATCH_INPUTS + rest
        ) * self.stride

    @functools.cached_property
    def patterns(self) -> Values:
        """The bits of all inputs, in their format."""
        layout = LAYOUTS[self.dtype]
        kind = np.uint32 if layout.bits == 32 else np.uint16
        first = self.part * BATCH_INPUTS * self.stride
        offsets: Values = np.arange(first, first + self.binade_inputs * self.stride, self.stride, dtype=kind)
        tops: Values = (np.array(self.binades, np.uint32) << layout.mantissa_bits).astype(kind)
        return (tops[:, None] | offsets).reshape(-1)

    @functools.cached_property
    def inputs(self) -> Values:
        """All inputs as float32, which holds each exactly."""
        return self.patterns.view(TYPES[self.dtype]).astype(np.float32, copy=False)

    def rank(self, magnitudes: Values) -> Values:
        """Return the number of inputs of smaller magnitude than those with these bits in float32."""
        patterns = self.inputs.view(np.uint32)
        targets = np.asarray(magnitudes, np.uint32) | np.uint32(self.negative << 31)
        return np.searchsorted(patterns, targets)


def number(bits: int, dtype: str) -> float:
    """Return the number that has these bits."""
    kind = np.uint32 if LAYOUTS[dtype].bits == 32 else np.uint16
    return float(kind(bits).view(TYPES[dtype]))


@functools.cache
def normal_mass(dtype: str, binade: int) -> float:
    """Return the share of N(0, 1) inputs in a binade."""
    layout = LAYOUTS[dtype]
    exponent = binade % (layout.binades // 2)
    if exponent == layout.binades // 2 - 1:
        return 0.0
    low = number(exponent << layout.mantissa_bits, dtype)
    high = min(number((exponent << layout.mantissa_bits) + layout.per_binade - 1, dtype), 1e3)  # erfc(700) is 0
    high += high * 2.0**-layout.mantissa_bits / 2
    return 0.5 * (math.erfc(low * math.sqrt(0.5)) - math.erfc(high * math.sqrt(0.5)))
