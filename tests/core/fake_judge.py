# ruff: noqa: D103
"""A judge that computes nothing, for testing the sweep: its made-up records are the same for the same shard.

FAKE_SECONDS   seconds that a shard takes
FAKE_VERSION   version that the judge reports
FAKE_VENDOR    processor vendor that the judge reports
FAKE_NOISE     whether results differ from process to process
FAKE_FAULT     absent or broken; or faults of single activations, `tanh=error,mish=memory`: error, memory,
               unsupported, kill, hang, stuck
"""

import ctypes
import os
import random
import signal
import time

from backends import BackendUnavailable
from bench.accuracy.judge import Judgement
from bench.accuracy.plan import SweepSetting, common_key
from bench.accuracy.record import Record
from bench.accuracy.shards import LAYOUTS, Shard
from bench.core.setting import Setting

TRUTH = 7
FAULT = os.environ.get("FAKE_FAULT", "")
FAULTS = dict(item.split("=") for item in FAULT.split(",") if "=" in item)
NOISE = random.random() if os.environ.get("FAKE_NOISE") else 0


def identity(backend: str) -> SweepSetting:
    if FAULT == "absent":
        raise BackendUnavailable(f"backend {backend!r} needs the package {backend!r}, which is not installed")
    if FAULT == "broken":
        raise ImportError("libfake.so.1: cannot open shared object file")
    version, vendor = os.environ.get("FAKE_VERSION", "1.0"), os.environ.get("FAKE_VENDOR", "amd")
    return SweepSetting(Setting(version, "fake", vendor, "avx2"), TRUTH)


def judge(shard: Shard) -> Judgement:
    time.sleep(float(os.environ.get("FAKE_SECONDS", "0.05")))
    fail(FAULTS.get(shard.subject.activation, ""))
    return Judgement(tuple(record(shard, binade) for binade in shard.binades), {"backend": 0.02, "truth": 0.03})


def fail(fault: str) -> None:
    if fault == "error":
        raise RuntimeError("a long story\nthe operation is not implemented")
    if fault == "memory":
        raise MemoryError("no room")
    if fault == "unsupported":
        raise NotImplementedError("not here")
    if fault == "hang":
        time.sleep(1000)
    if fault == "stuck":
        ctypes.PyDLL(None).sleep(1000)  # holds the interpreter's lock
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


def record(shard: Shard, binade: int) -> Record:
    """Return the record of one binade, with a value in every kind of column."""
    subject, generator = shard.subject, random.Random(f"{shard.subject.id}-{binade}-{shard.stride}-{NOISE}")
    worst = generator.random() if binade % 7 else float("nan")
    return Record(
        **common_key(shard, identity(subject.backend)),
        binade=binade,
        inputs=-(-LAYOUTS[subject.dtype].per_binade // shard.stride),
        nan=generator.randrange(3),
        buckets=tuple(generator.randrange(2**40) for _ in range(7)),
        worst_ulp=worst,
        worst_bits=binade << LAYOUTS[subject.dtype].mantissa_bits if binade % 7 else -1,
        worst_got=-0.0,
        worst_truth=float("inf"),
        digest=f"{generator.getrandbits(64):016x}",
        points_x=(0.0, -0.0, float("nan"), float("inf"))[: binade % 5],
        points_y=(1.5, float("nan"), 5e-324, -1.0)[: binade % 5],
    )
