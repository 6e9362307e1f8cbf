"""The curves of a backend as they are recorded: a file's facts, and by variant the parts that were measured.

A part has a status and a reason; where the status is not `ok`, its figures have their defaults.
`bench.curves.measure` says what each figure is.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

SCHEMA = 2
"""The version of a file of curves. 1: the first, with other names. 2: `curves` and `derivative`."""
Number = float | Literal["inf", "-inf", "nan"]
"""A number as JSON holds it: infinities and NaN are texts, which `float` understands."""
Numbers = tuple[Number, ...]


class Part(msgspec.Struct, frozen=True):
    """A measurement, or the status and the reason why there is none."""

    status: str
    reason: str = ""


class Curve(Part, frozen=True):
    """The value and the derivative along x."""

    x: Numbers = ()
    value: Numbers = ()
    derivative: Numbers = ()


class Point(msgspec.Struct, frozen=True):
    """The result at a special value, within an array and for that number alone."""

    x: Number | None = None
    value: Number | None = None
    derivative: Number | None = None
    value_alone: Number | None = None
    derivative_alone: Number | None = None


class Points(Part, frozen=True):
    """The results at kinks and special values."""

    results: tuple[Point, ...] = msgspec.field(name="at", default=())


class Normal(Part, frozen=True):
    """The share of N(0, 1) inputs with a derivative of 0, and the mean value."""

    dead: Number | None = None
    mean: Number | None = None


class Vanishing(Part, frozen=True):
    """The least |x| of one sign from which on every derivative is 0, or NaN."""

    dtype: str = ""
    side: str = ""
    start: Number | None = msgspec.field(name="from", default=None)
    nan_from: Number | None = None


class Depth(Part, frozen=True):
    """The share of a gradient that reaches the first layer, by depth and by the kind of weights."""

    depths: tuple[int, ...] = ()
    glorot: Numbers = ()
    he: Numbers = ()


class Example(msgspec.Struct, frozen=True):
    """An input at which a framework's own call differs from Keras."""

    x: Number | None = None
    native: Number | None = None
    keras: Number | None = None


class Native(Part, frozen=True):
    """The framework's own call, and whether it is Keras' function."""

    call: str | None = None
    as_keras: str = ""
    differs: bool = False
    same_as_keras: bool = False
    example: Example = msgspec.field(name="at", default=Example())


class Call(Part, frozen=True):
    """The results of a call of the beginners' guide."""

    values: Numbers = ()


class SumError(Part, frozen=True):
    """The distance of softmax's sums from 1, in epsilons of the format, and its results of exactly 0 or 1."""

    dtype: str = ""
    length: int = 0
    off: Number | None = None
    zeros: int = 0
    ones: int = 0


@dataclass(frozen=True)
class VariantCurves:
    """The parts recorded of a variant, or of the guide; None and empty ones are not recorded."""

    status: str = ""
    """The status of all parts where the worker ended before any."""
    reason: str = ""
    kinks: Numbers = ()
    row: str = ""
    """The row that the curve runs through, in words; empty for an elementwise activation."""
    curve: Curve | None = None
    points: Points | None = None
    normal: Normal | None = None
    vanished: tuple[Vanishing, ...] = ()
    depth: Depth | None = None
    native: Native | None = None
    calls: tuple[Call, ...] = ()
    sums: tuple[SumError, ...] = ()


@dataclass(frozen=True)
class CurveFile:
    """The content of a backend's file; the curves are decoded variant by variant."""

    backend: str = ""
    version: str = ""
    cpu: str = ""
    curves: dict[str, Any] = field(default_factory=dict)
