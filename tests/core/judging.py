"""Judging of results that a test chooses, as those of a backend would be judged."""

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
    """Return a subject on the backend whose name the records carry; that backend computes nothing."""
    return Subject("numpy", activation, direction, dtype)


@contextlib.contextmanager
def patched_program(program: Program, dtype: str) -> Iterator[None]:
    """Make every backend compute this program, rounded to the format."""

    def run(x: Values) -> Values:
        with np.errstate(all="ignore"):
            return np.asarray(program(x)).astype(bits.TYPES[dtype])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluate, "program", lambda _: run)
        yield


def records(of: Subject, program: Program, binades: range | None = None, stride: int = 1) -> tuple[Record, ...]:
    """Return the records of a program's results, in all binades if none are named."""
    chosen = binades or range(LAYOUTS[of.dtype].binades)
    with patched_program(program, of.dtype):
        return judge(Shard(of, chosen[0], chosen[-1], stride)).records


def binade(x: float, dtype: str) -> int:
    """Return the binade that holds a number of the format."""
    number = np.asarray(x, bits.TYPES[dtype])
    return int(number.view(np.uint32 if dtype == "float32" else np.uint16)) >> LAYOUTS[dtype].mantissa_bits


def judge_one(of: Subject, x: float, y: float, program: Program = np.positive) -> Record:
    """Return the record of the binade of x where y replaces the program's result at x alone."""
    number = binade(x, of.dtype)

    def run(values: Values) -> Values:
        is_x = (values == x) & (np.signbit(values) == np.signbit(x))
        return np.where(is_x, np.float32(y), program(values))

    (record,) = records(of, run, range(number, number + 1), 1 if of.dtype != "float32" else 2**13)
    return record


def step(x: float, count: int, dtype: str) -> float:
    """Return the number of a format `count` places above x in its binade, or below if negative."""
    kind = bits.TYPES[dtype]
    number = kind(x)
    for _ in itertools.repeat(None, abs(count)):
        number = np.nextafter(number, kind(np.inf if count > 0 else -np.inf))
    return float(number)
