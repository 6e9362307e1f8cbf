"""The functions that a Dask worker runs. They run in a backend's own environment, without pandas or pyarrow.

No framework exception leaves the process: its type may not exist in the process that receives it.
"""

import contextlib
import faulthandler
import importlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import backends
from bench.accuracy import affinity
from bench.accuracy.plan import SweepSetting
from bench.accuracy.record import Record
from bench.accuracy.shards import Shard
from bench.accuracy.worker import end_process
from bench.core.text import error_line

JUDGE = "bench.accuracy.judge"
"""The module that provides `identity` and `judge`."""
OVERDUE_TOPIC = "activation-bench-overdue"
"""The topic of Dask events in which a worker reports the key of a task that has exceeded its time limit."""
LOADING_SECONDS = 300.0
"""The least time allowed for loading a framework, whatever the limit of a shard."""
EXIT_DELAY_SECONDS = 2.0
"""The delay between a worker's report of an overdue task and the end of the worker."""
FORCED_EXIT_SECONDS = 60.0
"""The delay after which a worker that could not report an overdue task ends."""


@dataclass(frozen=True)
class ShardResult:
    """The records of a shard, and the processor seconds spent on `backend`, `truth` and `statistics`."""

    records: tuple[Record, ...]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Failure:
    """The status and reason of a shard or worker without a result."""

    status: str
    """`absent`, `unsupported`, `out_of_memory`, `killed`, `timeout`, `no_worker` or `error`."""
    reason: str


@dataclass(frozen=True)
class Mismatch:
    """A worker whose setting is not the required one."""

    address: str
    setting: SweepSetting | Failure


def identity(backend: str, judging: str = JUDGE) -> SweepSetting | Failure:
    """Return the setting of this worker, or a Failure if the backend cannot be loaded."""
    affinity.settle()
    try:
        setting: SweepSetting = importlib.import_module(judging).identity(backend)
        return setting
    except backends.BackendUnavailable as error:
        return Failure("absent", str(error))
    except Exception as error:
        return Failure("error", error_line(error))


def compute(
    shard: Shard, required: SweepSetting, judging: str = JUDGE, limit: float = 1800.0
) -> ShardResult | Failure | Mismatch:
    """Judge a shard under the required setting alone; end the process if that takes more than `limit` seconds."""
    with time_limit(max(limit, LOADING_SECONDS)):
        setting = identity(shard.subject.backend, judging)
    if setting != required:
        return Mismatch(address(), setting)
    with time_limit(limit):
        return judge_shard(shard, judging)


@contextlib.contextmanager
def time_limit(limit: float) -> Iterator[None]:
    """End this worker and report its task's key under OVERDUE_TOPIC if the block takes more than `limit` seconds.

    Code that holds the interpreter's lock prevents the thread from reporting: then the process ends FORCED_EXIT_SECONDS
    later without a report, and its log holds the traceback.
    """
    from distributed import get_worker

    worker = get_worker()
    timer = threading.Timer(limit, end_worker, (worker, worker.get_current_task()))
    timer.daemon = True
    timer.start()
    faulthandler.dump_traceback_later(limit + FORCED_EXIT_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        timer.cancel()


def end_worker(worker: Any, key: str) -> None:
    """Report that a task is overdue, and end this process."""
    worker.log_event(OVERDUE_TOPIC, key)
    faulthandler.dump_traceback()
    time.sleep(EXIT_DELAY_SECONDS)
    end_process()


def judge_shard(shard: Shard, judging: str) -> ShardResult | Failure:
    """Judge a shard, and turn an exception into a Failure."""
    stopwatch = affinity.Stopwatch()
    try:
        result = importlib.import_module(judging).judge(shard)
        affinity.move(stopwatch.share())
        return ShardResult(tuple(result.records), dict(result.seconds))
    except Exception as error:
        return Failure(status(error, shard.subject.backend, judging), error_line(error))


def address() -> str:
    """Return the address of this worker."""
    from distributed import get_worker

    return str(get_worker().address)


def status(error: Exception, backend: str, judging: str) -> str:
    """Return the status of a Failure for an exception."""
    memory_errors: Any = backends.load(backend).OUT_OF_MEMORY if judging == JUDGE else ()
    if isinstance(error, (MemoryError, *memory_errors)):
        return "out_of_memory"
    return "unsupported" if isinstance(error, NotImplementedError) else "error"
