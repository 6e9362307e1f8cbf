"""What a Dask worker is told to do. Runs in a backend's own environment: no pandas, no pyarrow.

Nothing that a framework raises leaves the process: it might not exist where it arrives.
"""

import contextlib
import faulthandler
import importlib
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import backends
from bench.accuracy import leash, seat
from bench.accuracy.plan import Asked
from bench.accuracy.record import Record
from bench.accuracy.shards import Shard
from bench.text import one_line

JUDGE = "bench.accuracy.judge"
"""The module with `identity` and `judge`."""
OVERDUE = "activation-bench-overdue"
"""The topic of events under which a worker names a task that has taken too long."""
LOADING_SECONDS = 300.0
"""Until a framework is loaded, whatever the limit of a shard."""
PARTING_SECONDS = 2.0
"""Until a worker ends that has said so."""
SILENT_SECONDS = 60.0
"""Until one ends that could not say so."""


@dataclass(frozen=True)
class Found:
    """What a shard gave: its records, and processor seconds of `backend`, `truth` and `statistics`."""

    records: tuple[Record, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Failed:
    """Why there is no result."""

    status: str
    """`absent`, `unsupported`, `out_of_memory`, `killed`, `timeout`, `no_worker` or `error`."""
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


def compute(shard: Shard, asked: Asked, judging: str = JUDGE, limit: float = 1800.0) -> Found | Failed | Other:
    """Judge a shard, on what was asked for and on nothing else; the process ends where that takes `limit` seconds."""
    with ended_after(max(limit, LOADING_SECONDS)):
        has = identity(shard.subject.backend, judging)
    if has != asked:
        return Other(address(), has)
    with ended_after(limit):
        return judged(shard, judging)


@contextlib.contextmanager
def ended_after(limit: float) -> Iterator[None]:
    """End this worker where the block has no end; whoever is subscribed to OVERDUE is told the key of its task.

    What holds the interpreter's lock lets no thread say so: then the process ends SILENT_SECONDS later, without a
    word, and its log says where it was.
    """
    from distributed import get_worker

    worker = get_worker()
    timer = threading.Timer(limit, end_worker, (worker, worker.get_current_task()))
    timer.daemon = True
    timer.start()
    faulthandler.dump_traceback_later(limit + SILENT_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        timer.cancel()


def end_worker(worker: Any, key: str) -> None:
    """Say that a task is overdue, and end this process."""
    worker.log_event(OVERDUE, key)
    faulthandler.dump_traceback()
    time.sleep(PARTING_SECONDS)
    leash.end_process()


def judged(shard: Shard, judging: str) -> Found | Failed:
    """Judge a shard; what is raised becomes a status and a reason."""
    watch = seat.Stopwatch()
    try:
        result = importlib.import_module(judging).judge(shard)
        seat.move(watch.share())
        return Found(tuple(result.records), dict(result.seconds))
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
    return one_line("".join(traceback.format_exception_only(error)).strip().splitlines()[-1])
