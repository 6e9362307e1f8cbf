"""Compacting a store: what is complete becomes packs, and whatever is cut short, each record counts once."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.accuracy import compact, form, inventory, plan, store, summary
from bench.accuracy.shards import Shard, Subject
from tests.core import fake_judge

ASKED = fake_judge.identity("numpy")
NAMES = ("relu", "tanh", "gelu", "silu", "elu")
SUBJECTS = [Subject("numpy", name, "forward", "float32") for name in NAMES]
SHARDS = [shard for subject in SUBJECTS for shard in plan.shards(subject, 1)]
PARTIAL = next(iter(plan.shards(Subject("numpy", "mish", "forward", "float32"), 1)))


def kept(folder: Path, shard: Shard, **changes: object) -> Path:
    """A shard's records in the store."""
    records = [replace(fake_judge.record(shard, binade), **changes) for binade in shard.binades]  # type: ignore[arg-type]
    return store.write(folder, shard, ASKED, form.table_of(records))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store of five complete subjects, 80 files, and a part of a sixth."""
    for shard in (*SHARDS, PARTIAL):
        kept(tmp_path, shard)
    return tmp_path


def compacted(folder: Path) -> inventory.Inventory:
    """What the store holds once the next sweep has compacted it."""
    stock = inventory.read(folder)
    compact.compact(stock)
    return stock


def names(folder: Path) -> tuple[int, int]:
    """How many shard files there are, and how many packs."""
    shards = len(store.shard_files(folder))
    return shards, len(list(folder.glob("*.parquet"))) - shards


def test_complete_subjects_become_a_pack(folder: Path) -> None:
    """With the same records; what is incomplete stays as it is, and a sweep finds all of it."""
    before = form.digest_of(store.load([folder]).table)
    first = inventory.read(folder)
    stock = compacted(folder)
    again = inventory.read(folder)

    assert names(folder) == (1, 1)
    assert form.digest_of(store.load([folder]).table) == before
    for found in (stock, again):
        assert all(found.holds(shard, ASKED) for shard in (*SHARDS, PARTIAL))
        table, several = found.summary(SHARDS, {"numpy": ASKED})
        assert several == []
        assert repr(table.to_pylist()) == repr(first.summary(SHARDS, {"numpy": ASKED})[0].to_pylist())


def test_few_files_stay(folder: Path) -> None:
    """A pack for each small sweep would only be written again."""
    for path in store.shard_files(folder)[:20]:
        path.unlink()
    before = names(folder)
    compacted(folder)

    assert names(folder) == before == (61, 0)


@pytest.mark.parametrize("remaining", [0, 1, 7, 80])
def test_what_is_killed_between_counts_once(folder: Path, remaining: int) -> None:
    """The pack is there, and so are some of the files that it replaces: they go with the next run."""
    before, content = form.digest_of(store.load([folder]).table), {p: p.read_bytes() for p in store.shard_files(folder)}
    compacted(folder)
    for path in list(content)[:remaining]:
        path.write_bytes(content[path])
    between = store.load([folder])
    stock = inventory.read(folder)
    table, several = stock.summary(SHARDS, {"numpy": ASKED})
    compact.compact(stock)

    assert form.digest_of(between.table) == before
    assert (between.nondeterministic, several) == ([], [])
    assert len(table) == len(NAMES)
    assert names(folder) == (1, 1)
    assert form.digest_of(store.load([folder]).table) == before


def test_a_result_that_differs_is_not_packed_away(folder: Path) -> None:
    """Both records stay, beside a pack of the other subjects, and are named."""
    kept(folder, SHARDS[0], nan=99)
    for subject in (replace(SUBJECTS[0], activation=name) for name in ("selu", "celu")):
        for shard in plan.shards(subject, 1):
            kept(folder, shard)
    stock = compacted(folder)
    _, several = stock.summary(SHARDS, {"numpy": ASKED})

    assert names(folder) == (17 + 1, 1)
    assert several == ["numpy-relu-forward-float32-eager (1.0, fake, amd avx2, 1/1): binades 0-31"]
    assert store.load([folder]).nondeterministic == several


def test_small_packs_grow(folder: Path) -> None:
    """They are written again with what has come, and go."""
    compacted(folder)
    for subject in (replace(SUBJECTS[0], activation=name) for name in ("selu", "celu", "swish", "linear")):
        for shard in plan.shards(subject, 1):
            kept(folder, shard)
    compacted(folder)

    assert names(folder) == (1, 1)
    assert len(store.load([folder]).table) == 9 * 512 + 32


def test_a_damaged_pack_is_named(folder: Path) -> None:
    """At any byte: its name holds a digest of them all."""
    compacted(folder)
    (path,) = folder.glob("packed-*")
    content = bytearray(path.read_bytes())
    for place in (4, len(content) // 2, len(content) - 20):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        stock = inventory.read(folder)

        assert stock.damaged == [path]
        assert not stock.holds(SHARDS[0], ASKED)


def test_a_file_that_is_packed_meanwhile_is_no_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads while a sweep packs sees each record once."""
    before, read = form.digest_of(store.load([folder]).table), store.read
    paths: list[Path] = []

    def reading(path: Path) -> object:
        paths.append(path)
        if len(paths) == 10:
            monkeypatch.setattr(store, "read", read)
            compacted(folder)
        return read(path)

    monkeypatch.setattr(store, "read", reading)
    loaded = store.load([folder])

    assert loaded.damaged == []
    assert form.digest_of(loaded.table) == before


def test_only_what_is_needed_is_read(folder: Path) -> None:
    """Of a pack, no other column is decoded."""
    compacted(folder)
    (path,) = folder.glob("packed-*")

    assert store.read_needed(path).column_names == list(store.NEEDED)
    assert set(store.NEEDED) < set(form.FORM.names)


def test_the_terminal_tells_a_swallowed_nan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In a column of its own, summed over the binades of all subjects."""
    for name, binade in (("hard_tanh", 255), ("hard_tanh", 511)):
        shard = Shard(replace(SUBJECTS[0], activation=name), binade, binade)
        kept(folder, shard, nan_swallowed=4_000_000)
    asked = [Shard(replace(SUBJECTS[0], activation="hard_tanh"), 255, 255)]
    table, _ = inventory.read(folder).summary(asked, {"numpy": ASKED})
    summary.show(summary.Tally(), table)
    said = capsys.readouterr().out

    assert "NaN swallowed" in said
    assert "8,000,000" in said
