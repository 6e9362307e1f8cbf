"""The cores to which a run is bound, on machines that this one is not: pretended files of the system."""

import json
import os
import sys
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.commands.list import threads
from bench.core import decode, environment, processors
from bench.core.cli import run_cli
from bench.core.machine import Machine
from reports.data import cores as words
from tests.core.conftest import Bench

Tree = dict[str, str]


def topology(*groups: tuple[int, ...]) -> Tree:
    """Return the files that list the threads of each physical core."""
    path = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    return {path.format(n): ",".join(map(str, group)) for group in groups for n in group}


HYBRID = {
    "/sys/devices/cpu_core/cpus": "0-7",
    "/sys/devices/cpu_atom/cpus": "8-11",
    **topology((0, 1), (2, 3), (4, 5), (6, 7), (8,), (9,), (10,), (11,)),
}
"""A processor with four performance cores of two threads each, and four efficiency cores."""
AMD = topology((0, 4), (1, 5), (2, 6), (3, 7))
ARM = {f"/sys/devices/system/cpu/cpu{n}/cpu_capacity": str(c) for n, c in enumerate((250, 250, 870, 1024))}
SERVER = {f"/sys/devices/system/cpu/cpu{n}/cpu_capacity": "1024" for n in range(4)}
NO_FILES: Tree = {}
DAMAGED = {"/sys/devices/cpu_core/cpus": "all", "/sys/devices/system/cpu/cpu0/topology/thread_siblings_list": "x-"}


def pretend(monkeypatch: pytest.MonkeyPatch, tree: Tree, allowed: range | list[int]) -> None:
    """Let the system have only these files, and this process only these cores."""
    monkeypatch.setattr(environment, "read", lambda path: tree.get(str(path)))
    monkeypatch.setattr(environment, "cores", lambda: list(allowed))


@pytest.mark.parametrize(
    ("tree", "allowed", "count", "chosen"),
    [
        (HYBRID, range(12), 1, [7]),
        (HYBRID, range(12), 4, [1, 3, 5, 7]),
        (HYBRID, range(12), 5, [1, 3, 5, 7, 11]),
        (HYBRID, range(12), 9, [1, 3, 5, 6, 7, 8, 9, 10, 11]),
        (HYBRID, [0, 1, 8], 2, [1, 8]),
        (HYBRID, [8, 9], 1, [9]),
        (AMD, range(8), 1, [7]),
        (AMD, range(8), 4, [4, 5, 6, 7]),
        (AMD, [0, 1, 4, 5], 2, [4, 5]),
        (AMD, [0, 3, 4], 2, [3, 4]),
        (AMD, range(8), 8, list(range(8))),
        (ARM, range(4), 2, [2, 3]),
        (SERVER, range(4), 1, [3]),
        (NO_FILES, range(4), 2, [2, 3]),
        (DAMAGED, range(4), 2, [2, 3]),
    ],
)
def test_cores_that_disturb_each_other_least_are_chosen(
    monkeypatch: pytest.MonkeyPatch, tree: Tree, allowed: range, count: int, chosen: list[int]
) -> None:
    """Performance cores, one thread of each physical core and the last ones come first."""
    pretend(monkeypatch, tree, allowed)

    assert processors.choose(count, list(allowed)) == chosen


@pytest.mark.parametrize(
    ("tree", "quota"),
    [
        ({}, None),
        ({"/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": "150000 100000"}, 1.5),
        ({"/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": "max 100000"}, None),
        ({"/proc/self/cgroup": "0::/a/b", "/sys/fs/cgroup/a/cpu.max": "400000 100000"}, 4.0),
        (
            {
                "/proc/self/cgroup": "0::/a/b",
                "/sys/fs/cgroup/a/b/cpu.max": "400000 100000",
                "/sys/fs/cgroup/a/cpu.max": "50000 100000",
            },
            0.5,
        ),
        (
            {
                "/proc/self/cgroup": "4:memory:/x\n3:cpu,cpuacct:/docker/1\n0::/",
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "250000",
                "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            2.5,
        ),
        (
            {
                "/proc/self/cgroup": "1:cpu:/",
                "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            None,
        ),
        ({"/proc/self/cgroup": "nonsense", "/sys/fs/cgroup/cpu.max": "many of them"}, None),
    ],
)
def test_a_containers_quota_is_the_least_up_the_hierarchy(
    monkeypatch: pytest.MonkeyPatch, tree: Tree, quota: float | None
) -> None:
    """The quota is read from control groups of version 2 and 1."""
    pretend(monkeypatch, tree, range(8))

    assert processors.quota() == quota


@pytest.mark.parametrize(("limit", "count"), [("150000", 1), ("50000", 1), ("300000", 3), ("9900000", 8), ("max", 8)])
def test_all_threads_are_those_of_the_quota(monkeypatch: pytest.MonkeyPatch, limit: str, count: int) -> None:
    """`all` is at least one and at most one thread for each core; numbers are taken unchanged."""
    tree = {"/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": f"{limit} 100000"}
    pretend(monkeypatch, tree, range(8))

    assert threads(("all",)) == (count,)
    assert threads(("all",), (1, 2)) == (min(count, 2),)
    assert threads(("1", "8")) == (1, 8)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("0-3", (0, 1, 2, 3)), ("0,2,4-5", (0, 2, 4, 5)), ("5,5", (5,)), (" 1, 2 ", (1, 2)), (None, None)],
)
def test_cores_can_be_listed(monkeypatch: pytest.MonkeyPatch, text: str, numbers: tuple[int, ...]) -> None:
    """Cores are written as in the system's own files."""
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None, raising=False)
    pretend(monkeypatch, NO_FILES, range(6))

    assert processors.parse(text) == numbers


@pytest.mark.parametrize("text", ["0-6", "6", "3-1", "-1", "a", "", "0,,x", "0-999999999999", "1.5", "0-"])
def test_cores_that_may_not_be_used_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The message lists the cores that can be used."""
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None, raising=False)
    pretend(monkeypatch, NO_FILES, [0, 1, 2, 3, 5])

    with pytest.raises(LookupError, match=r"^unknown cores '.*' \(choose from 0-3,5, such as 0-7 or 0,2,4\)$"):
        processors.parse(text)


def test_cores_are_refused_where_a_process_cannot_be_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Systems such as macOS refuse `--cores` and record no cores."""
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)

    with pytest.raises(LookupError, match="this system binds no process to cores"):
        processors.parse("0")
    assert processors.restrict(1) is None
    assert processors.facts((1,))["cores_used"] is None


@pytest.mark.parametrize(
    ("tree", "allowed", "count", "warnings", "description"),
    [
        (HYBRID, range(12), 4, [], "cores 1,3,5,7 (performance)"),
        (
            HYBRID,
            range(12),
            5,
            ["efficiency cores are among those used: 11 "],
            "cores 1,3,5,7,11 (performance, efficiency)",
        ),
        (AMD, range(8), 4, [], "cores 4-7"),
        (AMD, [0, 3, 4], 3, ["threads share a physical core: 0 and 4 "], "cores 0,3-4 (siblings among them)"),
        (
            {"/proc/self/cgroup": "0::/", "/sys/fs/cgroup/cpu.max": "150000 100000"},
            range(4),
            2,
            ["the container may use 1.5 CPUs, fewer than 2 threads need"],
            "cores 2-3, at most 1.5 CPUs' time",
        ),
        (NO_FILES, range(4), 1, [], "core 3"),
    ],
)
def test_what_spoils_a_measurement_is_said_and_shown(
    monkeypatch: pytest.MonkeyPatch, tree: Tree, allowed: range, count: int, warnings: list[str], *, description: str
) -> None:
    """A quota, slower cores and siblings give warnings; the report names the cores in any case."""
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None, raising=False)
    pretend(monkeypatch, tree, allowed)
    facts = json.loads(json.dumps(processors.facts((1, count))))

    lines = list(processors.warnings(facts, (1, count)))
    assert [line[: len(start)] for line, start in zip(lines, warnings, strict=True)] == warnings
    assert words.described(decode.salvage(Machine, facts)) == description


@pytest.mark.parametrize(
    "machine",
    [{}, {"cores_used": 3}, {"cores_used": [3, {}, {"number": "x"}]}, {"cpu_quota": "two", "cores_used": None}],
)
def test_a_run_that_does_not_record_its_cores_is_reported_without(machine: dict[str, object]) -> None:
    """Missing or damaged facts about cores give an empty text."""
    assert words.described(decode.salvage(Machine, machine)) == ""


def test_the_workers_run_on_the_cores_that_were_chosen(bench: Bench) -> None:
    """environment.json records the cores, and a run does not go on where they are unavailable."""
    first = environment.cores()[0]
    run = bench.small("--cores", str(first))
    if not hasattr(os, "sched_setaffinity"):
        assert run.status == 2
        return
    recorded = json.loads((run.folder / "environment.json").read_text())["machine"]
    observed = [json.loads(path.read_text())["affinity"] for path in (run.folder / "raw").glob("*-worker.json")]

    assert run.status == 0, run.out + run.err
    assert [core["number"] for core in recorded["cores_used"]] == [first]
    assert observed == [[first]] * len(observed) != []

    plan = run.folder / "plan.json"
    plan.write_text(json.dumps(json.loads(plan.read_text()) | {"choice": {"cores": [first, 4_000]}}))
    again = bench("--resume", run.folder.name)
    assert (again.status, again.err) == (
        2,
        f"error: the run was planned on cores {first},4000, and 4000 cannot be used here\n",
    )


def test_unknown_cores_are_bad_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Unknown cores are an error of the command line before anything is written."""
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None, raising=False)
    monkeypatch.setattr(sys, "argv", ["bench", "--results", str(tmp_path / "results"), "--cores", "5000"])

    assert run_cli(main) == 2
    assert capsys.readouterr().err.startswith("error: unknown cores '5000' (choose from ")
    assert not (tmp_path / "results").exists()
