"""What notices a changed result in the atlas' own setting: proved where that setting is pretended."""

from typing import Any

import numpy as np
import pytest

from bench.accuracy import evaluate, judge, plan
from bench.accuracy.shards import Shard, Subject
from tests.conformance import atlas_digests

NAMES = ("relu forward float16", "relu backward float16", "tanh forward float16")


def test_the_digests_are_those_of_the_committed_atlas() -> None:
    """All 16-bit subjects of it, four backends."""
    assert atlas_digests.stored() == atlas_digests.of_atlas()
    assert sum(len(own["results"]) for own in atlas_digests.stored().values()) == 432


@pytest.fixture
def judged_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """An atlas that was judged on this processor."""
    results = {}
    for name in NAMES:
        activation, direction, dtype = name.split()
        records = judge.judge(Shard(Subject("numpy", activation, direction, dtype), 0, 63)).records
        results[name] = atlas_digests.joined([record.digest for record in records])
    monkeypatch.setattr(atlas_digests, "stored", lambda: {"numpy": {"revision": 1, "results": results}})
    monkeypatch.setattr(plan, "revision", lambda *_: 1)


@pytest.mark.usefixtures("judged_here")
def test_one_other_bit_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless the revision was raised; what is as it was is not named."""
    before = list(atlas_digests.changed("numpy"))
    honest = evaluate.program

    def tampered(subject: Any) -> Any:
        run = honest(subject)
        if subject.activation != "tanh":
            return run
        return lambda x: np.where(x == np.float32(1.5), np.nextafter(run(x), np.float16(0)), run(x))

    monkeypatch.setattr(evaluate, "program", tampered)
    after = list(atlas_digests.changed("numpy"))
    monkeypatch.setattr(plan, "revision", lambda _, activation, _mode="eager": 2 if activation == "tanh" else 1)

    assert before == []
    assert after == ["tanh forward float16"]
    assert list(atlas_digests.changed("numpy")) == []
