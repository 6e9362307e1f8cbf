"""Evaluate a shard on a backend and judge every result; runs in the backend's own process."""

import functools
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench import setting
from bench.accuracy import bits, device, evaluate, verdict
from bench.accuracy.assemble import Digests, Results, assembled
from bench.accuracy.plan import Asked, common_key
from bench.accuracy.record import TRUTH, Key, Record, merged
from bench.accuracy.shards import LAYOUTS, Shard
from bench.accuracy.verdict import Court

Values = Any  # numpy.ndarray


@dataclass(frozen=True)
class Judged:
    """A shard's records, one per binade in order, and the processor seconds it took."""

    records: tuple[Record, ...]
    seconds: dict[str, float]
    """`backend`, `truth`, `statistics`; of this process, all threads. Not part of what is found."""


def identity(backend: str) -> Asked:
    """Return what the results of a backend in this process are keyed by."""
    return Asked(setting.current(device.load(backend), device.DEVICE.get()), TRUTH)


class Clock:
    """Processor seconds by what they were spent on."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(("backend", "truth", "statistics"), 0.0)
        self.since = time.process_time()

    def spent(self, name: str) -> None:
        """All since the last call."""
        now = time.process_time()
        self.seconds[name] += now - self.since
        self.since = now


def judge(shard: Shard) -> Judged:
    """Judge every input of a shard on this process' device."""
    verdict.refuse_flushing()
    clock = Clock()
    run = evaluate.program(shard.subject)
    clock.spent("backend")
    court = Court(shard.subject)
    clock.spent("truth")
    key = Key(**common_key(shard, identity(shard.subject.backend)), binade=-1)
    records: list[Record] = []
    for parts in batches(shard):
        digests = [Digests() for _ in parts[0].binades]
        of_parts = [judged(batch, run, court, key, clock=clock, digests=digests) for batch in parts]
        whole = [functools.reduce(merged, of_binade) for of_binade in zip(*of_parts, strict=True)]
        records += [digest.into(record) for digest, record in zip(digests, whole, strict=True)]
    return Judged(tuple(records), clock.seconds)


def batches(shard: Shard) -> Iterator[list[bits.Batch]]:
    """The parts of a binade, or several binades of one sign as one part."""
    layout = LAYOUTS[shard.subject.dtype]
    each = -(-layout.per_binade // shard.stride)
    at_once = max(bits.MOST // each, 1)
    for _, same_sign in itertools.groupby(shard.binades, key=lambda binade: binade >= layout.binades // 2):
        binades = list(same_sign)
        for i in range(0, len(binades), at_once):
            some = tuple(binades[i : i + at_once])
            parts = range(-(-each // bits.MOST))
            yield [bits.Batch(shard.subject.dtype, some, shard.stride, part) for part in parts]


def judged(
    batch: bits.Batch,
    run: Callable[[Values], Values],
    court: Court,
    key: Key,
    *,
    clock: Clock,
    digests: list[Digests],
) -> list[Record]:
    """The records of a batch; its results go into the digests."""
    x = batch.inputs
    clock.spent("statistics")
    raw = run(x)
    moved = evaluate.moved(run, x, batch.dtype) if batch.part == 0 else raw[:0]
    clock.spent("backend")
    results = Results(batch, x, raw, moved)
    segments, founds = court.judge(batch, x, results.y)
    clock.spent("truth")
    records = list(assembled(court, results, segments, founds, key))
    for digest, patterns in zip(digests, results.patterns.reshape(len(batch.binades), -1), strict=True):
        digest.update(patterns)
    clock.spent("statistics")
    return records
