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
import xxhash

import backends
from backends.interface import Array, Backend
from bench.cases import ITEMSIZE, Case

SEED = 20150501
LEAST, MOST = 3, 16
"""Buffers of each kind; 16 of 4 MB are twice a last-level cache of 32 MB."""
TURN = 61_843  # a prime: no two of the arrays of a length coincide, and all are out of step with rows of 1000
FLOOR = 2.0**-14  # float16's smallest normal: no dtype meets a subnormal input
SHORTEST_DRAW = 1000  # shorter arrays are cut from it: arrays of one element would all be the same by turning
TEMPORARIES = 8  # sparsemax by sorting holds some six arrays of the input's size
VERIFIED = 6  # outputs that live at once: three of the timing, and two, or three new arguments, of calls after it
ASSUMED_CACHE = 32 * 2**20  # where the system does not tell


@dataclass(frozen=True)
class Arrays:
    """Arrays of one stream on a device, and what each held when it was made."""

    items: tuple[Array, ...]
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Buffers:
    """The inputs and cotangents of a case on its device: those that are timed, and one more of each."""

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
        """The number of the input and of the cotangent that no timed call sees."""
        return len(self.xs)

    def operands(self, case: Case, number: int) -> tuple[Array, Array]:
        """Input and cotangent of a call with arguments of this number: a backward pass is made at the first input."""
        return self.inputs.items[0 if case.direction == "backward" else number], self.cotangents.items[number]

    def arguments(self, case: Case, number: int) -> tuple[Array, ...]:
        """What the case's program is called on."""
        x, dy = self.operands(case, number)
        return {"forward": (x,), "backward": (dy,), "step": (x, dy)}[case.direction]

    def changed(self, case: Case, number: int) -> str:
        """Which of a call's operands no longer holds what it held when it was made: `input`, `cotangent` or neither."""
        backend = backends.load(case.backend)
        for name, arrays in (("input", self.inputs), ("cotangent", self.cotangents)):
            at = 0 if name == "input" and case.direction == "backward" else number
            if digest(backend, arrays.items[at]) != arrays.digests[at]:
                return name
        return ""


class Place(NamedTuple):
    """Where an array lives, and as what."""

    backend: str
    device: str
    dtype: str


def buffers(case: Case) -> Buffers:
    """The inputs of a case. A cotangent has the shape of the output: half of the input's for glu."""
    place = Place(case.backend, case.device, case.dtype)
    count, cold = how_many(case)
    return Buffers(arrays(place, case.shape, 0, count + 1), arrays(place, case.output_shape, 1, count + 1), cold)


def how_many(case: Case) -> tuple[int, bool]:
    """Enough to exceed the last-level cache twice, within [LEAST, MOST], and whether they exceed it; one if hot."""
    if case.cache == "hot":
        return 1, False
    size, cache = math.prod(case.shape) * ITEMSIZE[case.dtype], cache_bytes(case)
    count = min(max(math.ceil(2 * cache / size), LEAST), MOST)
    return count, count * size > cache


def cache_bytes(case: Case) -> int:
    """Bytes of the last cache before the memory of the case's device."""
    told = {} if case.device == "cpu" else backends.load(case.backend).device_state(case.device)
    return int(told.get("cache_bytes", 0)) or last_level_cache()


def needed_bytes(case: Case) -> int:
    """About what a case holds at once: its buffers, a few temporaries of a composition, and outputs to be verified."""
    x, y = (math.prod(shape) * ITEMSIZE[case.dtype] for shape in (case.shape, case.output_shape))
    result = {"forward": y, "backward": x, "step": x + y}[case.direction]
    return (how_many(case)[0] + 1 + TEMPORARIES) * (x + y) + VERIFIED * result


@functools.lru_cache(maxsize=6)  # one size and dtype need 5: flat, rows, halved rows; cases come grouped by them
def arrays(place: Place, shape: tuple[int, ...], stream: int, count: int) -> Arrays:
    """`count` arrays of a stream of random numbers: 0 inputs, 1 cotangents."""
    backend = backends.load(place.backend)
    hosts = (normal(math.prod(shape), stream, i).reshape(shape) for i in range(count))
    made = tuple(backend.asarray(host, dtype=place.dtype, device=place.device) for host in hosts)
    for array in made:
        backend.synchronize(array)
    return Arrays(made, tuple(digest(backend, array) for array in made))


def digest(backend: Backend, array: Array) -> str:
    """What an array holds, in short: 4 MB take 1 ms."""
    return xxhash.xxh3_128_hexdigest(np.ascontiguousarray(backend.to_numpy(array)).view(np.uint8).data)


def forget() -> None:
    """Make all arrays afresh when they are asked for again: a program has written into them."""
    arrays.cache_clear()


def normal(size: int, stream: int, index: int) -> Any:
    """N(0, 1) rounded to float32's grid, nothing closer to zero than FLOOR; each is the first of its stream, turned."""
    return np.roll(drawn(max(size, SHORTEST_DRAW), stream), index * TURN)[:size]


@functools.lru_cache(maxsize=2)
def drawn(size: int, stream: int) -> Any:
    """The first array of a stream: a million draws cost 30 ms, and a pass needs up to 80 arrays."""
    draw = np.random.default_rng((SEED, stream)).standard_normal(size, dtype=np.float32)
    return np.where(np.abs(draw) < FLOOR, np.float32(FLOOR), draw).astype(np.float64)


def rotation(arguments: list[tuple[Array, ...]], calls: int) -> Iterator[tuple[Array, ...]]:
    """The arguments in turn without end; call number `calls` gets the first, which is what is verified."""
    return itertools.islice(itertools.cycle(arguments), turn(0, calls, len(arguments)), None)


def turn(number: int, calls: int, count: int) -> int:
    """Which of `count` arguments call `number` of `calls` gets, both from 0: the last call gets the first."""
    return (number + 1 - calls) % count


@functools.cache
def last_level_cache() -> int:
    """Bytes of the largest cache."""
    sizes = []
    for path in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"):
        text = path.read_text().strip()
        unit = {"K": 2**10, "M": 2**20}.get(text[-1:], 1)
        sizes.append(int(text.rstrip("KM") or 0) * unit)
    return max(sizes, default=ASSUMED_CACHE) or ASSUMED_CACHE
