"""Compaction of a store: complete subjects become packs, and each record counts once despite interruptions."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bench.accuracy import compact, form, inventory, plan, store, summary
from bench.accuracy.shards import Shard, Subject
from tests.core import fake_judge
from tests.core.accuracy_run import shard_files

SETTING = fake_judge.identity("numpy")
NAMES = ("relu", "tanh", "gelu", "silu", "elu")
SUBJECTS = [Subject("numpy", name, "forward", "float32") for name in NAMES]
SHARDS = [shard for subject in SUBJECTS for shard in plan.shards(subject, 1)]
PARTIAL = next(iter(plan.shards(Subject("numpy", "mish", "forward", "float32"), 1)))


def write_shard(folder: Path, shard: Shard, **changes: object) -> Path:
    """Write a shard's records into the store."""
    records = [replace(fake_judge.record(shard, binade), **changes) for binade in shard.binades]  # type: ignore[arg-type]
    return store.write(folder, shard, SETTING, form.table_of(records))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of five complete subjects, 80 files, and a part of a sixth, which no test changes."""
    folder = tmp_path_factory.mktemp("written")
    for shard in (*SHARDS, PARTIAL):
        write_shard(folder, shard)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """Return a copy of that store."""
    return Path(shutil.copytree(written, tmp_path / "store"))


def compact_store(folder: Path) -> inventory.Inventory:
    """Compact the store as a sweep does, and return its inventory."""
    stock = inventory.read(folder)
    compact.compact(stock)
    return stock


def file_counts(folder: Path) -> tuple[int, int]:
    """Return the numbers of shard files and of packs."""
    shards = len(shard_files(folder))
    return shards, len(list(folder.glob("*.parquet"))) - shards


def test_complete_subjects_become_a_pack(folder: Path) -> None:
    """A pack has the same records; an incomplete subject stays, and a sweep finds all of it."""
    before = form.digest_of(store.load([folder]).table)
    first = inventory.read(folder)
    stock = compact_store(folder)
    again = inventory.read(folder)

    assert file_counts(folder) == (1, 1)
    assert form.digest_of(store.load([folder]).table) == before
    for inventory_read in (stock, again):
        assert all(inventory_read.holds(shard, SETTING) for shard in (*SHARDS, PARTIAL))
        table, several = inventory_read.summary(SHARDS, {"numpy": SETTING})
        assert several == []
        assert repr(table.to_pylist()) == repr(first.summary(SHARDS, {"numpy": SETTING})[0].to_pylist())


def test_few_files_stay(folder: Path) -> None:
    """Few files are not packed: a pack for each small sweep would only be written again."""
    for path in shard_files(folder)[:20]:
        path.unlink()
    before = file_counts(folder)
    compact_store(folder)

    assert file_counts(folder) == before == (61, 0)


@pytest.mark.parametrize("remaining", [0, 1, 7, 80])
def test_what_is_killed_between_counts_once(folder: Path, remaining: int) -> None:
    """A file that an interruption left beside its pack counts once and is removed by the next run."""
    before, content = form.digest_of(store.load([folder]).table), {p: p.read_bytes() for p in shard_files(folder)}
    compact_store(folder)
    for path in list(content)[:remaining]:
        path.write_bytes(content[path])
    between = store.load([folder])
    stock = inventory.read(folder)
    table, several = stock.summary(SHARDS, {"numpy": SETTING})
    compact.compact(stock)

    assert form.digest_of(between.table) == before
    assert (between.nondeterministic, several) == ([], [])
    assert len(table) == len(NAMES)
    assert file_counts(folder) == (1, 1)
    assert form.digest_of(store.load([folder]).table) == before


def test_a_result_that_differs_is_not_packed_away(folder: Path) -> None:
    """Both records of a differing result stay, beside a pack of the other subjects, and are named."""
    write_shard(folder, SHARDS[0], nan=99)
    for subject in (replace(SUBJECTS[0], activation=name) for name in ("selu", "celu")):
        for shard in plan.shards(subject, 1):
            write_shard(folder, shard)
    stock = compact_store(folder)
    _, several = stock.summary(SHARDS, {"numpy": SETTING})

    assert file_counts(folder) == (17 + 1, 1)
    assert several == ["numpy-relu-forward-float32-eager (1.0, fake, amd avx2, 1/1): binades 0-31"]
    assert store.load([folder]).nondeterministic == several


def test_small_packs_grow(folder: Path) -> None:
    """A small pack is written again with new subjects, and the old one is removed."""
    compact_store(folder)
    for subject in (replace(SUBJECTS[0], activation=name) for name in ("selu", "celu", "swish", "linear")):
        for shard in plan.shards(subject, 1):
            write_shard(folder, shard)
    compact_store(folder)

    assert file_counts(folder) == (1, 1)
    assert len(store.load([folder]).table) == 9 * 512 + 32


def test_a_damaged_pack_is_named(folder: Path) -> None:
    """A pack damaged at any byte is named, since its name holds a digest of them all."""
    compact_store(folder)
    (path,) = folder.glob("packed-*")
    content = bytearray(path.read_bytes())
    for place in (4, len(content) // 2, len(content) - 20):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        stock = inventory.read(folder)

        assert stock.damaged == [path]
        assert not stock.holds(SHARDS[0], SETTING)


def test_a_file_that_is_packed_meanwhile_is_no_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader sees each record once while a sweep packs."""
    before, read = form.digest_of(store.load([folder]).table), store.read
    paths: list[Path] = []

    def reading(path: Path) -> object:
        paths.append(path)
        if len(paths) == 10:
            monkeypatch.setattr(store, "read", read)
            compact_store(folder)
        return read(path)

    monkeypatch.setattr(store, "read", reading)
    loaded = store.load([folder])

    assert loaded.damaged == []
    assert form.digest_of(loaded.table) == before


def test_only_what_is_needed_is_read(folder: Path) -> None:
    """Only the needed columns of a pack are decoded."""
    compact_store(folder)
    (path,) = folder.glob("packed-*")

    assert store.read_needed(path).column_names == list(store.NEEDED)
    assert set(store.NEEDED) < set(form.FORM.names)


def test_the_terminal_tells_a_swallowed_nan(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary has a column of swallowed NaNs, summed over the binades of all subjects."""
    for name, binade in (("hard_tanh", 255), ("hard_tanh", 511)):
        shard = Shard(replace(SUBJECTS[0], activation=name), binade, binade)
        write_shard(folder, shard, nan_swallowed=4_000_000)
    shards = [Shard(replace(SUBJECTS[0], activation="hard_tanh"), 255, 255)]
    table, _ = inventory.read(folder).summary(shards, {"numpy": SETTING})
    summary.show(summary.Tally(), table)
    output = capsys.readouterr().out

    assert "NaN swallowed" in output
    assert "8,000,000" in output
