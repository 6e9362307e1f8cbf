"""Keys of records: equal on every Python, one subject per setting, older schemas read, the atlas re-keyed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from bench.accuracy import form, inventory, migrate, pack, plan, rekey, run, store
from bench.accuracy.plan import Choice, SweepSetting
from bench.accuracy.record import SCHEMA, Key
from bench.accuracy.shards import Shard, Subject
from bench.accuracy.work import ShardResult
from bench.core.faults import BadInput
from bench.core.setting import Setting
from bench.reference import TRUTH
from reports.accuracy.load import ATLAS
from tests.core import fake_judge

SCHEMA_1 = Path(__file__).with_name("records") / "schema-1.parquet"
"""Records of tanh in float16 on torch 2.13.0, as schema 1 wrote them."""
ZEN_4 = {
    "numpy": Setting("2.4.6", "release", "amd", "avx512_bf16"),
    "torch": Setting("2.13.0", "cpu", "amd", "avx512_bf16"),
    "tensorflow": Setting("2.21.0", "release", "amd", "avx512_bf16"),
    "jax": Setting("0.10.2", "release", "amd", "avx512_bf16"),
}
"""The settings of the committed atlas."""
HALF = Shard(Subject("numpy", "relu", "forward", "float16"), 0, 63)
SETTING = fake_judge.identity("numpy")
INTEL_SETTING = SETTING._replace(setting=replace(SETTING.setting, vendor="intel"))


def test_a_key_is_the_same_on_every_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is a constant: whoever changes it throws the results of hours away."""
    monkeypatch.setattr(plan, "revision", lambda *_: 1)
    shard = Shard(Subject("torch", "gelu[approximate=True]", "backward", "float32"), 32, 63)

    assert plan.key_of(shard, SweepSetting(ZEN_4["torch"], 2)) == "6a9977a4d99f938ec6b0e8222ac83f6c"


@pytest.mark.parametrize("name", [name for name in Setting.__dataclass_fields__ if name != "threads"])
def test_every_part_of_the_setting_is_in_the_key(name: str) -> None:
    """The key depends on every part of the setting, the number of threads, the revisions, and all of the shard."""
    changes: dict[str, Any] = {name: "other"}
    other = SETTING._replace(setting=replace(SETTING.setting, **changes))
    threads = SETTING._replace(setting=replace(SETTING.setting, threads=2))
    keys = [
        plan.key_of(HALF, sweep_setting)
        for sweep_setting in (SETTING, other, threads, SETTING._replace(truth=TRUTH + 9))
    ]

    assert len({*keys, plan.key_of(replace(HALF, last=31), SETTING)}) == 5


def test_a_raised_revision_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A raised revision changes the keys of one activation, with all of its parameter cases."""
    cases = [replace(HALF, subject=replace(HALF.subject, activation=name)) for name in ("relu[max_value=6.0]", "tanh")]
    before = [plan.key_of(shard, SETTING) for shard in cases]
    monkeypatch.setattr(plan, "revision", lambda backend, name, _mode: 2 if (backend, name) == ("numpy", "relu") else 1)
    after = [plan.key_of(shard, SETTING) for shard in cases]

    assert [one == two for one, two in zip(before, after, strict=True)] == [False, True]


def test_two_settings_are_two_subjects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bits on another processor are no nondeterminism, and a sweep finds records of its own setting alone."""
    amd = [fake_judge.record(HALF, binade) for binade in HALF.binades]
    monkeypatch.setenv("FAKE_VENDOR", "intel")
    intel = [replace(fake_judge.record(HALF, binade), digest="other") for binade in HALF.binades]
    store.write(tmp_path, HALF, SETTING, form.table_of(amd))
    alone = inventory.read(tmp_path)
    store.write(tmp_path, HALF, INTEL_SETTING, form.table_of(intel))
    loaded, stock = store.load([tmp_path]), inventory.read(tmp_path)

    assert loaded.nondeterministic == []
    assert len(loaded.table) == 128
    assert (alone.holds(HALF, SETTING), alone.holds(HALF, INTEL_SETTING)) == (True, False)
    assert stock.holds(HALF, INTEL_SETTING)
    for sweep_setting in (SETTING, INTEL_SETTING):
        table, several = stock.summary([HALF], {"numpy": sweep_setting})
        assert table["vendor"].to_pylist() == [sweep_setting.setting.vendor]
        assert several == []


def test_records_of_another_setting_do_not_fit() -> None:
    """Records from a worker are checked against the required setting and shard."""
    result = ShardResult(tuple(fake_judge.record(HALF, binade) for binade in HALF.binades), {})

    assert run.matches_shard(result, HALF, SETTING)
    assert not run.matches_shard(result, HALF, INTEL_SETTING)
    assert not run.matches_shard(result, replace(HALF, last=62), SETTING)


def test_schema_1_is_read_as_of_an_unknown_processor() -> None:
    """A file of schema 1 keeps its figures, build and digest, and no sweep takes it for its own."""
    old, new = pq.read_table(SCHEMA_1), store.read(SCHEMA_1)
    same = [name for name in old.column_names if name != "truth"]
    (place,) = new.select(Key.__dataclass_fields__).slice(0, 1).to_pylist()

    assert form.digest_of(new.select(same)) == form.digest_of(old.select(same).replace_schema_metadata())
    assert (place["build"], place["vendor"], place["instruction_set"]) == ("cpu-avx512-380dc527", "unknown", "avx512")
    assert (place["threads"], place["revision"], place["truth"]) == (1, 1, 2)


def test_schema_1_is_keyed_anew(tmp_path: Path) -> None:
    """A file that is re-keyed by its processor gets another name, and no figure changes."""
    path = tmp_path / "torch-2.13.0.parquet"
    path.write_bytes(SCHEMA_1.read_bytes())
    processor = ["--vendor", "amd", "--instruction-set", "avx512_bf16"]
    status = rekey.main.main([str(path), *processor], standalone_mode=False)
    (written,) = tmp_path.iterdir()
    table = store.read(written)

    assert status == 0
    assert written.name == "torch-2.13.0-cpu-amd-avx512_bf16.parquet"
    assert form.digest_of(table.select(rekey.FIGURES)) == form.digest_of(store.read(SCHEMA_1).select(rekey.FIGURES))
    with pytest.raises(BadInput, match="is of schema 2, which names its setting already"):
        rekey.main.main([str(written), *processor], standalone_mode=False)


def test_another_schema_is_named_not_damaged(tmp_path: Path) -> None:
    """A file of a newer schema is named with its number, and is not reported as damaged."""
    table = store.read(SCHEMA_1).replace_schema_metadata({store.VERSION: b"3", store.DIGEST: b"0"})
    pq.write_table(table, tmp_path / "new.parquet")
    loaded, stock = store.load([tmp_path]), inventory.read(tmp_path)

    assert (loaded.damaged, stock.damaged) == ([], [])
    for (error,) in (loaded.foreign, stock.foreign):
        assert str(error) == f"{tmp_path / 'new.parquet'} holds records of schema '3'; schemas 1 and 2 are read here"


def test_the_committed_atlas_is_as_it_was_judged() -> None:
    """The atlas holds every figure from before keys named a setting, in one setting per backend, at first revisions."""
    loaded = store.load([ATLAS])
    table = loaded.table
    settings = table.group_by(["backend", *Setting.__dataclass_fields__]).aggregate([]).to_pylist()

    assert (loaded.damaged, loaded.foreign, loaded.nondeterministic) == ([], [], [])
    assert len(table.group_by(list(form.SUBJECT)).aggregate([])) == 648
    assert pc.sum(table["inputs"]).as_py() == 927_741_247_488
    assert {row.pop("backend"): Setting(**row) for row in settings} == ZEN_4
    assert {path.name for path in ATLAS.iterdir()} == {pack.file_name(*item) for item in ZEN_4.items()}
    assert (set(table["truth"].to_pylist()), set(table["revision"].to_pylist())) == ({2}, {1})
    figures = ["activation", "direction", "dtype", "backend", "version", "mode", "truth", "stride", "binade"]
    rest = [name for name in form.FORM.names if name not in form.KEYS]
    assert form.digest_of(table.select([*rest, *figures])) == "24ce0da4015c418fc67cabcb2749ca6a"


@pytest.mark.parametrize("backend", ZEN_4)
def test_a_sweep_finds_the_committed_records(backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The atlas holds all of the plan in its own setting, and nothing for another processor or a new revision."""
    monkeypatch.setattr(plan, "revision", lambda *_: 1)
    dtypes = ("float16", "bfloat16", "float32")
    shards = plan.plan(Choice(backends=(backend,), dtypes=dtypes))[backend]
    name = pack.file_name(backend, ZEN_4[backend])
    stock = inventory.read(ATLAS, (ATLAS / name,))
    here, intel = (SweepSetting(replace(ZEN_4[backend], vendor=vendor), 2) for vendor in ("amd", "intel"))

    assert len(shards) > 800
    assert all(stock.holds(shard, here) for shard in shards)
    assert not any(stock.holds(shard, intel) for shard in shards)
    monkeypatch.setattr(plan, "revision", lambda *_: 2)
    assert not any(stock.holds(shard, here) for shard in shards)


def test_every_schema_is_read() -> None:
    """The newest schema is the one that is written."""
    assert list(migrate.FORMS)[-1] == SCHEMA
    assert migrate.FORMS[SCHEMA] is form.FORM
