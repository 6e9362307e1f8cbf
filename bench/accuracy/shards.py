"""What is judged: subjects, the binades of their inputs, and shards, the unit of work.

A binade is one sign and one exponent of the input's format: 2^23 inputs in float32. Its number is the leading
bits of the format, sign and biased exponent: 0 to 511 in float32 and bfloat16, 0 to 63 in float16. The number of a
binade with biased exponent 0 holds the zero and the subnormals, that with the largest infinity and the NaNs.

Standard library and catalogue alone.
"""

from dataclasses import dataclass
from typing import NamedTuple

from backends.activation import Variant, spelled

DIRECTIONS = ("forward", "backward")
"""`forward` judges the value, `backward` the slope: the vjp of a cotangent of ones."""


class Layout(NamedTuple):
    """How the bits of a format lie."""

    bits: int
    exponent_bits: int
    mantissa_bits: int

    @property
    def binades(self) -> int:
        """Their count, both signs."""
        return int(2 ** (1 + self.exponent_bits))

    @property
    def per_binade(self) -> int:
        """Inputs of each."""
        return int(2**self.mantissa_bits)


LAYOUTS = {"float16": Layout(16, 5, 10), "bfloat16": Layout(16, 8, 7), "float32": Layout(32, 8, 23)}
"""The formats that are swept; float64 has too many numbers and is judged at chosen points by the conformance suite."""


@dataclass(frozen=True)
class Subject:
    """What the inputs of a sweep go through."""

    backend: str
    activation: str
    """The variant's id, parameters included: `relu[max_value=3.0]`."""
    direction: str
    dtype: str
    mode: str = "eager"

    @property
    def variant(self) -> Variant:
        """The activation with its parameters."""
        return spelled(self.activation)

    @property
    def id(self) -> str:
        """`torch-gelu-backward-float32-eager`."""
        return "-".join((self.backend, self.activation, self.direction, self.dtype, self.mode))


@dataclass(frozen=True)
class Shard:
    """Some binades of one subject: the unit that is computed, kept, repeated or lost as a whole."""

    subject: Subject
    first: int
    """Number of the first binade."""
    last: int
    """Number of the last one, included."""
    stride: int = 1
    """Every stride-th input of each binade, its first one included; 1 is every input."""

    @property
    def binades(self) -> range:
        """Their numbers."""
        return range(self.first, self.last + 1)

    @property
    def inputs(self) -> int:
        """How many it holds."""
        return len(self.binades) * -(-LAYOUTS[self.subject.dtype].per_binade // self.stride)
