"""The pytest plugin of a worker, the process of one backend in one pass. Only the runner starts it."""

import functools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.core import environment, processors, results
from bench.core.cases import PROFILES, Case
from bench.speed.runner import Pass
from bench.speed.turns import Turns


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options with which the runner starts a worker."""
    group = parser.getgroup("bench")
    group.addoption("--run-folder", help="results/<run>")
    group.addoption("--backend", help="the backend of this process")
    group.addoption("--threads", type=int, default=1)
    group.addoption("--side", default="")
    group.addoption("--pass-number", type=int, default=0)
    group.addoption("--programs", default="cold", help="what the compiler finds on disk: cold or warm")
    group.addoption("--turns", default="", help="the pipes of a worker that takes turns with another")
    group.addoption("--runner", type=int, help="the process that started this one")


def pytest_configure(config: pytest.Config) -> None:
    """Bind the process to its processors before anything can import the framework."""
    option = config.getoption
    folder = Path(option("--run-folder"))
    plan = results.Plan.load(folder)
    number = option("--pass-number")
    only = results.suspects(folder) if number >= PROFILES[plan.choice.profile].passes else None
    processors.restrict(option("--threads"), plan.choice.cores)
    # the runner ends workers with SIGINT, which processes in the background would ignore
    signal.signal(signal.SIGINT, signal.default_int_handler)
    share = Pass(number, option("--backend"), option("--threads"), option("--side"), only)
    config.stash[WORKER] = Worker(share, config, folder, plan)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test for each case that has no record yet."""
    worker = metafunc.config.stash[WORKER]
    metafunc.parametrize("case", worker.todo(), ids=lambda case: case.id)


def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """Return the machine as recorded elsewhere: pytest-benchmark's own facts take a second and name the host."""
    return environment.machine()


class Worker:
    """The state that the tests of this process share."""

    def __init__(self, share: Pass, config: pytest.Config, folder: Path, plan: results.Plan) -> None:
        self.folder, self.share, self.plan = folder, share, plan
        self.programs, self.runner = config.getoption("--programs"), config.getoption("--runner")
        self.turns = Turns(config.getoption("--turns"))
        self.profile = PROFILES[plan.choice.profile]

    def todo(self) -> list[Case]:
        """Return the cases of this worker that have no record yet, in the order of its pass."""
        cases = self.share.order(self.plan.cases)
        return results.missing(cases, self.folder, self.share.number, self.share.side)

    @functools.cached_property
    def verified(self) -> dict[str, str]:
        """The digest, by case, of the output that an earlier pass of this side has verified."""
        records = (record for record in results.records(self.folder) if record.status == "ok")
        return {record.case.id: record.extra.digest for record in records if record.side == self.share.side}

    def leave_if_orphan(self) -> None:
        """End this process if the runner has exited."""
        if os.getppid() != self.runner:
            pytest.exit("the runner is gone")


WORKER = pytest.StashKey[Worker]()


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> Worker:
    """Return the state of this process."""
    return request.config.stash[WORKER]


@pytest.fixture(scope="session")
def backend(worker: Worker) -> Iterator[Any]:
    """Yield the backend's module with its framework imported and its threads set; then write the worker's facts."""
    import backends

    module = backends.load(worker.share.backend)
    module.configure(threads=worker.share.threads)
    yield module
    observed = {"version": module.version(), "build": module.build(), **environment.process()}
    results.write_json(worker.folder / "raw" / f"{worker.share}-worker.json", observed)
