"""One worker: the process of one backend in one pass. Started by the runner, never by hand."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import environment, results
from bench.cases import PROFILES


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the runner tells its worker."""
    group = parser.getgroup("bench")
    group.addoption("--run-folder", help="results/<run>")
    group.addoption("--backend", help="the backend of this process")
    group.addoption("--pass-number", type=int, default=0)


def pytest_configure(config: pytest.Config) -> None:
    """Bind the process to its processors before anything can import the framework."""
    folder = Path(config.getoption("--run-folder"))
    plan = results.Plan.load(folder)
    number = config.getoption("--pass-number")
    name = config.getoption("--backend")
    environment.restrict(plan.choice.threads)
    config.stash[WORKER] = Worker(folder, name, number, plan)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case that has no record yet."""
    worker = metafunc.config.stash[WORKER]
    metafunc.parametrize("case", worker.todo(), ids=lambda case: case.id)


def pytest_benchmark_generate_machine_info() -> dict[str, Any]:
    """The machine as recorded everywhere else: pytest-benchmark's own asks for a second and names the host."""
    return environment.machine()


class Worker:
    """What the tests of this process share."""

    def __init__(self, folder: Path, name: str, number: int, plan: results.Plan) -> None:
        self.folder, self.name, self.number, self.plan = folder, name, number, plan
        self.profile = PROFILES[plan.choice.profile]
        self.parent = os.getppid()

    def todo(self) -> list[Any]:
        """The cases of this worker, in the order of its pass."""
        from bench.runner import Pass

        return results.missing(Pass(self.number, self.name).order(self.plan.cases), self.folder, self.number)

    def is_orphan(self) -> bool:
        """Whether the runner is gone."""
        return os.getppid() != self.parent


WORKER = pytest.StashKey[Worker]()


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> Worker:
    """This process."""
    return request.config.stash[WORKER]


@pytest.fixture(scope="session")
def backend(worker: Worker) -> Iterator[Any]:
    """The backend's module, its framework imported and its threads set."""
    import backends

    module = backends.load(worker.name)
    module.configure(threads=worker.plan.choice.threads)
    yield module
    observed = {"version": module.version(), "build": module.build(), **environment.process()}
    results.write_json(worker.folder / "raw" / f"{worker.name}-pass{worker.number}-worker.json", observed)
