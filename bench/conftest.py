"""One worker: the process of one backend in one pass. Started by the runner, never by hand."""

import functools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import environment, processors, results
from bench.cases import PROFILES, Case
from bench.runner import Pass
from bench.turns import Turns


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the runner tells its worker."""
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
    given = config.getoption
    folder = Path(given("--run-folder"))
    plan = results.Plan.load(folder)
    number = given("--pass-number")
    only = results.suspects(folder) if number >= PROFILES[plan.choice.profile].passes else None
    processors.restrict(given("--threads"), plan.choice.cores)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # by which the runner ends us; ignored in the background
    share = Pass(number, given("--backend"), given("--threads"), given("--side"), only)
    config.stash[WORKER] = Worker(share, config, folder, plan)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case that has no record yet."""
    worker = metafunc.config.stash[WORKER]
    metafunc.parametrize("case", worker.todo(), ids=lambda case: case.id)


def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """The machine as recorded everywhere else: pytest-benchmark's own asks for a second and names the host."""
    return environment.machine()


class Worker:
    """What the tests of this process share."""

    def __init__(self, share: Pass, config: pytest.Config, folder: Path, plan: results.Plan) -> None:
        self.folder, self.share, self.plan = folder, share, plan
        self.programs, self.runner = config.getoption("--programs"), config.getoption("--runner")
        self.turns = Turns(config.getoption("--turns"))
        self.profile = PROFILES[plan.choice.profile]

    def todo(self) -> list[Case]:
        """The cases of this worker, in the order of its pass."""
        cases = self.share.order(self.plan.cases)
        return results.missing(cases, self.folder, self.share.number, self.share.side)

    @functools.cached_property
    def verified(self) -> dict[str, str]:
        """By case, the digest of the output that an earlier pass of this side has verified."""
        rows = (row for row in results.rows(self.folder) if row["status"] == "ok" and row["side"] == self.share.side)
        return {row["case"]["id"]: row["extra"].get("digest", "") for row in rows}

    def leave_if_orphan(self) -> None:
        """End this process where the runner is gone."""
        if os.getppid() != self.runner:
            pytest.exit("the runner is gone")


WORKER = pytest.StashKey[Worker]()


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> Worker:
    """This process."""
    return request.config.stash[WORKER]


@pytest.fixture(scope="session")
def backend(worker: Worker) -> Iterator[Any]:
    """The backend's module, its framework imported and its threads set."""
    import backends

    module = backends.load(worker.share.backend)
    module.configure(threads=worker.share.threads)
    yield module
    observed = {"version": module.version(), "build": module.build(), **environment.process()}
    results.write_json(worker.folder / "raw" / f"{worker.share}-worker.json", observed)
