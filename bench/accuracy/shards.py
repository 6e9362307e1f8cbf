"""The units of a sweep: subjects, the binades of their inputs, and shards, the unit of work.

A binade is one sign and one exponent of the input's format: 2^23 inputs in float32. Its number is the leading
bits of the format, sign and biased exponent: 0 to 511 in float32 and bfloat16, 0 to 63 in float16. The binade with
biased exponent 0 holds zero and the subnormals, the one with the largest exponent infinity and the NaNs.

Imports the standard library and the catalogue alone.
"""

from dataclasses import dataclass
from typing import NamedTuple

from backends.activation import Variant, parse_variant

DIRECTIONS = ("forward", "backward")
"""`forward` judges the value, `backward` the derivative: the vector-Jacobian product of a cotangent of ones."""


class Layout(NamedTuple):
    """The layout of a format's bits."""

    bits: int
    exponent_bits: int
    mantissa_bits: int

    @property
    def binades(self) -> int:
        """The number of binades, of both signs."""
        return int(2 ** (1 + self.exponent_bits))

    @property
    def per_binade(self) -> int:
        """The number of inputs in a binade."""
        return int(2**self.mantissa_bits)


LAYOUTS = {"float16": Layout(16, 5, 10), "bfloat16": Layout(16, 8, 7), "float32": Layout(32, 8, 23)}
"""The formats that are swept; float64 has too many numbers and is judged at chosen points by the conformance suite."""


@dataclass(frozen=True)
class Subject:
    """A backend's function that a sweep judges, in one direction, format and mode."""

    backend: str
    activation: str
    """The variant's id, parameters included: `relu[max_value=3.0]`."""
    direction: str
    dtype: str
    mode: str = "eager"

    @property
    def variant(self) -> Variant:
        """The activation with its parameters."""
        return parse_variant(self.activation)

    @property
    def id(self) -> str:
        """The name of the subject: `torch-gelu-backward-float32-eager`."""
        return "-".join((self.backend, self.activation, self.direction, self.dtype, self.mode))


@dataclass(frozen=True)
class Shard:
    """Some binades of one subject: the unit that is computed, stored, repeated or lost as a whole."""

    subject: Subject
    first: int
    """The number of the first binade."""
    last: int
    """The number of the last binade, included."""
    stride: int = 1
    """Every stride-th input of each binade is judged, from its first one; 1 is every input."""

    @property
    def binades(self) -> range:
        """The numbers of the binades."""
        return range(self.first, self.last + 1)

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return len(self.binades) * -(-LAYOUTS[self.subject.dtype].per_binade // self.stride)
