"""Faults of a sweep: after a kill, a full disk or damage, the same command continues to the undisturbed result."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.accuracy import form, plan, store, union
from bench.accuracy.plan import Choice
from tests.core import fake_judge
from tests.core.accuracy_run import (
    Cluster,
    Sweep,
    cluster_for,
    have_ended,
    switch_off,
    wait,
    wait_for_end,
    workers_of,
)

SLOW = {"FAKE_SECONDS": "0.1"}


@pytest.fixture
def sweep(site: Path, tmp_path: Path) -> Iterator[Sweep]:
    """Yield the command, with nothing computed yet."""
    sweep = Sweep(site, tmp_path / "store")
    yield sweep
    sweep.stop()


@pytest.fixture
def cluster(sweep: Sweep, tmp_path: Path) -> Iterator[Cluster]:
    """Yield a cluster that the command did not start."""
    with cluster_for(sweep, tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def undisturbed(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the table of a sweep that nothing disturbs."""
    sweep = Sweep(site, tmp_path_factory.mktemp("undisturbed") / "store")
    done = sweep(FAKE_SECONDS="0")
    assert done.status == 0, done.err
    return sweep.table


def same(table: Any, expected: Any) -> bool:
    """Return whether two tables are equal bit for bit, with equal NaNs."""
    return len(table) == len(expected) and form.digest_of(table) == form.digest_of(expected)


def test_an_undisturbed_sweep_keeps_what_the_judge_said(undisturbed: Any) -> None:
    """Every binade of every subject is stored once, as it was judged."""
    choice = Choice(("dummy",), ("relu", "tanh"), ("forward",), ("eager",))
    subjects = plan.subjects(choice, "dummy")
    expected = [r for s in subjects for shard in plan.shards(s, 1) for r in map(fake_judge_of(shard), shard.binades)]

    assert same(undisturbed, union.unite(form.table_of(expected))[0])


def fake_judge_of(shard: Any) -> Any:
    """Return the fake judge of one shard."""
    return lambda binade: fake_judge.record(shard, binade)


def test_a_killed_worker_comes_back(sweep: Sweep, undisturbed: Any) -> None:
    """A worker killed by SIGKILL costs its current shard, some seconds, and nothing else."""
    client = sweep.start(**SLOW)
    sweep.wait_for_shards(3)
    (worker,) = workers_of(client)
    worker.kill()
    done = wait_for_end(client)

    assert done.status == 0, done.err
    assert same(sweep.table, undisturbed)


@pytest.mark.parametrize("kill", [os.kill, os.killpg])
def test_a_killed_sweep_goes_on(kill: Any, sweep: Sweep, undisturbed: Any) -> None:
    """SIGKILL of the command, or of its process group, ends its workers too; finished shards are not repeated."""
    client = sweep.start(**SLOW)
    sweep.wait_for_shards(3)
    workers = workers_of(client)
    kill(client.pid, signal.SIGKILL)
    wait_for_end(client)
    wait(lambda: have_ended(workers))
    finished = {path: path.stat().st_mtime_ns for path in sweep.files}
    done = sweep(FAKE_SECONDS="0")

    assert len(workers) == 1
    assert done.status == 0, done.err
    assert f"{len(finished)} of 32 shards are there" in done.out
    assert all(path.stat().st_mtime_ns == time for path, time in finished.items())
    assert same(sweep.table, undisturbed)


def test_an_interrupted_sweep_ends_at_once(sweep: Sweep) -> None:
    """Ctrl-C ends with status 130, a line that tells how to resume, no process left, and finished shards stored."""
    client = sweep.start(FAKE_SECONDS="0.3")
    sweep.wait_for_shards(1)
    workers = workers_of(client)
    client.send_signal(signal.SIGINT)
    done = wait_for_end(client)

    assert done.status == 130
    assert "interrupted: the same command goes on with it" in done.out
    assert "Traceback" not in done.err
    assert have_ended(workers)
    assert sweep.files


def test_a_machine_leaves_the_cluster(sweep: Sweep, cluster: Cluster, undisturbed: Any) -> None:
    """The shards of a machine that leaves go to those that stay."""
    one, two = cluster.add(), cluster.add()
    client = sweep.start("--scheduler", cluster.address)
    sweep.wait_for_shards(5)
    switch_off(two)
    done = wait_for_end(client)

    assert one.poll() is None
    assert done.status == 0, done.err
    assert same(sweep.table, undisturbed)


def test_another_version_is_refused_at_the_start(sweep: Sweep, cluster: Cluster) -> None:
    """A worker with another version than the expected one is named, with both, and nothing is computed."""
    cluster.add(FAKE_VERSION="2.0")
    done = sweep("--scheduler", cluster.address, "--expect", "dummy==1.0")

    assert done.status == 2
    assert done.err.startswith("error: worker tcp://127.0.0.1:")
    assert (
        "has dummy 2.0 (fake, amd avx2), exact values 7, and 1.0 (fake, amd avx2), exact values 7 was asked for"
        in done.err
    )
    assert done.err.count("\n") == 1
    assert sweep.files == []


def test_another_setting_is_refused_at_the_start(sweep: Sweep, cluster: Cluster) -> None:
    """Workers on processors of two vendors are refused: results of one subject come from one setting."""
    cluster.add()
    cluster.add(FAKE_VENDOR="intel")
    done = sweep("--scheduler", cluster.address)

    assert done.status == 2
    assert "(fake, intel avx2), exact values 7" in done.err
    assert "(fake, amd avx2), exact values 7" in done.err
    assert done.err.count("\n") == 1
    assert sweep.files == []


def test_another_version_is_refused_when_it_joins(sweep: Sweep, cluster: Cluster, undisturbed: Any) -> None:
    """A worker that joins with another version ends the sweep; finished shards stay, and the sweep can be resumed."""
    slow = cluster.add(FAKE_SECONDS="1")
    client = sweep.start("--scheduler", cluster.address)
    sweep.wait_for_shards(2)
    other = cluster.add(FAKE_VERSION="2.0")
    refused = wait_for_end(client)
    finished = len(sweep.files)
    switch_off(other)
    switch_off(slow)
    cluster.add(FAKE_SECONDS="0")
    done = sweep("--scheduler", cluster.address)

    assert refused.status == 2
    assert "has dummy 2.0" in refused.err
    assert refused.err.splitlines()[-1].startswith("error: worker tcp://127.0.0.1:")
    assert 2 <= finished < 32
    assert done.status == 0, done.err
    assert same(sweep.table, undisturbed)


def test_a_backend_without_workers_is_refused(sweep: Sweep, cluster: Cluster) -> None:
    """A resource that no worker has is named after the time-out."""
    done = sweep("--scheduler", cluster.address, "--timeout", "1")

    assert done.status == 2
    assert done.err == "error: no worker with the resource 'dummy' within 1 s\n"


def test_a_worker_that_cannot_import_the_project_is_named(sweep: Sweep, cluster: Cluster) -> None:
    """Dask ends a worker that cannot import the project; the message gives the likely cause."""
    cluster.add(PYTHONPATH="", PYTHONSAFEPATH="1")
    done = sweep("--scheduler", cluster.address, "--timeout", "4")

    assert done.status == 2
    assert "came and left: is this project on its PYTHONPATH?" in done.err


def test_a_backend_that_loses_its_workers_is_given_up(sweep: Sweep, cluster: Cluster) -> None:
    """Shards of a backend without workers have a status and a reason; finished shards are stored."""
    only = cluster.add()
    client = sweep.start("--scheduler", cluster.address, "--timeout", "2")
    sweep.wait_for_shards(2)
    switch_off(only)
    done = wait_for_end(client)

    assert done.status == 1
    assert "no_worker: no worker with the resource 'dummy' for 2 s" in done.out
    assert len(sweep.files) >= 2


def test_a_scheduler_that_is_gone_is_named(sweep: Sweep, cluster: Cluster) -> None:
    """A scheduler that disappears ends the sweep with one line."""
    cluster.add()
    client = sweep.start("--scheduler", cluster.address)
    sweep.wait_for_shards(2)
    switch_off(cluster.processes[0])
    done = wait_for_end(client)

    assert done.status == 2
    assert done.err.splitlines()[-1].startswith("error: the scheduler is gone")
    assert "Traceback" not in done.err


def test_a_result_that_differs_when_repeated_is_reported(sweep: Sweep) -> None:
    """Both results are stored if a repeated one differs; an equal one changes nothing."""
    once = ("--shards", "1/32")  # 2 shards of each
    sweep(*once, FAKE_SECONDS="0")
    before = sweep.files
    equal = sweep(*once, "--repeat", FAKE_SECONDS="0")
    after = sweep.files
    noisy = sweep(*once, "--repeat", "--activation", "tanh", FAKE_SECONDS="0", FAKE_NOISE="1")
    loaded = store.load([sweep.store])

    assert (equal.status, noisy.status) == (0, 1)
    assert before == after
    assert len(sweep.files) == 2 + 1
    assert loaded.nondeterministic == ["dummy-tanh-forward-float32-eager (1.0, fake, amd avx2, 1/32): binades 0-511"]
    assert f"not deterministic, every result is kept: {loaded.nondeterministic[0]}" in noisy.out
    assert len(loaded.table) == 1024 + 512


def test_a_function_that_fails_is_no_number(sweep: Sweep) -> None:
    """A failing function's shards have a status and a reason, the others continue, and the exit status is 1."""
    faults = "tanh=error,mish=memory,selu=unsupported,elu=kill"
    done = sweep("--dtype", "bfloat16", "--activation", "tanh,mish,selu,elu,relu", FAKE_SECONDS="0", FAKE_FAULT=faults)
    reasons = {
        "tanh": "error: RuntimeError: the operation is not implemented",
        "mish": "out_of_memory: MemoryError: no room",
        "selu": "unsupported: NotImplementedError: not here",
        "elu": "killed: its worker died each time",
    }

    assert done.status == 1
    for activation, reason in reasons.items():
        assert f"failed: dummy, 1 shard, {reason} (dummy-{activation}-forward-bfloat16-eager)" in done.out
    assert set(sweep.table["activation"].to_pylist()) == {"relu"}


def test_a_shard_that_never_returns_is_given_up(sweep: Sweep) -> None:
    """An overdue shard's worker is restarted, the shard has a status and a reason, and the others continue."""
    faults = ("--dtype", "bfloat16", "--activation", "tanh,elu,relu", "--shard-timeout", "2")
    done = sweep(*faults, FAKE_SECONDS="0", FAKE_FAULT="tanh=hang")

    assert done.status == 1
    assert "failed: dummy, 1 shard, timeout: no result in 2 s (dummy-tanh-forward-bfloat16-eager)" in done.out
    assert set(sweep.table["activation"].to_pylist()) == {"relu", "elu"}
    assert "fake_judge.py" in (sweep.store / "logs" / "dummy.log").read_text()  # where it hung


def test_a_damaged_file_costs_its_shard(sweep: Sweep, undisturbed: Any) -> None:
    """Reading names a damaged file and changes nothing; a run sets it aside and computes its shard again."""
    sweep(FAKE_SECONDS="0")
    flipped, cut, *_ = victims = sweep.files[7:9]
    content = bytearray(flipped.read_bytes())
    content[len(content) // 3] ^= 1
    flipped.write_bytes(content)
    cut.write_bytes(cut.read_bytes()[:2000])
    loaded = store.load([sweep.store])
    still_there = all(victim.exists() for victim in victims)
    done = sweep(FAKE_SECONDS="0")

    assert loaded.damaged == victims
    assert still_there
    assert len(loaded.table) == 1024 - 64
    for victim in victims:
        assert f"set aside: {victim} is damaged" in done.out
        assert victim.with_name(f"{victim.name}.damaged").exists()
    assert "30 of 32 shards are there" in done.out
    assert same(sweep.table, undisturbed)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a file system of 400 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system needs rights that this user has not")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_ends_the_run_in_one_line(site: Path, small_disk: Path, undisturbed: Any) -> None:
    """No partial file counts, and with room again the sweep continues."""
    sweep = Sweep(site, small_disk / "store")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(300_000))
    full = sweep(FAKE_SECONDS="0")
    finished = len(sweep.files)
    halves = list(sweep.store.glob(".*.parquet.*"))
    whole = store.load([sweep.store])
    ballast.unlink()
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    done = sweep(FAKE_SECONDS="0")

    assert full.status == 2
    assert full.err.splitlines()[-1] == f"error: cannot write to {sweep.store}: No space left on device"
    assert "Traceback" not in full.err
    assert halves == []
    assert 0 < finished < 32
    assert len(whole.table) == finished * 32
    assert done.status == 0, done.err
    assert same(sweep.table, undisturbed)


def test_one_run_at_a_time_owns_a_store(sweep: Sweep) -> None:
    """A second run on a store is refused with the process number of the first."""
    client = sweep.start(**SLOW)
    sweep.wait_for_shards(1)
    second = sweep()
    client.send_signal(signal.SIGTERM)
    first = wait_for_end(client)

    assert second.status == 2
    assert f"is being written by process {client.pid}" in second.err
    assert first.status == 130


def test_the_version_asked_for_is_a_key(sweep: Sweep) -> None:
    """Another version of a framework is computed anew and leaves the old results."""
    sweep("--dtype", "bfloat16", FAKE_SECONDS="0")
    done = sweep("--dtype", "bfloat16", FAKE_SECONDS="0", FAKE_VERSION="2.0")

    assert "0 of 2 shards are there" in done.out
    assert set(sweep.table["version"].to_pylist()) == {"1.0", "2.0"}
