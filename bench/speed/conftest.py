"""The pytest plugin of a worker, the process of one backend in one replicate. Only the runner starts it."""

import functools
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.core import environment, processors, results
from bench.core.cases import PROFILES
from bench.speed import channel
from bench.speed.groups import Role
from bench.speed.raw import split_by_case
from bench.speed.timing import Task


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options with which the runner starts a worker."""
    group = parser.getgroup("bench")
    group.addoption("--run-folder", help="results/<run>")
    group.addoption("--backend", help="the backend of this process")
    group.addoption("--threads", type=int, default=1)
    group.addoption("--side", default="")
    group.addoption("--twin", action="store_true")
    group.addoption("--replicate", type=int, default=0)
    group.addoption("--start-cores", help="the cores on which it starts")
    group.addoption("--programs", default="cold", help="what the compiler finds on disk: cold or warm")
    group.addoption("--channel", help="the handles of the pipes to the runner")


def pytest_configure(config: pytest.Config) -> None:
    """Bind the process to its processors before anything can import the framework."""
    option = config.getoption
    processors.move(processors.expand(option("--start-cores")))
    # the runner ends workers with SIGINT, which processes in the background would ignore
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(option("--run-folder"))
    role = Role(option("--replicate"), option("--backend"), option("--threads"), option("--side"), option("--twin"))
    handles = (int(handle) for handle in option("--channel").split(","))
    config.stash[WORKER] = Worker(role, channel.Channel(*handles), folder, option("--programs"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each group that the runner names."""
    work = metafunc.config.stash[WORKER].channel.receive()
    metafunc.parametrize("cases", work.cases, ids=work.names)


def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """Return the machine as recorded elsewhere: pytest-benchmark's own facts take a second and name the host."""
    return environment.machine()


def pytest_benchmark_update_json(output_json: dict[str, Any]) -> None:
    """Split pytest-benchmark's rounds of a group into those of its cases."""
    output_json["benchmarks"] = [entry for group in output_json["benchmarks"] for entry in split_by_case(group)]


class Worker:
    """The state that the tests of this process share."""

    def __init__(self, role: Role, runner: channel.Channel, folder: Path, programs: str) -> None:
        self.role, self.channel, self.folder, self.programs = role, runner, folder, programs
        self.plan = results.Plan.load(folder)
        self.profile = PROFILES[self.plan.choice.profile]
        self.cases = {case.id: case for case in self.plan.cases}

    def task(self, backend: Any, case_id: str) -> Task:
        """Return the task of measuring a case."""
        is_first = self.role.replicate == 0 and len(self.plan.sides) == 1 and not self.role.twin
        keras = self.plan.side(self.role.side).keras
        return Task(backend, self.cases[case_id], keras, self.verified.get(case_id, {}), is_first)

    @functools.cached_property
    def verified(self) -> dict[str, dict[int, str]]:
        """The digests, by case, of outputs that earlier replicates of this side have verified."""
        records = (record for record in results.records(self.folder) if record.status == "ok" and not record.twin)
        return {record.case.id: dict(record.extra.digests) for record in records if record.side == self.role.side}


WORKER = pytest.StashKey[Worker]()


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> Worker:
    """Return the state of this process."""
    return request.config.stash[WORKER]


@pytest.fixture(scope="session")
def backend(worker: Worker) -> Iterator[Any]:
    """Yield the backend's module with its framework imported and its threads set; then write the worker's facts."""
    import backends

    module = backends.load(worker.role.backend)
    module.configure(threads=worker.role.threads)
    yield module
    observed = {"version": module.version(), "build": module.build(), **environment.process()}
    results.write_json(worker.folder / "raw" / f"{worker.role}-worker.json", observed)
