"""What a Dask worker is told to do. Runs in a backend's own environment: no pandas, no pyarrow.

Nothing that a framework raises leaves the process: it might not exist where it arrives.
"""

import importlib
import traceback
from dataclasses import dataclass
from typing import Any

import backends
from bench.accuracy import seat
from bench.accuracy.plan import Asked
from bench.accuracy.record import Record
from bench.accuracy.shards import Shard

JUDGE = "bench.accuracy.judge"
"""The module with `identity` and `judge`."""


@dataclass(frozen=True)
class Found:
    """What a shard gave: its records, and processor seconds of `backend`, `truth` and `statistics`."""

    records: tuple[Record, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Failed:
    """Why there is no result."""

    status: str
    """`absent`, `unsupported`, `out_of_memory`, `killed` or `error`."""
    reason: str


@dataclass(frozen=True)
class Other:
    """A worker that has not what was asked for."""

    address: str
    has: Asked | Failed


def identity(backend: str, judging: str = JUDGE) -> Asked | Failed:
    """What this worker has; Failed where it cannot load it."""
    seat.settle()
    try:
        has: Asked = importlib.import_module(judging).identity(backend)
        return has
    except backends.BackendUnavailable as error:
        return Failed("absent", str(error))
    except Exception as error:
        return Failed("error", last_line(error))


def compute(shard: Shard, asked: Asked, judging: str = JUDGE) -> Found | Failed | Other:
    """Judge a shard, on what was asked for and on nothing else."""
    has = identity(shard.subject.backend, judging)
    if has != asked:
        return Other(address(), has)
    watch = seat.Stopwatch()
    try:
        judged = importlib.import_module(judging).judge(shard)
        seat.move(watch.share())
        return Found(tuple(judged.records), dict(judged.seconds))
    except Exception as error:
        return Failed(status(error, shard.subject.backend, judging), last_line(error))


def address() -> str:
    """Of this worker."""
    from distributed import get_worker

    return str(get_worker().address)


def status(error: Exception, backend: str, judging: str) -> str:
    """In a word."""
    theirs: Any = backends.load(backend).OUT_OF_MEMORY if judging == JUDGE else ()
    if isinstance(error, (MemoryError, *theirs)):
        return "out_of_memory"
    return "unsupported" if isinstance(error, NotImplementedError) else "error"


def last_line(error: Exception) -> str:
    """What a traceback ends with."""
    return "".join(traceback.format_exception_only(error)).strip().splitlines()[-1]
