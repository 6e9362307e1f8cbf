"""Rows at which the row-wise activations usually fail, in families, at lengths from 1 to 100 000.

A row has few distinct numbers, so that its exact results cost few exponentials; they have full mantissas. Sizes follow
the format: a row wide in float16 is narrow in float64. Cotangents are multiples of 1/64.
"""

import functools
import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from tests.probes import SEED, TYPES, cotangents, rounded

Host = Any  # numpy.ndarray
Random = np.random.Generator
LENGTHS = (1, 3, 1001, 100_000)
DISTINCT = 512
PLACES = 40
"""The number of entries judged in a longer row: those at its ends, its extremes, and random ones."""


@dataclass(frozen=True)
class Family:
    """A kind of row: `draw` returns one of a length for a format."""

    name: str
    draw: Callable[[Random, int, str], Host]
    shortest: int = 2
    cotangent: Callable[[Random, int], Host] | None = None
    """The function that draws the cotangents; `probes.cotangents` otherwise."""


def _normal(random: Random, n: int, dtype: str) -> Host:  # noqa: ARG001  # the signature of `draw`
    return random.choice(random.standard_normal(DISTINCT) * 2, n)


def _ties(random: Random, n: int, dtype: str) -> Host:  # noqa: ARG001
    """Return a few numbers, the largest many times; 1 below it is where sparsemax cuts."""
    return random.choice([-1.0, 0.0, 0.5, 0.75, 1.0], n)


def _one_hot(random: Random, n: int, dtype: str) -> Host:  # noqa: ARG001
    row = np.zeros(n)
    row[random.integers(n)] = 1.0
    return row


def _masked(random: Random, n: int, dtype: str) -> Host:
    """Return a row with half of it -inf, as attention masks later entries."""
    row = _normal(random, n, dtype)
    row[n // 2 + 1 :] = -math.inf
    return row


def _all_but_one(random: Random, n: int, dtype: str) -> Host:  # noqa: ARG001
    row = np.full(n, -math.inf)
    row[random.integers(n)] = 1.5
    return row


def range_of_exp(dtype: str) -> float:
    """Return the logarithm of the format's largest number."""
    return math.log(float(ml_dtypes.finfo(TYPES[dtype]).max))


def _spread(random: Random, n: int, dtype: str) -> Host:
    """Return numbers evenly over the whole range of exp: products of its ends leave it."""
    return random.choice(np.linspace(-1.0, 1.0, DISTINCT) * range_of_exp(dtype), n)


def _dominant(random: Random, n: int, dtype: str) -> Host:
    """Return a row with one entry far above the others: log_softmax cancels there."""
    row = _normal(random, n, dtype) / 2
    row[random.integers(n)] = 0.8 * range_of_exp(dtype) + math.log(n)
    return row


def _offset(random: Random, n: int, dtype: str) -> Host:
    """Return a row that lies entirely far beyond exp's range."""
    return _normal(random, n, dtype) + 2 * range_of_exp(dtype)


def _negative_offset(random: Random, n: int, dtype: str) -> Host:
    return _normal(random, n, dtype) - 2 * range_of_exp(dtype)


def _uniform(random: Random, n: int, dtype: str) -> Host:  # noqa: ARG001
    """Return numbers so near one another that sparsemax keeps most of them, whatever the length."""
    return random.choice(random.uniform(-1.5, 1.5, DISTINCT) / n, n)


def _rising(random: Random, n: int, dtype: str) -> Host:
    """Return a sorted row: sums grow from the smallest term or from the largest."""
    return np.sort(_normal(random, n, dtype))


def _extreme(random: Random, n: int, dtype: str) -> Host:
    """Return numbers with differences that overflow."""
    largest = float(ml_dtypes.finfo(TYPES[dtype]).max)
    return random.choice([-largest, -largest / 3, 0.0, 1.0, largest / 3, largest], n)


def _ones(random: Random, n: int) -> Host:  # noqa: ARG001  # the signature of `cotangent`
    """Return ones, for which softmax's gradient is 0."""
    return np.ones(n)


def _target(random: Random, n: int) -> Host:
    """Return cotangents like those of a cross entropy."""
    dy = np.zeros(n)
    dy[random.integers(n)] = -1.0
    return dy


FAMILIES = (
    Family("normal", _normal, 1),
    Family("ties", _ties),
    Family("equal", lambda random, n, dtype: np.full(n, 0.7)),  # noqa: ARG005
    Family("one_hot", _one_hot),
    Family("masked", _masked),
    Family("all_but_one_masked", _all_but_one, 1),
    Family("spread", _spread),
    Family("dominant", _dominant),
    Family("offset", _offset),
    Family("negative_offset", _negative_offset),
    Family("uniform", _uniform),
    Family("rising", _rising, 1000),
    Family("extreme", _extreme),
    Family("normal_ones", _normal, cotangent=_ones),
    Family("dominant_target", _dominant, cotangent=_target),
)


@dataclass(frozen=True)
class Sample:
    """A row, its cotangents and the places that are judged."""

    family: str
    row: Host
    dy: Host
    places: tuple[int, ...]


@functools.cache
def samples(dtype: str, length: int, *, gated: bool) -> tuple[Sample, ...]:
    """Return one row of every family that has the length, exact in the format; finite ones where `gated`.

    A gated activation's row is twice as long, its second half drawn anew.
    """
    drawn = (_sample(family, dtype, length, gated=gated) for family in FAMILIES if length >= family.shortest)
    return tuple(s for s in drawn if not gated or np.isfinite(s.row).all())


def _sample(family: Family, dtype: str, length: int, *, gated: bool) -> Sample:
    random = np.random.default_rng((SEED, zlib.crc32(family.name.encode()), length))
    halves = [rounded(family.draw(random, length, dtype), dtype) for _ in range(1 + gated)]
    dy = family.cotangent(random, length) if family.cotangent else cotangents((length, len(family.name)))[:, 0]
    row = np.concatenate(halves)
    return Sample(family.name, row, dy, _places(random, row))


def _places(random: Random, row: Host) -> tuple[int, ...]:
    n = len(row)
    if n <= PLACES:
        return tuple(range(n))
    chosen = [0, 1, 2, 3, n // 2 - 1, n // 2, n // 2 + 1, n - 3, n - 2, n - 1, int(row.argmax()), int(row.argmin())]
    return tuple(dict.fromkeys([*chosen, *random.choice(n, PLACES - len(chosen), replace=False).tolist()]))
