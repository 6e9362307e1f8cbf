"""Results of the test's own choice, judged as a backend's would be."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from bench.accuracy import bits, evaluate
from bench.accuracy.judge import judge
from bench.accuracy.record import Record
from bench.accuracy.shards import LAYOUTS, Shard, Subject

Values = Any  # numpy.ndarray
Program = Callable[[Values], Values]


def subject(activation: str, dtype: str = "float16", direction: str = "forward") -> Subject:
    """On the backend whose name the records carry; what it computes is not asked."""
    return Subject("numpy", activation, direction, dtype)


@contextlib.contextmanager
def answering(program: Program, dtype: str) -> Iterator[None]:
    """Every backend computes this, rounded to the format."""

    def run(x: Values) -> Values:
        with np.errstate(all="ignore"):
            return np.asarray(program(x)).astype(bits.TYPES[dtype])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "program", lambda _: run)
        yield


def records(of: Subject, program: Program, binades: range | None = None, stride: int = 1) -> tuple[Record, ...]:
    """What is found of these results; all binades if none are named."""
    chosen = binades or range(LAYOUTS[of.dtype].binades)
    with answering(program, of.dtype):
        return judge(Shard(of, chosen[0], chosen[-1], stride)).records


def binade(x: float, dtype: str) -> int:
    """That which holds a number of the format."""
    number = np.asarray(x, bits.TYPES[dtype])
    return int(number.view(np.uint32 if dtype == "float32" else np.uint16)) >> LAYOUTS[dtype].mantissa_bits


def one(of: Subject, x: float, y: float, program: Program = np.positive) -> Record:
    """The record of the binade of x, where y takes the place of the program's result at x alone."""
    only = binade(x, of.dtype)

    def run(values: Values) -> Values:
        same = (values == x) & (np.signbit(values) == np.signbit(x))
        return np.where(same, np.float32(y), program(values))

    (found,) = records(of, run, range(only, only + 1), 1 if of.dtype != "float32" else 2**13)
    return found


def step(x: float, count: int, dtype: str) -> float:
    """The number of a format `count` places above x in its binade, or below."""
    kind = bits.TYPES[dtype]
    near = kind(x)
    for _ in itertools.repeat(None, abs(count)):
        near = np.nextafter(near, kind(np.inf if count > 0 else -np.inf))
    return float(near)
