"""Records add up: of parts, of shards, of a share of the inputs."""

import dataclasses
import functools
import math
from typing import Any

import numpy as np
import pytest
import xxhash

from bench.accuracy import bits, evaluate, judge
from bench.accuracy.record import Record, merged
from tests.core.judging import records, subject
from tests.core.test_accuracy_scalar import hostile

OF = subject("silu")
APART = ("position_tested", "position_differ", "not_monotone", "normal_over")
"""What a part has less of: the test of position is the first part's, steps between parts are nobody's, and the share of
N(0, 1) inputs is told by blocks."""


def program(x: Any) -> Any:
    """The same wrong results for an input whatever else is in the array."""
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
        right = wide / (1 + np.exp(-wide))
    return hostile(right, "float16", Drawn(x.astype(np.float16).view(np.uint16)))  # type: ignore[arg-type]


class Drawn:
    """Random numbers that belong to the inputs."""

    def __init__(self, own: Any) -> None:
        self.seeds = own.astype(np.int64)

    def random(self, size: int, salt: int = 7919) -> Any:
        """In [0, 1)."""
        self.seeds = (self.seeds * 48271 + salt) % 2147483647
        return self.seeds[:size] / 2147483647

    def standard_cauchy(self, size: int) -> Any:
        """Mostly small, sometimes not."""
        return np.tan(math.pi * (self.random(size) - 0.5))

    def choice(self, values: list[float], size: int) -> Any:
        """Any of them."""
        return np.asarray(values)[(self.random(size) * len(values)).astype(int)]


def told(record: Record, *left_out: str) -> dict[str, Any]:
    """Its fields as text: NaN is the same as NaN."""
    return {k: repr(v) for k, v in dataclasses.asdict(record).items() if k not in left_out}


def test_parts_make_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """A binade in four parts has the record of one that is judged at once."""
    whole = records(OF, program)
    monkeypatch.setattr(bits, "MOST", 256)
    parts = records(OF, program)

    assert [told(r, *APART) for r in parts] == [told(r, *APART) for r in whole]
    for part, one in zip(parts, whole, strict=True):
        assert part.normal_over == pytest.approx(one.normal_over, rel=1e-3)
        assert 0 <= one.not_monotone - part.not_monotone <= 3


def test_merging_is_associative(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three parts merge alike from the left and from the right."""
    monkeypatch.setattr(bits, "MOST", 256)
    kept: list[Record] = []

    def keeping(one: Record, other: Record) -> Record:
        kept.extend((one, other))
        return merged(one, other)

    monkeypatch.setattr(judge, "merged", keeping)
    records(OF, program, range(15, 16))
    a, b, c = kept[0], kept[1], kept[3]

    assert a.inputs == b.inputs == c.inputs == 256
    left, right = merged(merged(a, b), c), merged(a, merged(b, c))
    assert told(left, "normal_over") == told(right, "normal_over")
    assert left.normal_over == pytest.approx(right.normal_over)


def test_shards_do_not_depend_on_their_neighbours() -> None:
    """A binade alone has the record that it has in a sweep of all, save for what depends on the array."""
    whole = records(OF, program)
    alone = [records(OF, program, range(k, k + 1))[0] for k in (0, 14, 17, 31, 46, 63)]

    assert [told(r, "position_tested") for r in alone] == [told(whole[r.binade], "position_tested") for r in alone]


def test_a_share_of_the_inputs() -> None:
    """Every fourth: their number, the digest of their results, and no larger errors than all have."""
    whole, share = records(OF, program), records(OF, program, stride=4)
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
    found = records(OF, program)
    names = ("inputs", "nan", "zero", "sign", "infinite", "subnormal", "flushed")
    forth, back = (
        functools.reduce(lambda a, b: {k: a[k] + getattr(b, k) for k in names}, some, dict.fromkeys(names, 0))
        for some in (found, found[::-1])
    )

    assert forth == back
    assert forth["inputs"] == 2**16
    assert evaluate.MOVED["float16"] == 2**15 - evaluate.SHIFT
