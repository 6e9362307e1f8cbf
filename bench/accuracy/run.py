"""A sweep: shards are sent to workers as these become free, and each result is stored at once.

A worker computes one shard and has a second one waiting, and no more are in flight: these are all that is lost with a
process. When a worker is killed, either of its two shards may be the cause: each is tried once more, alone.
"""

import queue
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.accuracy import agree, cluster, plan, work
from bench.accuracy.plan import SweepSetting
from bench.accuracy.record import Key
from bench.accuracy.shards import Shard
from bench.accuracy.work import Failure, Mismatch, ShardResult
from bench.core.faults import BadInput
from bench.core.text import error_line

SHARDS_PER_WORKER = 2  # one that it computes and one that waits
POLL_SECONDS = 1.0  # between two polls of the workers
GATHER_SECONDS = 30.0  # the time-out of fetching a result, which is some kB

ShardCallback = Callable[[Shard, ShardResult | Failure], None]
"""The function that is called with the result of each shard."""


@dataclass(frozen=True)
class OverdueTask:
    """A task that has exceeded its time limit, as reported by its worker, which then ends."""

    key: str


@dataclass
class Queue:
    """The unfinished shards of a backend."""

    waiting: deque[Shard]
    retries: deque[Shard] = field(default_factory=deque)
    """The shards whose worker was killed once."""
    futures: dict[str, Any] = field(default_factory=dict)
    """The shards in flight, as futures by key."""
    workers: int = 0
    last_seen: float = field(default_factory=time.monotonic)
    """The time at which the backend last had a worker."""

    def pop(self) -> Shard | None:
        """Remove and return the next shard to be sent, or None if none may be sent now."""
        if self.waiting and len(self.futures) < SHARDS_PER_WORKER * self.workers:
            return self.waiting.popleft()
        return self.retries.popleft() if self.retries and self.workers and not self.futures else None

    def has_remaining(self) -> bool:
        """Return whether any shard is unfinished."""
        return bool(self.waiting or self.retries or self.futures)


class Sweep:
    """A computation of shards on a cluster."""

    def __init__(
        self,
        client: Any,
        todo: dict[str, list[Shard]],
        settings: dict[str, SweepSetting],
        on_result: ShardCallback,
        limit: float,
    ) -> None:
        self.client, self.settings, self.on_result, self.limit = client, settings, on_result, limit
        self.queues = {backend: Queue(deque(shards)) for backend, shards in todo.items()}
        self.shards: dict[str, Shard] = {}
        self.killed: set[Shard] = set()
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.polled_at = 0.0

    def run(self, judging: str, timeout: float) -> None:
        """Compute all shards; a backend without a worker for `timeout` seconds is given up.

        Raises BadInput if a worker does not have the required setting or the scheduler is gone. Finished shards are
        kept.
        """
        self.client.subscribe_topic(work.OVERDUE_TOPIC, lambda event: self.events.put(OverdueTask(event[1])))
        try:
            while any(pending.has_remaining() for pending in self.queues.values()):
                self.poll_workers(timeout)
                self.submit_shards(judging)
                try:
                    self.handle(self.events.get(timeout=POLL_SECONDS))
                except queue.Empty:
                    continue
        except (BadInput, KeyboardInterrupt):
            self.drain()
            raise

    def poll_workers(self, timeout: float) -> None:
        """Count each backend's workers, and give up a backend that has had none for `timeout` seconds."""
        if (now := time.monotonic()) - self.polled_at < POLL_SECONDS:
            return
        self.polled_at = now
        try:
            workers = cluster.workers(self.client)
        except (OSError, TimeoutError, RuntimeError) as error:  # Dask's errors of communication are OSErrors
            raise BadInput(f"the scheduler is gone: {error_line(error)}") from None
        for backend, pending in self.queues.items():
            pending.workers = len(workers.get(backend, ()))
            pending.last_seen = now if pending.workers else pending.last_seen
            if pending.has_remaining() and now - pending.last_seen > timeout:
                self.give_up(
                    pending, Failure("no_worker", f"no worker with the resource {backend!r} for {timeout:g} s")
                )

    def give_up(self, pending: Queue, failure: Failure) -> None:
        """Report a failure for every unfinished shard of a backend."""
        remaining = [*(self.shards.pop(key) for key in pending.futures), *pending.retries, *pending.waiting]
        self.client.cancel(list(pending.futures.values()))
        for container in (pending.futures, pending.retries, pending.waiting):
            container.clear()
        for shard in remaining:
            self.on_result(shard, failure)

    def submit_shards(self, judging: str) -> None:
        """Submit shards to the workers that have room for them."""
        for backend, pending in self.queues.items():
            while shard := pending.pop():
                key = f"{shard.subject.id}-{shard.first}-{shard.last}-{uuid.uuid4().hex}"
                arguments = (shard, self.settings[backend], judging, self.limit)
                future = self.client.submit(work.compute, *arguments, key=key, resources={backend: 1}, pure=False)
                pending.futures[key], self.shards[key] = future, shard
                future.add_done_callback(self.events.put)

    def handle(self, future: Any) -> None:
        """Handle the end of a future, or the report of an overdue task."""
        if (shard := self.shards.pop(future.key, None)) is None:
            return  # given up
        if (result := self.outcome(future, shard)) is None:  # its worker left with the result: Dask computes it again
            self.shards[future.key] = shard
            future.add_done_callback(self.events.put)
            return
        pending = self.queues[shard.subject.backend]
        submitted = pending.futures.pop(future.key)
        if isinstance(future, OverdueTask):
            self.client.cancel([submitted])  # before its worker ends, or Dask would send it to another one
        submitted.release()
        if isinstance(result, Mismatch):
            backend = shard.subject.backend
            raise BadInput(agree.refusal(result, backend, self.settings[backend]))
        if isinstance(result, Failure) and result.status == "killed" and shard not in self.killed:
            self.killed.add(shard)
            pending.retries.append(shard)
        else:
            self.on_result(shard, result)

    def outcome(self, future: Any, shard: Shard) -> ShardResult | Failure | Mismatch | None:
        """Return the outcome of a shard, or None if it is not available any more."""
        from distributed import KilledWorker

        if isinstance(future, OverdueTask):
            return Failure("timeout", f"no result in {self.limit:g} s")
        if future.status == "finished":
            try:
                result: ShardResult | Failure | Mismatch = future.result(timeout=GATHER_SECONDS)
            except TimeoutError:
                return None
            except OSError as loss:  # between the status and the result
                raise BadInput(f"the scheduler is gone: {error_line(loss)}") from None
            is_valid = not isinstance(result, ShardResult) or matches_shard(
                result, shard, self.settings[shard.subject.backend]
            )
            return result if is_valid else Failure("error", "the records are those of something else")
        if future.status in ("pending", "lost"):
            return None
        if future.status == "cancelled":
            raise BadInput(f"the scheduler is gone, or cancelled {shard.subject.id}")
        error = future.exception()
        if isinstance(error, KilledWorker):
            return Failure("killed", "its worker died each time")
        return Failure("error", error_line(error))

    def drain(self) -> None:
        """Handle the results that have already arrived."""
        while True:
            try:
                self.handle(self.events.get_nowait())
            except queue.Empty:
                return
            except BadInput:
                continue


def matches_shard(result: ShardResult, shard: Shard, sweep_setting: SweepSetting) -> bool:
    """Return whether records are those of the shard under this setting."""
    common = plan.common_key(shard, sweep_setting)
    expected = [Key(**common, binade=binade) for binade in shard.binades]
    return [record.key for record in result.records] == expected
