"""The conformance suite's options and fixtures: it tests one backend, `--backend NAME`, in its environment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

import backends
from backends.activation import variants
from backends.interface import DTYPES
from bench.accuracy import device
from bench.accuracy.device import DEVICE
from bench.core import setting
from tests import behaviour, findings, promises
from tests.conformance import settle, torch_kernels
from tests.conformance.conventions import Conventions
from tests.conformance.holding import Hold
from tests.conformance.settle import Ledger

LEDGER = pytest.StashKey[Ledger]()
HOLD = pytest.StashKey[Hold]()
CONVENTIONS = pytest.StashKey[Conventions]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of this suite."""
    group = parser.getgroup("conformance")
    group.addoption("--backend", metavar="NAME", help="the backend to test (required)")
    group.addoption("--device", default="cpu", help="the device of its arrays: cpu or gpu")
    group.addoption("--record", action="store_true", help="record the backend's behaviour in this setting")
    group.addoption(
        "--recorded", metavar="FOLDER", type=Path, default=behaviour.FOLDER, help="the folder of recorded behaviour"
    )
    group.addoption("--suggest", action="store_true", help="print undeclared failures as Divergence(...) entries")


def pytest_configure(config: pytest.Config) -> None:
    """Load the backend; end the run with an error in one line where that fails."""
    name = config.getoption("--backend", default=None)
    if config.getoption("help", default=False):
        return
    if name is None:
        _refuse(f"--backend NAME is required (choose from {', '.join(backends.names())})")
    try:
        backend = backends.load(name)
    except (LookupError, backends.BackendUnavailable) as error:
        _refuse(str(error).strip("'\""))
    except Exception as error:  # a broken install may raise any exception, whose message tells the fault
        _refuse(f"backend {name!r} is installed but does not load: {type(error).__name__}: {error}")
    config.option.showcapture = "no"  # torch.compile logs hundreds of lines for each failing test
    if faults := settle.unknown_activations(backend.DIVERGENCES):
        _refuse(f"{name}: DIVERGENCES name what is not in the catalogue: {'; '.join(faults)}")
    backend.configure(threads=1)  # before its devices are queried: a client keeps its first number of threads
    if fault := device.fault(name, backend, config.getoption("--device")):
        _refuse(fault)
    token = DEVICE.set(config.getoption("--device"))
    config.add_cleanup(lambda: DEVICE.reset(token))
    current_setting, run_findings = setting.current(backend, DEVICE.get()), findings.of(config)
    recording, folder = bool(config.getoption("--record")), config.getoption("--recorded")
    config.stash[LEDGER] = Ledger(name, backend, current_setting, run_findings, folder, recording)
    config.stash[HOLD] = Hold(name, current_setting, folder, run_findings, recording)
    config.stash[CONVENTIONS] = Conventions(name, current_setting, folder, run_findings, recording)


def _refuse(fault: str) -> NoReturn:
    """End the run with one line and status 2, the project's for bad input; a UsageError would give pytest's 4."""
    pytest.exit(f"error: {fault}", returncode=2)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Return the setting, whether it is recorded, and the build."""
    if LEDGER not in config.stash:
        return []
    ledger = config.stash[LEDGER]
    record = "recorded" if ledger.is_recorded else "not recorded: what the framework computes does not fail"
    build = ", ".join(f"{k} {v}" for k, v in ledger.backend.build().items())
    return [f"backend: {ledger.name} {ledger.setting}", f"setting: {record}", f"build: {build}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise tests over variants, dtypes, compositions and promises, except where a test does so itself."""
    name = metafunc.config.stash[LEDGER].name
    arguments = set(metafunc.fixturenames)
    markers = list(metafunc.definition.iter_markers("parametrize"))
    explicit = {name for name in ("variant", "dtype") if any(name in marker.args[0] for marker in markers)}
    if {"variant", "dtype"} <= arguments - explicit:
        cases = [(v, d) for v in variants() for d in DTYPES]
        metafunc.parametrize(("variant", "dtype"), cases, ids=[f"{name}-{v.id}-{d}" for v, d in cases])
    elif "variant" in arguments - explicit:
        metafunc.parametrize("variant", variants(), ids=[f"{name}-{v.id}" for v in variants()])
    if "composed" in arguments:
        composed = promises.composed(name) if "compiled" in metafunc.config.stash[LEDGER].backend.MODES else []
        metafunc.parametrize("composed", composed or [None], ids=[f"{name}-{v.id}" for v in composed] or ["none"])
    if "promise" in arguments:
        entries = metafunc.config.stash[LEDGER].promises
        metafunc.parametrize("promise", entries or [None], ids=[f"{name}-{p.id}" for p in entries] or ["none"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the tests of declared entries to the end, since they need the results of all others."""
    items.sort(key=lambda item: "promise" in getattr(item, "fixturenames", ()))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print entries for undeclared failures with `--suggest`."""
    if config.getoption("--suggest"):
        terminalreporter.section("not declared")
        for line in settle.suggestions(config.stash[LEDGER].new):
            terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the record with `--record`."""
    if session.config.getoption("--record", default=False) and LEDGER in session.config.stash:
        session.config.stash[LEDGER].record()
        session.config.stash[HOLD].record()
        session.config.stash[CONVENTIONS].record()


@pytest.fixture(scope="session")
def hold(pytestconfig: pytest.Config) -> Hold:
    """Return the check of measurements against promises and the record, or their recorder with `--record`."""
    return pytestconfig.stash[HOLD]


@pytest.fixture(scope="session")
def conventions(pytestconfig: pytest.Config) -> Conventions:
    """Return the check of conventions against the record."""
    return pytestconfig.stash[CONVENTIONS]


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    """Return the ledger of this run."""
    return pytestconfig.stash[LEDGER]


@pytest.fixture(scope="session")
def backend(ledger: Ledger) -> Any:
    """Return the backend under test."""
    return ledger.backend


@pytest.fixture(scope="session", autouse=True)
def _kernels(request: pytest.FixtureRequest, ledger: Ledger) -> Iterator[None]:
    """Build the kernels of all selected tests at once under torch's pinned version, whose loader is known."""
    if ledger.name != "torch" or not ledger.is_pinned or ledger.backend.compile_obstacle():
        yield
        return
    with torch_kernels.build_together(ledger.backend, torch_kernels.marked_tests(request)):
        yield


@pytest.fixture(scope="session")
def name(ledger: Ledger) -> str:
    """Return the name of the backend under test."""
    return ledger.name
