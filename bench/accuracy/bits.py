"""The inputs of some binades, by their bits."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from bench.accuracy.shards import LAYOUTS

Values = Any  # numpy.ndarray

MOST = 2**20
"""Inputs of a batch: 4 MiB of float32, so that what follows the backend finds them in a cache."""
TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32}


@dataclass(frozen=True)
class Batch:
    """Every stride-th input of neighbouring binades of one sign, or of a part of one binade."""

    dtype: str
    binades: tuple[int, ...]
    stride: int
    part: int = 0
    """Which MOST inputs of the binade, counted from 0; a batch of several binades has one part."""

    @functools.cached_property
    def all_of_binade(self) -> int:
        """Inputs of a binade, other parts' included."""
        return -(-LAYOUTS[self.dtype].per_binade // self.stride)

    @functools.cached_property
    def each(self) -> int:
        """Inputs of a binade that are in this batch."""
        return min(MOST, self.all_of_binade - self.part * MOST)

    @property
    def is_last(self) -> bool:
        """Whether its binades end with it."""
        return (self.part + 1) * MOST >= self.all_of_binade

    @property
    def size(self) -> int:
        """How many inputs it has."""
        return len(self.binades) * self.each

    @property
    def negative(self) -> bool:
        """Whether the sign bit is set."""
        return self.binades[0] >= LAYOUTS[self.dtype].binades // 2

    def exponent(self, binade: int) -> int:
        """Its biased exponent: 0 is that of zero and the subnormals."""
        return binade % (LAYOUTS[self.dtype].binades // 2)

    def is_finite(self, binade: int) -> bool:
        """Whether it holds numbers, not infinity and the NaNs."""
        return self.exponent(binade) < LAYOUTS[self.dtype].binades // 2 - 1

    def own_bits(self, index: int) -> int:
        """Of the input at an index of the batch, in its format."""
        binade, rest = divmod(index, self.each)
        return (self.binades[binade] << LAYOUTS[self.dtype].mantissa_bits) + (self.part * MOST + rest) * self.stride

    @functools.cached_property
    def own(self) -> Values:
        """The bits of all of them."""
        layout = LAYOUTS[self.dtype]
        kind = np.uint32 if layout.bits == 32 else np.uint16
        first = self.part * MOST * self.stride
        offsets: Values = np.arange(first, first + self.each * self.stride, self.stride, dtype=kind)
        tops: Values = (np.array(self.binades, np.uint32) << layout.mantissa_bits).astype(kind)
        return (tops[:, None] | offsets).reshape(-1)

    @functools.cached_property
    def inputs(self) -> Values:
        """All of them as float32, which holds each exactly."""
        return self.own.view(TYPES[self.dtype]).astype(np.float32, copy=False)

    def rank(self, magnitudes: Values) -> Values:
        """How many of the inputs have a smaller magnitude than those with these bits in float32."""
        ours = self.inputs.view(np.uint32)
        sought = np.asarray(magnitudes, np.uint32) | np.uint32(self.negative << 31)
        return np.searchsorted(ours, sought)


def number(bits: int, dtype: str) -> float:
    """The number of these bits."""
    kind = np.uint32 if LAYOUTS[dtype].bits == 32 else np.uint16
    return float(kind(bits).view(TYPES[dtype]))


@functools.cache
def normal_mass(dtype: str, binade: int) -> float:
    """The share of N(0, 1) inputs in a binade."""
    layout = LAYOUTS[dtype]
    exponent = binade % (layout.binades // 2)
    if exponent == layout.binades // 2 - 1:
        return 0.0
    low = number(exponent << layout.mantissa_bits, dtype)
    high = min(number((exponent << layout.mantissa_bits) + layout.per_binade - 1, dtype), 1e3)  # erfc(700) is 0
    high += high * 2.0**-layout.mantissa_bits / 2
    return 0.5 * (math.erfc(low * math.sqrt(0.5)) - math.erfc(high * math.sqrt(0.5)))
