"""How commands end: no internal error has the status that means slower, and each error is one line."""

import ast
import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

import bench.__main__
import bench.accuracy.rekey
import reports.__main__
from bench.commands import accuracy, certify, check, compare, curves, doctor, identify, report, run, selfcheck, upgrade
from bench.commands import list as listing
from bench.core import environment
from bench.core.cli import PROGRAM, run_cli
from bench.core.text import error_line, one_line
from reports.recorded import bugs
from tests.core.conftest import ROOT

WORKERS = {"bench/accuracy/worker.py", "bench/check/worker.py", "bench/curves/worker.py"}
"""Files started by commands, which report how these processes ended."""
FORMER = {
    "bench.accuracy": "accuracy",
    "bench.accuracy.certify": "certify",
    "bench.portrait": "curves",
    "bench.selfcheck": "selfcheck",
}
"""The verbs of bench that modules were before."""
COMMANDS: dict[str, tuple[click.Command, click.Command, tuple[str, ...]]] = {
    "bench": (bench.__main__.main, run.main, ()),
    "run": (bench.__main__.main, run.main, ("run",)),
    "list": (bench.__main__.main, listing.main, ("list",)),
    "bench compare": (bench.__main__.main, compare.main, ("compare", "base", "head")),
    "bench report": (bench.__main__.main, report.main, ("report", "run")),
    "upgrade": (bench.__main__.main, upgrade.main, ("upgrade", "--base", "keras")),
    "accuracy": (bench.__main__.main, accuracy.main, ("accuracy",)),
    "pack": (bench.__main__.main, accuracy.pack, ("accuracy", "pack", ".", "--into", ".")),
    "certify": (bench.__main__.main, certify.main, ("certify",)),
    "check": (bench.__main__.main, check.main, ("check", "my.py:f", "--as", "relu", "--backend", "numpy")),
    "identify": (bench.__main__.main, identify.main, ("identify", "my.py:f", "--backend", "numpy")),
    "curves": (bench.__main__.main, curves.main, ("curves",)),
    "selfcheck": (bench.__main__.main, selfcheck.main, ("selfcheck",)),
    "doctor": (bench.__main__.main, doctor.main, ("doctor",)),
    "report": (reports.__main__.main, reports.__main__.report, ("run",)),
    "compare": (reports.__main__.main, reports.__main__.compare, ("compare", "base", "head")),
    "table": (reports.__main__.main, reports.__main__.table, ("table", "run")),
    "chart": (reports.__main__.main, reports.__main__.chart, ("chart", "table.parquet")),
    "reports accuracy": (reports.__main__.main, reports.__main__.accuracy, ("accuracy",)),
    "cards": (reports.__main__.main, reports.__main__.cards, ("cards",)),
    "guide": (reports.__main__.main, reports.__main__.guide, ("guide",)),
    "rekey": (
        bench.accuracy.rekey.main,
        bench.accuracy.rekey.main,
        (__file__, "--vendor", "amd", "--instruction-set", "avx2"),
    ),
    "bugs": (bugs.main, bugs.check, ("check", "--backend", "torch")),
}
"""For each name the entry point, the command whose body fails, and the arguments that reach it."""
FAULTS: dict[str, tuple[BaseException, int, str]] = {
    "internal": (
        ValueError("a\n\x1b[31mvalue"),
        70,
        "error: internal error: ValueError: a \\x1b[31mvalue (please report",
    ),
    "missing key": (KeyError("name"), 70, "error: internal error: KeyError: 'name' (please report"),
    "read-only": (OSError(errno.EROFS, os.strerror(errno.EROFS), "/a/b"), 2, "error: /a/b: Read-only file system\n"),
    "long name": (
        OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), "/b"),
        2,
        "error: /b: File name too long\n",
    ),
    "closed": (PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/c"), 2, "error: /c: Permission denied\n"),
    "package": (
        ModuleNotFoundError("No module named 'rich'", name="rich"),
        2,
        "error: this needs the package 'rich': ",
    ),
    "module": (
        ModuleNotFoundError("No module named 'bench.x'", name="bench.x"),
        70,
        "error: internal error: ModuleNot",
    ),
    "interrupt": (KeyboardInterrupt(), 130, ""),
    "pipe": (BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)), 141, ""),
}


def raising(error: BaseException) -> Any:
    """Return the body of a command that raises an error."""

    def body(*_: Any, **__: Any) -> int:
        raise error

    return body


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", COMMANDS)
def test_an_error_is_one_line_and_never_status_1(
    name: str, fault: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The status is 70 for internal errors and 2 for the user's, and nothing but the line is printed."""
    monkeypatch.delenv("BENCH_TRACEBACK", raising=False)
    entry, command, arguments = COMMANDS[name]
    error, status, words = FAULTS[fault]
    monkeypatch.setattr(command, "callback", raising(error))
    monkeypatch.setattr(sys, "argv", ["command", *arguments])
    monkeypatch.setattr("bench.core.cli.silence", lambda _stream: None)  # pytest's own capture goes on

    assert run_cli(entry) == status
    err = capfd.readouterr().err
    assert err.startswith(words)
    assert err.count("\n") == bool(words)


def test_a_traceback_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The traceback is printed before the error line, which stays the last."""
    monkeypatch.setenv("BENCH_TRACEBACK", "1")

    assert run_cli(raising(ValueError("value"))) == 70
    err = capfd.readouterr().err
    assert err.startswith("Traceback")
    assert err.endswith("error: internal error: ValueError: value (please report)\n")


def test_every_command_ends_by_the_same_rules() -> None:
    """Each module that can be run goes through `run_cli`, and all of them are tested above."""
    modules = {}
    for path in (*(ROOT / "bench").rglob("*.py"), *(ROOT / "reports").rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
                modules[path.relative_to(ROOT).as_posix()] = "run_cli(main)" in ast.unparse(node)

    files = ("accuracy/__main__.py", "accuracy/certify.py", "portrait.py", "selfcheck/__main__.py")
    former = {f"bench/{name}" for name in files}
    assert {name for name, uses_run_cli in modules.items() if not uses_run_cli} == WORKERS | former
    assert (
        len(modules) == len(WORKERS) + len(former) + len({id(entry) for entry, _, _ in COMMANDS.values()}) + 2
    )  # bench.core.environment and bench.speed.cache


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command from the root, and return its result."""
    return subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_a_reader_that_leaves_is_no_verdict() -> None:
    """A pipe whose reader is gone ends quietly, with the shell's status for it."""
    result = shell(f"set -o pipefail; (sleep 0.3; exec {sys.executable} -m bench --list) | true")

    assert (result.returncode, result.stderr) == (141, "")


def test_a_full_disk_behind_the_output_is_said() -> None:
    """Output that cannot be written is an error with status 2, also if it was buffered to the end."""
    result = shell(f"{sys.executable} -m bench --list > /dev/full")

    assert (result.returncode, result.stderr) == (2, "error: No space left on device\n")


@pytest.mark.parametrize("module", ["bench", "reports", "reports.recorded.bugs"])
def test_a_missing_package_is_named(module: str) -> None:
    """An interpreter without click gets one line with status 2, although it cannot import the command."""
    result = shell(f"{sys.executable} -S -m {module} compare BASE HEAD")

    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("error: this needs the package 'click'")


@pytest.mark.parametrize(
    ("program", "usages"),
    [
        ("python -m reports", ["python -m reports report", "python -m reports compare", "python -m reports cards"]),
        ("python -m bench", ["python -m bench report", "python -m bench compare", "python -m bench report cards"]),
    ],
)
def test_help_names_the_command_that_was_typed(
    program: str, usages: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands of `python -m reports` are verbs of `python -m bench` too."""
    monkeypatch.setenv(PROGRAM, program)
    for name in ("report", "compare", "cards"):
        monkeypatch.setattr(sys, "argv", ["reports", name, "--help"])
        assert run_cli(reports.__main__.main) == 0

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Usage: ")]
    assert [line.removeprefix("Usage: ").partition(" [OPTIONS]")[0] for line in lines] == usages


def test_the_help_of_a_verb_names_the_verb() -> None:
    """`python -m bench report` becomes another process, which knows how it was called."""
    result = shell(f"{sys.executable} -m bench report --help")

    assert result.stdout.startswith("Usage: python -m bench report [OPTIONS] RUN...\n")


@pytest.mark.parametrize("module", FORMER)
def test_a_former_spelling_says_what_to_type(module: str) -> None:
    """The line repeats the arguments, and the status is 2."""
    result = shell(f"{sys.executable} -m {module} --backend 'a b'")

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.endswith(f": python -m bench {FORMER[module]} --backend 'a b'\n")
    assert result.stderr.count("\n") == 1


def test_an_environment_is_asked_for_a_backend_that_is_there(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`python -m bench.core.environment` names the choices."""
    monkeypatch.setattr(sys, "argv", ["environment"])

    assert run_cli(environment.main) == 2
    assert capfd.readouterr().err.startswith("error: unknown backend '' (choose from numpy, ")


@pytest.mark.parametrize("name", ["a" * 300, "\udcff\x1b[31m", "two\nlines"])
def test_names_of_runs_may_be_anything(name: str, tmp_path: Path) -> None:
    """A name that is too long, is not UTF-8 or would colour the terminal is refused in one line that shows it."""
    command = [sys.executable, "-m", "bench", "--results", str(tmp_path), "--resume", name]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("error: ")
    assert "\x1b" not in result.stderr


def test_a_text_from_outside_is_one_line() -> None:
    """Control codes and lone surrogates are written out, and a long text is cut before it is processed."""
    assert one_line("a\r\n b\ud800\u202e\x07c") == "a b\\ud800\\u202e\\x07c"
    assert len(one_line("x" * 50_000_000)) == 1000


def test_an_error_is_cut_to_one_line() -> None:
    """The line holds the error's type and the last line of its message."""
    assert error_line(ValueError("first\n\nlast\n")) == "ValueError: last"
    assert error_line(ValueError()) == "ValueError"
