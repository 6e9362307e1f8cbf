"""The inputs of measurements: several buffers of seeded normal numbers without subnormals.

Buffers are used in rotation, so that a time includes neither a cached result nor, where memory allows, an input that is
still in a cache. Host arrays are float64; the backend rounds them once.
"""

import functools
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xxhash

import backends
from backends.interface import Array, Backend
from bench.core.cases import ITEMSIZE, Case

SEED = 20150501
LEAST_BUFFERS, MOST_BUFFERS = 3, 16
"""The numbers of buffers of each kind; 16 of 4 MB are twice a last-level cache of 32 MB."""
ROTATION = 61_843  # a prime: no two arrays of a length coincide, nor do their rows of 1000
FLOOR = 2.0**-14  # float16's smallest normal: no dtype meets a subnormal input
SHORTEST_DRAW = 1000  # shorter arrays are cut from it: rotating one element would leave it the same
TEMPORARIES = 8  # sparsemax by sorting holds some six arrays of the input's size
VERIFIED_OUTPUTS = 6  # alive at once: three of the timing, and two, or three new arguments, of later calls
ASSUMED_CACHE_BYTES = 32 * 2**20  # where the system reports none


@dataclass(frozen=True)
class Arrays:
    """Arrays of one stream on a device, with the digests of their original contents."""

    items: tuple[Array, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Buffers:
    """The inputs and cotangents of a case on its device: those that are timed, and one spare of each."""

    inputs: Arrays
    cotangents: Arrays
    cold: bool
    """Whether the timed inputs together exceed the last-level cache."""

    @property
    def xs(self) -> tuple[Array, ...]:
        """The inputs that are timed."""
        return self.inputs.items[:-1]

    @property
    def dys(self) -> tuple[Array, ...]:
        """The cotangents that are timed."""
        return self.cotangents.items[:-1]

    @property
    def spare(self) -> int:
        """The index of the input and of the cotangent that no timed call uses."""
        return len(self.xs)

    def operands(self, case: Case, number: int) -> tuple[Array, Array]:
        """Return input and cotangent of a call with arguments of this number; backward cases use the first input."""
        return self.inputs.items[0 if case.direction == "backward" else number], self.cotangents.items[number]

    def arguments(self, case: Case, number: int) -> tuple[Array, ...]:
        """Return the arguments of a call of the case's program."""
        x, dy = self.operands(case, number)
        return {"forward": (x,), "backward": (dy,), "step": (x, dy)}[case.direction]

    def changed(self, case: Case, number: int) -> str:
        """Return the operand of a call whose content has changed: `input`, `cotangent`, or empty for neither."""
        backend = backends.load(case.backend)
        for name, arrays in (("input", self.inputs), ("cotangent", self.cotangents)):
            index = 0 if name == "input" and case.direction == "backward" else number
            if digest(backend, arrays.items[index]) != arrays.digests[index]:
                return name
        return ""


class Place(NamedTuple):
    """The backend, device and dtype of an array."""

    backend: str
    device: str
    dtype: str


def buffers(case: Case) -> Buffers:
    """Return the buffers of a case. A cotangent has the shape of the output: half of the input for glu."""
    place = Place(case.backend, case.device, case.dtype)
    count, cold = count_buffers(case)
    return Buffers(arrays(place, case.shape, 0, count + 1), arrays(place, case.output_shape, 1, count + 1), cold)


def count_buffers(case: Case) -> tuple[int, bool]:
    """Return a number of buffers and whether they exceed the last-level cache.

    Cold ones are twice as large as the cache, within LEAST_BUFFERS and MOST_BUFFERS; hot inputs are one buffer.
    """
    if case.cache == "hot":
        return 1, False
    size, cache = math.prod(case.shape) * ITEMSIZE[case.dtype], cache_bytes(case)
    count = min(max(math.ceil(2 * cache / size), LEAST_BUFFERS), MOST_BUFFERS)
    return count, count * size > cache


def cache_bytes(case: Case) -> int:
    """Return the bytes of the last-level cache of the case's device."""
    state = {} if case.device == "cpu" else backends.load(case.backend).device_state(case.device)
    return int(state.get("cache_bytes", 0)) or last_level_cache()


def needed_bytes(case: Case) -> int:
    """Return about how many bytes a case holds at once: buffers, temporaries of a composition, outputs to verify."""
    x, y = (math.prod(shape) * ITEMSIZE[case.dtype] for shape in (case.shape, case.output_shape))
    result = {"forward": y, "backward": x, "step": x + y}[case.direction]
    return (count_buffers(case)[0] + 1 + TEMPORARIES) * (x + y) + VERIFIED_OUTPUTS * result


@functools.lru_cache(maxsize=6)  # one size and dtype need 5: flat, rows, halved rows; cases come grouped by them
def arrays(place: Place, shape: tuple[int, ...], stream: int, count: int) -> Arrays:
    """Return `count` arrays of a stream of random numbers: 0 for inputs, 1 for cotangents."""
    backend = backends.load(place.backend)
    hosts = (normal(math.prod(shape), stream, i).reshape(shape) for i in range(count))
    items = tuple(backend.asarray(host, dtype=place.dtype, device=place.device) for host in hosts)
    for array in items:
        backend.synchronize(array)
    return Arrays(items, tuple(digest(backend, array) for array in items))


def digest(backend: Backend, array: Array) -> str:
    """Return a hash of an array's content; 4 MB take 1 ms."""
    return xxhash.xxh3_128_hexdigest(np.ascontiguousarray(backend.to_numpy(array)).view(np.uint8).data)


def forget() -> None:
    """Clear the cache of arrays, so that they are made afresh: a program has written into them."""
    arrays.cache_clear()


def normal(size: int, stream: int, index: int) -> Any:
    """Return N(0, 1) numbers of float32 precision, none below FLOOR in size: the stream's first array, rotated."""
    return np.roll(draw_stream(max(size, SHORTEST_DRAW), stream), index * ROTATION)[:size]


@functools.lru_cache(maxsize=2)
def draw_stream(size: int, stream: int) -> Any:
    """Return the first array of a stream; a million draws take 30 ms, and a pass needs up to 80 arrays."""
    draw = np.random.default_rng((SEED, stream)).standard_normal(size, dtype=np.float32)
    return np.where(np.abs(draw) < FLOOR, np.float32(FLOOR), draw).astype(np.float64)


def rotation(arguments: list[tuple[Array, ...]], calls: int) -> Iterator[tuple[Array, ...]]:
    """Return the arguments in endless rotation; call number `calls` gets the first, whose output is verified."""
    return itertools.islice(itertools.cycle(arguments), turn(0, calls, len(arguments)), None)


def turn(number: int, calls: int, count: int) -> int:
    """Return which of `count` arguments call `number` of `calls` gets, both from 0: the last call gets the first."""
    return (number + 1 - calls) % count


@functools.cache
def last_level_cache() -> int:
    """Return the bytes of the largest cache."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        unit = {"K": 2**10, "M": 2**20}.get(text[-1:], 1)
        sizes.append(int(text.rstrip("KM") or 0) * unit)
    return max(sizes, default=ASSUMED_CACHE_BYTES) or ASSUMED_CACHE_BYTES
