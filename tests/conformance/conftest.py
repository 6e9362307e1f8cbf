"""The suite runs for one backend, `--backend NAME`, in that backend's environment."""

from pathlib import Path
from typing import Any, NoReturn

import pytest

import backends
from backends.activation import variants
from backends.interface import DTYPES
from bench import setting
from bench.accuracy import device
from bench.accuracy.device import DEVICE
from tests import behaviour, findings, promises
from tests.conformance import settle
from tests.conformance.conventions import Conventions
from tests.conformance.holding import Hold
from tests.conformance.settle import Ledger

LEDGER = pytest.StashKey[Ledger]()
HOLD = pytest.StashKey[Hold]()
CONVENTIONS = pytest.StashKey[Conventions]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of this suite."""
    group = parser.getgroup("conformance")
    group.addoption("--backend", metavar="NAME", help="the backend to test (required)")
    group.addoption("--device", default="cpu", help="where its arrays are: cpu or gpu")
    group.addoption("--record", action="store_true", help="keep what this backend does as what must hold here")
    group.addoption(
        "--recorded", metavar="FOLDER", type=Path, default=behaviour.FOLDER, help="where recorded behaviour lies"
    )
    group.addoption("--suggest", action="store_true", help="print what is not declared as Divergence(...) entries")


def pytest_configure(config: pytest.Config) -> None:
    """Load the backend, or say in one line why not."""
    name = config.getoption("--backend", default=None)
    if config.getoption("help", default=False):
        return
    if name is None:
        _refuse(f"--backend NAME is required (choose from {', '.join(backends.names())})")
    try:
        backend = backends.load(name)
    except (LookupError, backends.BackendUnavailable) as error:
        _refuse(str(error).strip("'\""))
    except Exception as error:  # a broken install raises what it likes; its own words say what is wrong
        _refuse(f"backend {name!r} is installed but does not load: {type(error).__name__}: {error}")
    config.option.showcapture = "no"  # torch.compile logs hundreds of lines for each failing test
    if faults := settle.unknown(backend.DIVERGENCES):
        _refuse(f"{name}: DIVERGENCES name what is not in the catalogue: {'; '.join(faults)}")
    backend.configure(threads=1)  # before its devices are looked at: a client keeps the threads it was made with
    if fault := device.fault(name, backend, config.getoption("--device")):
        _refuse(fault)
    token = DEVICE.set(config.getoption("--device"))
    config.add_cleanup(lambda: DEVICE.reset(token))
    here, found = setting.current(backend, DEVICE.get()), findings.of(config)
    recording, folder = bool(config.getoption("--record")), config.getoption("--recorded")
    config.stash[LEDGER] = Ledger(name, backend, here, found, folder, recording)
    config.stash[HOLD] = Hold(name, here, folder, found, recording)
    config.stash[CONVENTIONS] = Conventions(name, here, folder, found, recording)


def _refuse(fault: str) -> NoReturn:
    """End in one line with status 2, the project's for bad input; a UsageError would be pytest's 4."""
    pytest.exit(f"error: {fault}", returncode=2)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """The setting, and what it is held to."""
    if LEDGER not in config.stash:
        return []
    ledger = config.stash[LEDGER]
    held = "recorded" if ledger.is_recorded else "not recorded: what the framework computes does not fail"
    build = ", ".join(f"{k} {v}" for k, v in ledger.backend.build().items())
    return [f"backend: {ledger.name} {ledger.setting}", f"setting: {held}", f"build: {build}"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `variant` and `dtype` runs for each, unless it names its own."""
    name = metafunc.config.stash[LEDGER].name
    wanted = set(metafunc.fixturenames)
    markers = list(metafunc.definition.iter_markers("parametrize"))
    taken = {name for name in ("variant", "dtype") if any(name in marker.args[0] for marker in markers)}
    if {"variant", "dtype"} <= wanted - taken:
        cases = [(v, d) for v in variants() for d in DTYPES]
        metafunc.parametrize(("variant", "dtype"), cases, ids=[f"{name}-{v.id}-{d}" for v, d in cases])
    elif "variant" in wanted - taken:
        metafunc.parametrize("variant", variants(), ids=[f"{name}-{v.id}" for v in variants()])
    if "composed" in wanted:
        composed = promises.composed(name) if "compiled" in metafunc.config.stash[LEDGER].backend.MODES else []
        metafunc.parametrize("composed", composed or [None], ids=[f"{name}-{v.id}" for v in composed] or ["none"])
    if "promise" in wanted:
        declared = metafunc.config.stash[LEDGER].promises
        metafunc.parametrize("promise", declared or [None], ids=[f"{name}-{p.id}" for p in declared] or ["none"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whether declared entries still hold is asked after everything else has run."""
    items.sort(key=lambda item: "promise" in getattr(item, "fixturenames", ()))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Suggestions where asked for."""
    if config.getoption("--suggest"):
        terminalreporter.section("not declared")
        for line in settle.suggestions(config.stash[LEDGER].new):
            terminalreporter.line(line)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what was found, where asked for."""
    if session.config.getoption("--record", default=False) and LEDGER in session.config.stash:
        session.config.stash[LEDGER].record()
        session.config.stash[HOLD].record()
        session.config.stash[CONVENTIONS].record()


@pytest.fixture(scope="session")
def hold(pytestconfig: pytest.Config) -> Hold:
    """Hold what is measured to promises and to the record; where it is recorded anew it is kept instead."""
    return pytestconfig.stash[HOLD]


@pytest.fixture(scope="session")
def conventions(pytestconfig: pytest.Config) -> Conventions:
    """Hold conventions to the record."""
    return pytestconfig.stash[CONVENTIONS]


@pytest.fixture(scope="session")
def ledger(pytestconfig: pytest.Config) -> Ledger:
    """What this run finds."""
    return pytestconfig.stash[LEDGER]


@pytest.fixture(scope="session")
def backend(ledger: Ledger) -> Any:
    """The backend under test."""
    return ledger.backend


@pytest.fixture(scope="session")
def name(ledger: Ledger) -> str:
    """Its name."""
    return ledger.name
