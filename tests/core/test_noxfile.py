"""The session of all tests: every suite runs, even after a failure, and the summary gets every status."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SUITES = (
    *("quiet", "conformance-jax", "conformance-torch", "core", "sweeps", "conformance-numpy", "conformance-tensorflow"),
    *("browser", "keras-torch", "keras-jax", "keras-tensorflow", "keras-numpy"),
)


@pytest.fixture(scope="module")
def noxfile() -> Any:
    """Return the project's noxfile as nox reads it, imported once because nox registers sessions by name."""
    spec = importlib.util.spec_from_file_location("project_noxfile", ROOT / "noxfile.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["nox", "-s", "tests"])
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
    return module


def test_an_alias_of_a_backend_chooses_its_environment(noxfile: Any) -> None:
    """The command understands it, too; an unknown name stays, for the command to refuse."""
    assert noxfile.backend_names(["--backend", "pytorch,tf,numpy,x"]) == ["torch", "tensorflow", "numpy", "x"]


def session(*posargs: str) -> SimpleNamespace:
    """Return a session that logs and installs nothing."""
    folder = str(Path(sys.executable).parent)
    return SimpleNamespace(
        posargs=list(posargs), bin=folder, env={}, log=lambda _line: None, run=lambda *_command, **_options: ""
    )


def commands(noxfile: Any, monkeypatch: pytest.MonkeyPatch, *posargs: str) -> tuple[list[tuple[str, ...]], int]:
    """Return the commands of the session of all tests, in which the core and torch fail, and its exit status."""
    calls: list[tuple[str, ...]] = []

    def call(_session: Any, *command: str, **_environment: Any) -> int:
        calls.append(command)
        return 3 if "tests/golden" in command else 1 if "torch" in command or "tests.outcomes" in command else 0

    monkeypatch.setattr(noxfile, "install", lambda *_groups: None)
    monkeypatch.setattr(noxfile, "interpreter", lambda backend: f"python-{backend}")
    monkeypatch.setattr(noxfile, "call", call)
    with pytest.raises(SystemExit) as exit_info:
        noxfile.tests.func(session(*posargs))
    return calls, int(str(exit_info.value.code))


def test_everything_runs_and_is_summed_up(noxfile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every suite runs, then a summary of all statuses, whose own status ends the session."""
    calls, status = commands(noxfile, monkeypatch)

    assert len(calls) == len(SUITES) + 1
    names = [Path(command[-1].removeprefix("--outcome=")).stem for command in calls[:-1]]
    assert names[0] == "quiet"  # nothing runs at the same time
    assert sorted(names) == sorted(SUITES)
    statuses = dict.fromkeys(SUITES, 0) | {"core": 3, "conformance-torch": 1}
    assert calls[-1][3:] == tuple(f"{name}={n}" for name, n in statuses.items())
    assert status == 1


def test_what_follows_the_dashes_is_passed_on(noxfile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--strict-upstream` goes to every suite, other options to the core."""
    calls, _ = commands(noxfile, monkeypatch, "-x", "--strict-upstream")

    assert all("--strict-upstream" in command for command in calls[:-1])
    assert [command for command in calls if "-x" in command] == [
        command for command in calls if "tests/golden" in command
    ]


@pytest.mark.parametrize(("option", "shown"), [("--durations", "--durations=20"), ("--durations=3", "--durations=3")])
def test_durations_are_those_of_all_suites(
    noxfile: Any, monkeypatch: pytest.MonkeyPatch, option: str, shown: str
) -> None:
    """The option goes to the summary and to no suite."""
    calls, _ = commands(noxfile, monkeypatch, option)

    assert calls[-1][-1] == shown
    assert not any(argument.startswith("--durations") for command in calls[:-1] for argument in command)


def test_durations_without_a_number_are_refused(noxfile: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any suite runs, not after all of them."""
    assert commands(noxfile, monkeypatch, "--durations=few") == ([], 2)


def collected(*arguments: str) -> list[str]:
    """Return the tests that pytest finds for these arguments."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in result.stdout.splitlines() if "::" in line]


def test_every_test_of_the_core_is_in_one_suite(noxfile: Any) -> None:
    """Tests of sweeps form a suite, and so do tests that need a quiet machine."""
    suites = noxfile.suites([])
    tests = [test for name in ("quiet", "core", "sweeps") for test in collected(*suites[name].arguments)]

    assert sorted(tests) == sorted(collected("tests/core", "tests/golden"))


INTERRUPTING = "import os, signal, sys; os.kill(os.getppid(), signal.SIGINT); sys.exit({status})"


@pytest.mark.parametrize("status", [0, 2, 130])
def test_an_interrupt_ends_the_session(noxfile: Any, status: int) -> None:
    """The child ends by itself, and nothing runs after it."""
    with pytest.raises(SystemExit) as exit_info:
        noxfile.call(session(), "-c", INTERRUPTING.format(status=status))

    assert exit_info.value.code == (status or 130)


def test_without_an_interrupt_the_status_is_returned(noxfile: Any) -> None:
    """The status of a process ended by a signal is 128 plus the signal's number."""
    assert noxfile.call(session(), "-c", "import sys; sys.exit(7)") == 7
    assert noxfile.call(session(), "-c", "import os; os.kill(os.getpid(), 9)") == 137
