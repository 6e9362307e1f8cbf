"""The inputs of measurements: several buffers of seeded normal numbers without subnormals.

Buffers are used in rotation, so that a time includes neither a cached result nor, where memory allows, an input that is
still in a cache. Host arrays are float64; the backend rounds them once.
"""

import functools
import itertools
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xxhash

import backends
from backends.interface import Array, Backend
from bench.core.cases import ITEMSIZE, Case
from bench.speed import cache

SEED = 20150501
LEAST_BUFFERS, FEW_BUFFERS, MOST_BUFFERS = 3, 16, 256
"""The numbers of buffers of each kind: at least, where more would not make them cold, and at most.

256 of 4 MB are a gigabyte, twice a last-level cache of 512 MB.
"""
ROTATION = 61_843  # a prime: no two arrays of a length coincide, nor do their rows of 1000
FLOOR = 2.0**-14  # float16's smallest normal: no dtype meets a subnormal input
SHORTEST_DRAW = 1000  # shorter arrays are cut from it: rotating one element would leave it the same
TEMPORARIES = 8  # sparsemax by sorting holds some six arrays of the input's size
VERIFIED_OUTPUTS = 6  # alive at once: three of the timing, and two, or three new arguments, of later calls


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
    """Whether the timed inputs are so large together that none is left in a cache when it is used again."""

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
    """Return a number of buffers and whether they are cold; hot inputs are one buffer."""
    if case.cache == "hot":
        return 1, False
    size, cold = math.prod(case.shape) * ITEMSIZE[case.dtype], cold_bytes(case)
    wanted = max(math.ceil(cold / size), LEAST_BUFFERS)
    if wanted <= min(MOST_BUFFERS, most_bytes() / size):
        return wanted, True
    return max(LEAST_BUFFERS, int(min(FEW_BUFFERS, most_bytes() / size))), False


def cold_bytes(case: Case) -> int:
    """Return the bytes that inputs must have together to be cold: as the runner found, or twice the cache."""
    state = {} if case.device == "cpu" else backends.load(case.backend).device_state(case.device)
    probed = int(os.environ.get(cache.COLD_VARIABLE, "0")) if case.device == "cpu" else 0
    return probed or 2 * (int(state.get("cache_bytes", 0)) or cache.reported_bytes())


def most_bytes() -> float:
    """Return the most bytes of the inputs of a case, by the memory that the workers of a run share."""
    return float(os.environ.get(cache.MOST_VARIABLE, "inf"))


@dataclass(frozen=True)
class HostArray:
    """An array on the host as float64."""

    values: Any
    extremes: tuple[int, ...]


def on_host(case: Case, number: int) -> tuple[HostArray, HostArray]:
    """Return input and cotangent of a call with arguments of this number, on the host."""
    place, count = Place(case.backend, case.device, case.dtype), count_buffers(case)[0] + 1
    index = 0 if case.direction == "backward" else number
    return host_array(place, case.shape, 0, count, index), host_array(place, case.output_shape, 1, count, number)


@functools.lru_cache(maxsize=10)  # a group looks at five inputs and five cotangents
def host_array(place: Place, shape: tuple[int, ...], stream: int, count: int, index: int) -> HostArray:
    """Return an array of a stream on the host."""
    values = backends.load(place.backend).to_numpy(arrays(place, shape, stream, count).items[index]).astype(np.float64)
    return HostArray(values, extremes(values))


def extremes(values: Any) -> tuple[int, ...]:
    """Return the indices of the least, the largest and the smallest number in size."""
    return int(values.argmin()), int(values.argmax()), int(np.abs(values).argmin())


def needed_bytes(case: Case) -> int:
    """Return about how many bytes a case holds at once: buffers, temporaries of a composition, outputs to verify."""
    x, y = (math.prod(shape) * ITEMSIZE[case.dtype] for shape in (case.shape, case.output_shape))
    result = {"forward": y, "backward": x, "step": x + y}[case.direction]
    return (count_buffers(case)[0] + 1 + TEMPORARIES) * (x + y) + VERIFIED_OUTPUTS * result


@functools.lru_cache(maxsize=4)  # a group needs up to 4: flat for the copy, rows, cotangents in rows and half rows
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
