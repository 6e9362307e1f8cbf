"""A sweep: shards go out to the workers as these come free, and what comes back is kept at once.

A worker has a second shard waiting while it computes one, and no more is on its way: what is lost with a process is
what was in flight. A shard whose worker was killed may have stood beside the one that did it: it is tried once more,
alone.
"""

import queue
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bench.accuracy import agree, cluster, plan, work
from bench.accuracy.plan import Asked
from bench.accuracy.record import Key
from bench.accuracy.shards import Shard
from bench.accuracy.work import Failed, Found, Other
from bench.faults import BadInput

AHEAD = 2  # shards that a worker has: one that it computes and the next
LOOK_SECONDS = 1.0  # between two looks at who is there
GATHER_SECONDS = 30.0  # until a result of some kB is given up

Kept = Callable[[Shard, Found | Failed], None]
"""Told each shard as it ends."""


@dataclass(frozen=True)
class Overdue:
    """A task that has taken too long: its worker says so, and ends."""

    key: str


@dataclass
class Queue:
    """A backend's shards that are not done."""

    waiting: deque[Shard]
    suspects: deque[Shard] = field(default_factory=deque)
    """Those whose worker was killed once."""
    flying: dict[str, Any] = field(default_factory=dict)
    """Futures by key."""
    workers: int = 0
    seen: float = field(default_factory=time.monotonic)
    """When there was last a worker for it."""

    def next(self) -> Shard | None:
        """What may go out now."""
        if self.waiting and len(self.flying) < AHEAD * self.workers:
            return self.waiting.popleft()
        return self.suspects.popleft() if self.suspects and self.workers and not self.flying else None

    def left(self) -> bool:
        """Whether there is anything to wait for."""
        return bool(self.waiting or self.suspects or self.flying)


class Sweep:
    """Computes shards on a cluster."""

    def __init__(
        self, client: Any, todo: dict[str, list[Shard]], asked: dict[str, Asked], kept: Kept, limit: float
    ) -> None:
        self.client, self.asked, self.kept, self.limit = client, asked, kept, limit
        self.queues = {backend: Queue(deque(shards)) for backend, shards in todo.items()}
        self.shards: dict[str, Shard] = {}
        self.killed: set[Shard] = set()
        self.ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.looked = 0.0

    def run(self, judging: str, timeout: float) -> None:
        """Do all of them; a backend without a worker for `timeout` seconds is given up.

        BadInput where a worker has not what was asked for, or the scheduler is gone. What had finished is kept.
        """
        self.client.subscribe_topic(work.OVERDUE, lambda event: self.ended.put(Overdue(event[1])))
        try:
            while any(mine.left() for mine in self.queues.values()):
                self.look(timeout)
                self.send(judging)
                try:
                    self.take(self.ended.get(timeout=LOOK_SECONDS))
                except queue.Empty:
                    continue
        except (BadInput, KeyboardInterrupt):
            self.drain()
            raise

    def look(self, timeout: float) -> None:
        """See who is there."""
        if (now := time.monotonic()) - self.looked < LOOK_SECONDS:
            return
        self.looked = now
        try:
            found = cluster.workers(self.client)
        except (OSError, TimeoutError, RuntimeError) as error:  # Dask's errors of communication are OSErrors
            raise BadInput(f"the scheduler is gone: {cluster.said(error)}") from None
        for backend, mine in self.queues.items():
            mine.workers = len(found.get(backend, ()))
            mine.seen = now if mine.workers else mine.seen
            if mine.left() and now - mine.seen > timeout:
                self.give_up(mine, Failed("no_worker", f"no worker with the resource {backend!r} for {timeout:g} s"))

    def give_up(self, mine: Queue, why: Failed) -> None:
        """Nothing of a backend's is waited for any more."""
        left = [*(self.shards.pop(key) for key in mine.flying), *mine.suspects, *mine.waiting]
        self.client.cancel(list(mine.flying.values()))
        for each in (mine.flying, mine.suspects, mine.waiting):
            each.clear()
        for shard in left:
            self.kept(shard, why)

    def send(self, judging: str) -> None:
        """Give the workers what they have room for."""
        for backend, mine in self.queues.items():
            while shard := mine.next():
                key = f"{shard.subject.id}-{shard.first}-{shard.last}-{uuid.uuid4().hex}"
                arguments = (shard, self.asked[backend], judging, self.limit)
                future = self.client.submit(work.compute, *arguments, key=key, resources={backend: 1}, pure=False)
                mine.flying[key], self.shards[key] = future, shard
                future.add_done_callback(self.ended.put)

    def take(self, future: Any) -> None:
        """Keep what came back, of a future or of a worker that is overdue."""
        if (shard := self.shards.pop(future.key, None)) is None:
            return  # given up
        if (found := self.outcome(future, shard)) is None:  # its worker left with the result: it is computed again
            self.shards[future.key] = shard
            future.add_done_callback(self.ended.put)
            return
        mine = self.queues[shard.subject.backend]
        sent = mine.flying.pop(future.key)
        if isinstance(future, Overdue):
            self.client.cancel([sent])  # before its worker ends, or Dask would give it to the next one
        sent.release()
        if isinstance(found, Other):
            backend = shard.subject.backend
            raise BadInput(agree.refusal(found, backend, self.asked[backend]))
        if isinstance(found, Failed) and found.status == "killed" and shard not in self.killed:
            self.killed.add(shard)
            mine.suspects.append(shard)
        else:
            self.kept(shard, found)

    def outcome(self, future: Any, shard: Shard) -> Found | Failed | Other | None:
        """What became of a shard; None where that is not known any more."""
        from distributed import KilledWorker

        if isinstance(future, Overdue):
            return Failed("timeout", f"no result in {self.limit:g} s")
        if future.status == "finished":
            try:
                found: Found | Failed | Other = future.result(timeout=GATHER_SECONDS)
            except TimeoutError:
                return None
            fits = not isinstance(found, Found) or fitting(found, shard, self.asked[shard.subject.backend])
            return found if fits else Failed("error", "the records are those of something else")
        if future.status in ("pending", "lost"):
            return None
        if future.status == "cancelled":
            raise BadInput(f"the scheduler is gone, or cancelled {shard.subject.id}")
        error = future.exception()
        if isinstance(error, KilledWorker):
            return Failed("killed", "its worker died each time")
        return Failed("error", cluster.said(error))

    def drain(self) -> None:
        """Keep what has come back already."""
        while True:
            try:
                self.take(self.ended.get_nowait())
            except queue.Empty:
                return
            except BadInput:
                continue


def fitting(found: Found, shard: Shard, asked: Asked) -> bool:
    """Whether records are those of the shard, on what was asked for."""
    common = plan.common_key(shard, asked)
    wanted = [Key(**common, binade=binade) for binade in shard.binades]
    return [record.key for record in found.records] == wanted
