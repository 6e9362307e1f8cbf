"""On which data: seeded normal numbers, several buffers of them, no subnormals.

Buffers are taken in turn, so that neither a cached result nor, where memory allows, an input that
is still in a cache is what is timed. Host arrays are float64; the backend rounds them once.
"""

import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import backends
from backends.interface import Array
from bench.cases import Case
from bench.ulp import FORMATS

SEED = 20150501
LEAST, MOST = 3, 16
"""Buffers of each kind; 16 of 4 MB are twice a last-level cache of 32 MB."""
FLOOR = 2.0**-14  # float16's smallest normal: no dtype meets a subnormal input
ASSUMED_CACHE = 32 * 2**20  # where the system does not tell


@dataclass(frozen=True)
class Buffers:
    """The inputs and cotangents of a case on its device."""

    xs: tuple[Array, ...]
    dys: tuple[Array, ...]
    cold: bool
    """Whether the inputs together exceed the last-level cache."""


class Place(NamedTuple):
    """Where an array lives, and as what."""

    backend: str
    device: str
    dtype: str


def buffers(case: Case) -> Buffers:
    """The inputs of a case. A cotangent has the shape of the output: half of the input's for glu."""
    place = Place(case.backend, case.device, case.dtype)
    count, cold = how_many(case)
    return Buffers(arrays(place, case.shape, 0, count), arrays(place, output_shape(case), 1, count), cold)


def how_many(case: Case) -> tuple[int, bool]:
    """Enough to exceed the last-level cache twice, within [LEAST, MOST]; and whether they exceed it."""
    size = case.size * itemsize(case.dtype)
    count = min(max(math.ceil(2 * last_level_cache() / size), LEAST), MOST)
    return count, count * size > last_level_cache()


def itemsize(dtype: str) -> int:
    """Bytes of one number."""
    fmt = FORMATS[dtype]
    return (fmt.precision + fmt.emax.bit_length() + 1) // 8  # significand with its hidden bit, exponent


def output_shape(case: Case) -> tuple[int, ...]:
    """The shape of the result."""
    if case.is_copy or case.variant.activation.kind != "gated":
        return case.shape
    axis = case.variant.parameters["axis"] % len(case.shape)
    return tuple(n // 2 if i == axis else n for i, n in enumerate(case.shape))


@functools.lru_cache(maxsize=6)  # one size and dtype need 5: flat, rows, halved rows; cases come grouped by them
def arrays(place: Place, shape: tuple[int, ...], stream: int, count: int) -> tuple[Array, ...]:
    """`count` arrays of a stream of random numbers: 0 inputs, 1 cotangents."""
    backend = backends.load(place.backend)
    hosts = (normal(math.prod(shape), stream, i).reshape(shape) for i in range(count))
    made = tuple(backend.asarray(host, dtype=place.dtype, device=place.device) for host in hosts)
    for array in made:
        backend.synchronize(array)
    return made


def normal(size: int, stream: int, index: int) -> Any:
    """N(0, 1) rounded to float32's grid, nothing closer to zero than FLOOR."""
    draw = np.random.default_rng((SEED, stream, index)).standard_normal(size, dtype=np.float32)
    return np.where(np.abs(draw) < FLOOR, np.float32(FLOOR), draw).astype(np.float64)


def rotation(arguments: list[tuple[Array, ...]], calls: int) -> Iterator[tuple[Array, ...]]:
    """The arguments in turn without end; call number `calls` gets the first, which is what is verified."""
    endless = itertools.cycle(arguments)
    return itertools.islice(endless, (1 - calls) % len(arguments), None)


@functools.cache
def last_level_cache() -> int:
    """Bytes of the largest cache."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        unit = {"K": 2**10, "M": 2**20}.get(text[-1:], 1)
        sizes.append(int(text.rstrip("KM") or 0) * unit)
    return max(sizes, default=ASSUMED_CACHE) or ASSUMED_CACHE
