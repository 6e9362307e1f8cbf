"""Probe points of activations: where implementations usually fail, chosen as a numerical analyst would.

They are half linear, half logarithmic over the whole range of the format, with the special places:
both zeros, kinks with both their neighbours, subnormals, thresholds at which exp overflows,
underflows or is absorbed, sizes at which x^2, x^3 or 6 x overflow. Infinities and NaN are separate.
Arrays are float64 on the host; every number in them is exact in the requested format.
"""

import math
from typing import Any

import ml_dtypes
import numpy as np

from backends.activation import Variant

Host = Any  # numpy.ndarray

TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32, "float64": np.float64}
SPECIAL = (math.inf, -math.inf, math.nan)
ROW = 8
SEED = 15071

# exp: over- and underflow in float16 (11.09), float32 (88.72, -87.33, -103.97), float64 (709.78, -708.4, -745.1);
# 1 + exp(-x) absorbed (16.6, 36.7); torch's softplus turns linear (20); erf saturates (5.9, 13, 38)
THRESHOLDS = (
    5.9,
    11.09,
    13.0,
    16.6,
    20.0,
    36.7,
    38.0,
    87.3,
    88.0,
    89.0,
    103.0,
    104.0,
    708.0,
    709.0,
    710.0,
    745.0,
    746.0,
)

ROWS = (
    (0.0,) * ROW,
    (1.0,) * ROW,
    (0.0, 0.5, 1.0, 0.5, 1.0, 0.0, 1.0, -1.0),  # ties, among them at the top
    (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    (0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8),
    (-3.0, -2.5, -2.0, -1.5, -1.0, -0.75, -0.5, -0.25),
    (30.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 0.0),  # one dominates: log_softmax cancels there
    (1.0, 30.0, -30.0, 20.0, -20.0, 10.0, -10.0, 5.0),
    (11.0, 12.0, -11.0, -12.0, 11.5, -11.5, 0.0, 1.0),  # exp leaves float16
    (88.0, 89.0, 90.0, -88.0, -89.0, -104.0, 87.0, 0.0),  # exp leaves float32
    (709.0, 710.0, 711.0, -709.0, -746.0, 0.0, 700.0, 705.0),  # exp leaves float64
    (1000.0, 1000.5, 1001.0, 999.0, 1002.0, 998.0, 1000.25, 1003.0),  # a common offset
    (-1000.0, -1000.5, -1001.0, -999.0, -1002.0, -998.0, -1000.25, -1003.0),
    (1e-3, -1e-3, 2e-3, -2e-3, 3e-3, -3e-3, 4e-3, -4e-3),  # nearly uniform
    (6e4, -6e4, 3e4, -3e4, 1.0, -1.0, 0.0, -0.0),
)
_INF, _NAN = math.inf, math.nan
SPECIAL_ROWS = (
    (_INF, 1.0, 2.0, -1.0, 0.0, 0.5, -0.5, 3.0),
    (-_INF, 1.0, 2.0, -1.0, 0.0, 0.5, -0.5, 3.0),
    (1.0, 2.0, -1.0, 0.0, -_INF, 0.5, -0.5, 3.0),
    (_INF, _INF, 1.0, 2.0, -1.0, 0.0, 0.5, -0.5),
    (_INF, -_INF, 1.0, 2.0, _INF, -_INF, -1.0, 0.0),
    (-_INF,) * ROW,
    (0.5, _NAN, 1.0, 2.0, -1.0, 0.0, -0.5, 3.0),
    (0.5, 1.0, 2.0, -1.0, 0.0, _NAN, -0.5, 3.0),
)


def rounded(values: Any, dtype: str) -> Host:
    """Return the values rounded to a format, as float64; numbers that overflow are left out of a flat array."""
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(values, np.float64).astype(TYPES[dtype]).astype(np.float64)


def neighbours(x: float, dtype: str) -> tuple[float, float]:
    """Return the numbers of the format next to x, below and above."""
    kind = TYPES[dtype]
    return tuple(float(np.nextafter(kind(x), kind(direction))) for direction in (-math.inf, math.inf))  # type: ignore[return-value]


def ordinary(variant: Variant, dtype: str) -> Host:
    """Return the finite points for an elementwise variant: distinct, in increasing order, -0.0 before 0.0."""
    info = ml_dtypes.finfo(TYPES[dtype])
    largest, normal, least = float(info.max), float(info.smallest_normal), float(info.smallest_subnormal)
    edges = [math.log(largest), math.log(normal), math.log(least), math.sqrt(largest)]
    beside = [p for k in (*variant.kinks, *edges, *(-e for e in edges)) for p in (k, *neighbours(k, dtype))]
    # powers of two times 1.37: exact on every machine, as np.geomspace is not
    exponents = (*np.linspace(info.minexp, info.maxexp - 1, 8).astype(int), info.maxexp // 3 + 1, *range(-12, 10, 3))
    scales = [math.ldexp(1.37, int(e)) for e in exponents]
    sizes = [*scales, *THRESHOLDS, largest, largest / 6, least, normal / 2, normal - least, normal]
    points = rounded([*np.linspace(-9.7, 9.7, 32), *beside, *sizes, *(-s for s in sizes)], dtype)
    distinct = np.unique(points[np.isfinite(points) & (points != 0)])
    return np.concatenate([distinct[distinct < 0], [-0.0, 0.0], distinct[distinct > 0]])


def special(variant: Variant) -> Host:
    """Return the infinite and NaN points: numbers, or rows that hold some."""
    return np.array(SPECIAL if variant.activation.kind == "elementwise" else SPECIAL_ROWS)


def rows(variant: Variant, dtype: str) -> Host:  # noqa: ARG001  # the signature of `ordinary`
    """Return the finite rows for a rowwise or gated variant, (count, ROW); `lay` puts them along its axis."""
    drawn = np.random.default_rng(SEED).integers(-200, 201, (4, ROW)) / [[100], [1000], [20], [2]]
    return rounded([*ROWS, *drawn], dtype)


def points(variant: Variant, dtype: str) -> Host:
    """Return `ordinary` or `rows`, depending on the variant."""
    return (ordinary if variant.activation.kind == "elementwise" else rows)(variant, dtype)


def cotangents(shape: tuple[int, ...]) -> Host:
    """Return seeded multiples of 1/64 with sizes in [0.5, 2) and both signs: exact in every format."""
    random = np.random.default_rng((SEED, *shape))
    return random.integers(32, 128, shape) / 64 * random.choice([-1.0, 1.0], shape)


def lay(variant: Variant, flat: Host) -> Host:
    """Return rows (count, length) as one input, each along the variant's axis; two axes share a row."""
    axis = variant.parameters.get("axis", -1)
    if flat.ndim == 1 or axis == -1:
        return flat
    if isinstance(axis, tuple):
        flat = flat.reshape(len(flat), 2, -1)
        return np.ascontiguousarray(np.moveaxis(flat, (1, 2), axis))
    return np.ascontiguousarray(np.moveaxis(flat, -1, axis))


def unlay(variant: Variant, array: Host) -> Host:
    """Return an input as rows: the reverse of `lay`."""
    axis = variant.parameters.get("axis", -1)
    if array.ndim == 1 or axis == -1:
        return array
    if isinstance(axis, tuple):
        moved = np.moveaxis(array, axis, (1, 2))
        return moved.reshape(len(moved), -1)
    return np.moveaxis(array, axis, -1)
