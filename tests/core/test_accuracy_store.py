"""The plan, the store of shard records, its packed form, and the input that the command refuses."""

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.accuracy import affinity, agree, form, pack, plan, store
from bench.accuracy.plan import Choice, SweepSetting
from bench.accuracy.record import Record
from bench.accuracy.shards import LAYOUTS, Shard, Subject
from bench.accuracy.work import Failure
from bench.commands.accuracy import main
from bench.core.cli import run_cli
from bench.core.faults import BadInput
from tests.core import fake_judge
from tests.core.conftest import ROOT

SETTING = fake_judge.identity("numpy")
OTHER_SETTING = SETTING._replace(setting=replace(SETTING.setting, version="2.0"))
HALF = Subject("numpy", "relu", "forward", "float16")

MESSAGES = {
    "--backend foo": "unknown backend 'foo' (choose from ",
    "--activation nope": "unknown activation 'nope' (choose from relu, ",
    "--activation softmax": "softmax is rowwise, a function of more than one number: only elementwise activations are",
    "--activation glu,relu": "glu is gated, a function of more than one number: only elementwise activations are swept",
    "--all-cases --activation softmax": "softmax is rowwise",
    "--activation relu[": "'relu[' is no parameter case (an example: relu[",
    "--direction step": "unknown direction 'step' (choose from forward, backward)",
    "--mode jit": "unknown mode 'jit', did you mean compiled? (choose from eager, compiled)",
    "--backend numpy --mode compiled": "backend 'numpy' has only mode eager",
    "--dtype float64": "unknown dtype 'float64' (choose from float16, bfloat16, float32)",
    "--shards 64": "unknown share '64' (choose 1, or 1/N with N up to 2^23",
    "--shards 1/0": "unknown share '1/0'",
    "--shards 1/": "unknown share '1/'",
    "--shards 1/-2": "unknown share '1/-2'",
    "--expect torch": "'torch' is no version (an example: torch==2.13.0)",
    "--expect foo==1": "unknown backend 'foo' (choose from ",
    "--interpreter torch=/no/python": "no interpreter at '/no/python' for backend 'torch'",
    "--scheduler tcp://127.0.0.1:9 --timeout 0.3": "no scheduler answers at tcp://127.0.0.1:9: ",
    "--scheduler nonsense --timeout 0.3": "no scheduler answers at nonsense: ",
    "--timeout soon": "Invalid value for '--timeout': 'soon' is not a valid float range.",
    "--nonsense": "No such option '--nonsense'.",
    "nonsense": "No such command 'nonsense'.",
    "pack": "Missing argument 'STORES...'.",
    "pack nowhere --into there": "Invalid value for 'STORES...': Path 'nowhere' does not exist.",
}


@pytest.mark.parametrize("line", MESSAGES)
def test_bad_input_is_one_line(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The line names the fault and the choices; the exit status is 2."""
    monkeypatch.setattr(sys, "argv", ["accuracy", "--store", str(tmp_path / "store"), *line.split()])

    assert run_cli(main) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert MESSAGES[line] in err
    assert err.count("\n") == 1


def test_list_imports_nothing_heavy() -> None:
    """The plan is printed without importing any framework, NumPy or Dask."""
    heavy = ("numpy", "torch", "tensorflow", "jax", "pandas", "pyarrow", "distributed", "numba", "rich")
    code = (
        "import runpy, sys; sys.argv[1:] = ['accuracy', '--list']\n"
        "try: runpy.run_module('bench', run_name='__main__')\n"
        f"except SystemExit as end: print(end.code, *(m for m in {heavy} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "0"
    assert "float32, every input" in done.stdout


def test_a_worker_imports_no_tables() -> None:
    """A worker imports only packages of its environment."""
    code = "import sys, bench.accuracy.work, bench.accuracy.worker; print({'pandas', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "set()\n"


def test_the_most_used_come_first() -> None:
    """The most used variants come first, then catalogue order; both forms of gelu, no rowwise, no gated ones."""
    usual = [variant.id for variant in Choice().variants()]

    assert usual[: len(plan.MOST_USED)] == list(plan.MOST_USED)
    assert "softmax" not in usual
    assert "glu" not in usual
    assert [v.id for v in Choice(activations=("linear", "relu", "swish")).variants()] == ["relu", "silu", "linear"]
    assert len(Choice(all_cases=True).variants()) > len(usual)


@pytest.mark.parametrize("dtype", LAYOUTS)
@pytest.mark.parametrize("stride", [1, 64, 2**23])
def test_shards_hold_each_binade_once(dtype: str, stride: int) -> None:
    """Shards hold binades in order; a 16-bit subject is one shard, a float32 one takes some seconds a shard."""
    shards = list(plan.shards(replace(HALF, dtype=dtype), stride))

    assert [b for shard in shards for b in shard.binades] == list(range(LAYOUTS[dtype].binades))
    assert len(shards) == (16 if dtype == "float32" and stride == 1 else 1)
    assert all(shard.inputs <= plan.SHARD_INPUTS for shard in shards)


def test_a_plan_has_no_mode_that_a_backend_lacks() -> None:
    """NumPy has no compiled mode, and is left out if only that is selected."""
    assert {s.subject.mode for s in plan.plan(Choice(activations=("relu",)))["numpy"]} == {"eager"}
    assert "numpy" not in plan.plan(Choice(modes=("compiled",)))


def records(shard: Shard) -> list[Record]:
    """Return the fake judge's records of a shard."""
    return [fake_judge.record(shard, binade) for binade in shard.binades]


@pytest.fixture
def shard() -> Shard:
    """Return all of relu in float16."""
    return Shard(HALF, 0, 63)


def test_records_come_back_as_they_were(shard: Shard, tmp_path: Path) -> None:
    """Every column comes back, with NaN, signed zeros, infinities and lists."""
    original = records(shard)
    store.write(tmp_path, shard, SETTING, form.table_of(original))
    loaded = store.load([tmp_path])

    assert list(map(repr, form.records_of(loaded.table))) == list(map(repr, original))
    assert (loaded.damaged, loaded.nondeterministic, loaded.foreign) == ([], [], [])


def test_the_same_content_has_the_same_name(shard: Shard, tmp_path: Path) -> None:
    """A repeated shard changes nothing; other records, another version or another stride make another file."""
    original = records(shard)
    paths = [store.write(tmp_path, shard, SETTING, form.table_of(original)) for _ in range(2)]
    other = store.write(
        tmp_path, shard, SETTING, form.table_of([replace(original[0], points_y=(-0.0,)), *original[1:]])
    )
    newer = plan.key_of(shard, OTHER_SETTING)

    assert paths[0] == paths[1]
    assert other != paths[0]
    assert other.name[:32] == paths[0].name[:32]
    assert len({newer, plan.key_of(replace(shard, stride=2), SETTING), paths[0].name[:32]}) == 3


def test_merging_is_copying_in_any_order(tmp_path: Path) -> None:
    """The union of stores and packed files is the same table whatever comes first or twice."""
    shards = [Shard(replace(HALF, activation=name), 0, 63) for name in ("relu", "tanh", "mish")]
    places = [tmp_path / name for name in "abc"]
    for n, place in enumerate(places):
        place.mkdir()
        for part in (shards[n], shards[n - 1]):
            store.write(place, part, SETTING, form.table_of(records(part)))
    pack.pack(places[:2], tmp_path / "packed")
    expected = store.load(places)
    places.append(tmp_path / "packed" / "numpy-1.0-fake-amd-avx2.parquet")
    random.Random(0).shuffle(places)
    shuffled = store.load(places)

    assert len(expected.table) == 3 * 64
    assert form.digest_of(shuffled.table) == form.digest_of(expected.table)
    assert shuffled.nondeterministic == []


def test_differing_records_are_all_kept_and_named(shard: Shard, tmp_path: Path) -> None:
    """Differing records are all in the table, in an order that does not depend on the places."""
    one, two = tmp_path / "one", tmp_path / "two"
    original = records(shard)
    changed = [replace(r, nan=99) if r.binade in (3, 4, 9) else r for r in original]
    for place, content in ((one, original), (two, changed)):
        place.mkdir()
        store.write(place, shard, SETTING, form.table_of(content))
    loaded, loaded_reversed = store.load([one, two]), store.load([two, one])

    assert loaded.nondeterministic == ["numpy-relu-forward-float16-eager (1.0, fake, amd avx2, 1/1): binades 3-4, 9"]
    assert len(loaded.table) == 64 + 3
    assert form.digest_of(loaded.table) == form.digest_of(loaded_reversed.table)


def test_a_packed_file_holds_complete_subjects(shard: Shard, tmp_path: Path) -> None:
    """A packed file's bytes are the same for the same records; incomplete subjects are named."""
    place = tmp_path / "store"
    place.mkdir()
    half = Shard(replace(HALF, activation="tanh"), 0, 31)
    for part in (half, shard):
        store.write(place, part, SETTING, form.table_of(records(part)))
    (first,), left_out = pack.pack([place], tmp_path / "one")
    (second,), _ = pack.pack([first], tmp_path / "two")

    assert left_out == ["numpy-tanh-forward-float16-eager (1.0, fake, amd avx2, 1/1) has 32 of 64 binades"]
    assert first.name == "numpy-1.0-fake-amd-avx2.parquet"
    assert first.read_bytes() == second.read_bytes()
    assert set(store.load([first]).table["activation"].to_pylist()) == {"relu"}


def test_a_damaged_packed_file_is_named(shard: Shard, tmp_path: Path) -> None:
    """A damaged packed file is named, and its content is not used."""
    store.write(tmp_path, shard, SETTING, form.table_of(records(shard)))
    (path,), _ = pack.pack([tmp_path], tmp_path / "packed")
    content = bytearray(path.read_bytes())
    content[200] ^= 4
    path.write_bytes(content)

    assert store.load([path]).damaged == [path]


def test_a_worker_moves_to_an_idle_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that shared its core moves; a thread that is bound to another core stays."""
    bound = {os.getpid(): {0, 1, 2}, 0: {0}, 11: {0}, 12: {2}}
    threads = [Path("/proc/self/task/11"), Path("/proc/self/task/12")]
    monkeypatch.setattr(os, "sched_getaffinity", bound.get, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", bound.__setitem__, raising=False)
    monkeypatch.setattr(Path, "iterdir", lambda _: threads)
    monkeypatch.setattr(affinity, "core_usage", lambda: {0: 1.0, 1: 0.1, 2: 0.9})
    monkeypatch.setattr(random, "random", lambda: 0.1)
    affinity.move(0.99)
    before = dict(bound)
    affinity.move(0.5)

    assert before[11] == {0}
    assert (bound[11], bound[12]) == ({1}, {2})


def test_a_backend_that_is_absent_is_left_out_unless_named() -> None:
    """An absent backend is left out unless it was named; a broken one never is."""
    answers: dict[str, dict[str, SweepSetting | Failure]] = {
        "numpy": {"tcp://a:1": SETTING},
        "torch": {"tcp://a:2": Failure("absent", "no torch")},
    }

    assert agree.required_settings(answers, {}, ()) == ({"numpy": SETTING}, ["no torch"])
    with pytest.raises(BadInput, match="no torch"):
        agree.required_settings(answers, {}, ("torch",))
    with pytest.raises(BadInput, match=r"worker tcp://a:1 has numpy 1\.0 .* and 2\.0"):
        agree.required_settings(answers, {"numpy": "2.0"}, ())
