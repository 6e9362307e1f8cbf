"""Judging of a shard: its inputs are evaluated on a backend, in the backend's own process, and every result judged."""

import functools
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bench.accuracy import bits, device, evaluate, verdict
from bench.accuracy.assemble import Digests, Results, assemble_records
from bench.accuracy.plan import SweepSetting, common_key
from bench.accuracy.record import Key, Record, merge
from bench.accuracy.shards import LAYOUTS, Shard
from bench.accuracy.verdict import ErrorCounter
from bench.core import setting
from bench.reference import TRUTH

Values = Any  # numpy.ndarray


@dataclass(frozen=True)
class Judgement:
    """The records of a shard, one per binade in order, and the processor seconds it took."""

    records: tuple[Record, ...]
    seconds: dict[str, float]
    """Processor seconds for `backend`, `truth` and `statistics`: this process, all threads; no part of the records."""


def identity(backend: str) -> SweepSetting:
    """Return the setting and revision that key the results of a backend in this process."""
    return SweepSetting(setting.current(device.load(backend), device.DEVICE.get()), TRUTH)


class Clock:
    """A clock of processor seconds by what they were spent on."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(("backend", "truth", "statistics"), 0.0)
        self.started = time.process_time()

    def record(self, name: str) -> None:
        """Add the processor seconds since the last call to this part."""
        now = time.process_time()
        self.seconds[name] += now - self.started
        self.started = now


def judge(shard: Shard) -> Judgement:
    """Judge every input of a shard on this process' device."""
    verdict.refuse_flushing()
    clock = Clock()
    run = evaluate.program(shard.subject)
    clock.record("backend")
    counter = ErrorCounter(shard.subject)
    clock.record("truth")
    key = Key(**common_key(shard, identity(shard.subject.backend)), binade=-1)
    records: list[Record] = []
    for parts in batches(shard):
        digests = [Digests() for _ in parts[0].binades]
        part_records = [judge_batch(batch, run, counter, key, clock=clock, digests=digests) for batch in parts]
        whole_records = [functools.reduce(merge, of_binade) for of_binade in zip(*part_records, strict=True)]
        records += [digest.add_to(record) for digest, record in zip(digests, whole_records, strict=True)]
    return Judgement(tuple(records), clock.seconds)


def batches(shard: Shard) -> Iterator[list[bits.Batch]]:
    """Yield the batches of a shard as lists: the parts of one binade, or several whole binades of one sign."""
    layout = LAYOUTS[shard.subject.dtype]
    binade_inputs = -(-layout.per_binade // shard.stride)
    binades_per_batch = max(bits.BATCH_INPUTS // binade_inputs, 1)
    for _, same_sign in itertools.groupby(shard.binades, key=lambda binade: binade >= layout.binades // 2):
        binades = list(same_sign)
        for i in range(0, len(binades), binades_per_batch):
            chosen = tuple(binades[i : i + binades_per_batch])
            parts = range(-(-binade_inputs // bits.BATCH_INPUTS))
            yield [bits.Batch(shard.subject.dtype, chosen, shard.stride, part) for part in parts]


def judge_batch(
    batch: bits.Batch,
    run: Callable[[Values], Values],
    counter: ErrorCounter,
    key: Key,
    *,
    clock: Clock,
    digests: list[Digests],
) -> list[Record]:
    """Return the records of a batch, and add its results to the digests."""
    x = batch.inputs
    clock.record("statistics")
    raw = run(x)
    shifted = evaluate.run_shifted(run, x, batch.dtype) if batch.part == 0 else raw[:0]
    clock.record("backend")
    results = Results(batch, x, raw, shifted)
    segments, segment_counts = counter.judge(batch, x, results.y)
    clock.record("truth")
    records = list(assemble_records(counter, results, segments, segment_counts, key))
    for digest, patterns in zip(digests, results.patterns.reshape(len(batch.binades), -1), strict=True):
        digest.update(patterns)
    clock.record("statistics")
    return records
