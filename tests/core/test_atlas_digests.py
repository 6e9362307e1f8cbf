"""The check that notices a changed result in the atlas' own setting, tested where that setting is pretended."""

from typing import Any

import numpy as np
import pytest

from bench.accuracy import evaluate, judge, plan
from bench.accuracy.shards import Shard, Subject
from tests.conformance import atlas_digests

NAMES = ("relu forward float16", "relu backward float16", "tanh forward float16")


def test_the_digests_are_those_of_the_committed_atlas() -> None:
    """The stored digests are those of all 16-bit subjects of the committed atlas, on four backends."""
    assert atlas_digests.read_digests() == atlas_digests.compute_digests()
    assert sum(len(backend["results"]) for backend in atlas_digests.read_digests().values()) == 432


@pytest.fixture
def judged_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the atlas was judged on this processor."""
    results = {}
    for name in NAMES:
        activation, direction, dtype = name.split()
        records = judge.judge(Shard(Subject("numpy", activation, direction, dtype), 0, 63)).records
        results[name] = atlas_digests.join_digests([record.digest for record in records])
    monkeypatch.setattr(atlas_digests, "read_digests", lambda: {"numpy": {"revision": 1, "results": results}})
    monkeypatch.setattr(plan, "revision", lambda *_: 1)


@pytest.mark.usefixtures("judged_here")
def test_one_other_bit_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A subject with one changed bit is named unless its revision was raised; unchanged subjects are not."""
    before = list(atlas_digests.changed_subjects("numpy"))
    honest = evaluate.program

    def tampered(subject: Any) -> Any:
        run = honest(subject)
        if subject.activation != "tanh":
            return run
        return lambda x: np.where(x == np.float32(1.5), np.nextafter(run(x), np.float16(0)), run(x))

    monkeypatch.setattr(evaluate, "program", tampered)
    after = list(atlas_digests.changed_subjects("numpy"))
    monkeypatch.setattr(plan, "revision", lambda _, activation, _mode="eager": 2 if activation == "tanh" else 1)

    assert before == []
    assert after == ["tanh forward float16"]
    assert list(atlas_digests.changed_subjects("numpy")) == []
