"""Addition of records: of parts, of shards, of a share of the inputs."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import pytest
import xxhash

from bench.accuracy import bits, evaluate, judge
from bench.accuracy.record import Record, merge
from tests.core.judging import records, subject
from tests.core.test_accuracy_scalar import hostile

SUBJECT = subject("silu")
EXCLUDED = ("position_tested", "position_differ", "not_monotone", "normal_over")
"""The columns in which a merged record differs: the test of position covers the first part, steps between parts are not
counted, and the share of N(0, 1) inputs is measured by blocks."""


def program(x: Any) -> Any:
    """Return the same wrong results for an input whatever else is in the array."""
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
        right = wide / (1 + np.exp(-wide))
    return hostile(right, "float16", InputRandom(x.astype(np.float16).view(np.uint16)))  # type: ignore[arg-type]


class InputRandom:
    """A generator of random numbers that depend on the inputs alone."""

    def __init__(self, patterns: Any) -> None:
        self.seeds = patterns.astype(np.int64)

    def random(self, size: int, salt: int = 7919) -> Any:
        """Return numbers in [0, 1)."""
        self.seeds = (self.seeds * 48271 + salt) % 2147483647
        return self.seeds[:size] / 2147483647

    def standard_cauchy(self, size: int) -> Any:
        """Return numbers that are mostly small."""
        return np.tan(math.pi * (self.random(size) - 0.5))

    def choice(self, values: list[float], size: int) -> Any:
        """Return random ones of these values."""
        return np.asarray(values)[(self.random(size) * len(values)).astype(int)]


def fields_as_text(record: Record, *left_out: str) -> dict[str, Any]:
    """Return a record's fields as text, so that NaN equals NaN."""
    return {k: repr(v) for k, v in dataclasses.asdict(record).items() if k not in left_out}


def test_parts_make_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A binade in four parts has the record of one that is judged at once."""
    whole = records(SUBJECT, program)
    monkeypatch.setattr(bits, "BATCH_INPUTS", 256)
    parts = records(SUBJECT, program)

    assert [fields_as_text(r, *EXCLUDED) for r in parts] == [fields_as_text(r, *EXCLUDED) for r in whole]
    for part, one in zip(parts, whole, strict=True):
        assert part.normal_over == pytest.approx(one.normal_over, rel=1e-3)
        assert 0 <= one.not_monotone - part.not_monotone <= 3


def test_merging_is_associative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three parts merge alike from the left and from the right."""
    monkeypatch.setattr(bits, "BATCH_INPUTS", 256)
    parts: list[Record] = []

    def keeping(one: Record, other: Record) -> Record:
        parts.extend((one, other))
        return merge(one, other)

    monkeypatch.setattr(judge, "merge", keeping)
    records(SUBJECT, program, range(15, 16))
    a, b, c = parts[0], parts[1], parts[3]

    assert a.inputs == b.inputs == c.inputs == 256
    from_left, from_right = merge(merge(a, b), c), merge(a, merge(b, c))
    assert fields_as_text(from_left, "normal_over") == fields_as_text(from_right, "normal_over")
    assert from_left.normal_over == pytest.approx(from_right.normal_over)


def test_shards_do_not_depend_on_their_neighbours() -> None:
    """A binade alone has the record that it has in a sweep of all, except for what depends on the array."""
    whole = records(SUBJECT, program)
    alone = [records(SUBJECT, program, range(k, k + 1))[0] for k in (0, 14, 17, 31, 46, 63)]

    assert [fields_as_text(r, "position_tested") for r in alone] == [
        fields_as_text(whole[r.binade], "position_tested") for r in alone
    ]


def test_a_share_of_the_inputs() -> None:
    """Every fourth input gives a quarter of the inputs, the digest of their results, and no larger errors than all."""
    whole, share = records(SUBJECT, program), records(SUBJECT, program, stride=4)
    for one, some in zip(whole, share, strict=True):
        x = np.arange(one.binade << 10, (one.binade + 1) << 10, 4).astype(np.uint16).view(np.float16)
        with np.errstate(invalid="ignore"):
            y = program(x.astype(np.float32)).astype(np.float16)
        y[np.isnan(y)] = np.nan

        assert some.inputs == 256
        assert some.digest == xxhash.xxh3_64(y.view(np.uint16).tobytes()).hexdigest()
        assert not some.worst_ulp > one.worst_ulp
        assert some.normal_mass == one.normal_mass


def test_sums_over_a_subject_in_any_order() -> None:
    """Counts and maxima over records do not depend on their order."""
    all_records = records(SUBJECT, program)
    names = ("inputs", "nan", "zero", "sign", "infinite", "subnormal", "flushed")
    forth, back = (
        functools.reduce(lambda a, b: {k: a[k] + getattr(b, k) for k in names}, some, dict.fromkeys(names, 0))
        for some in (all_records, all_records[::-1])
    )

    assert forth == back
    assert forth["inputs"] == 2**16
    assert evaluate.SHIFTED_INPUTS["float16"] == 2**15 - evaluate.SHIFT
