"""How commands end: no error of ours has the status that means slower, and each is one line."""

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
import bench.accuracy.__main__
import bench.accuracy.certify
import bench.accuracy.rekey
import bench.portrait.__main__
import bench.selfcheck
import reports.__main__
import reports.bugs
from bench import environment
from bench.cli import run_cli
from bench.text import one_line
from tests.core.conftest import ROOT

WORKERS = {"bench/accuracy/leash.py", "bench/portrait/worker.py"}
"""Started by commands, which say what became of them."""
COMMANDS: dict[str, tuple[click.Command, click.Command, tuple[str, ...]]] = {
    "bench": (bench.__main__.main, bench.__main__.main, ()),
    "accuracy": (bench.accuracy.__main__.main, bench.accuracy.__main__.main, ()),
    "pack": (bench.accuracy.__main__.main, bench.accuracy.__main__.pack, ("pack", ".", "--into", ".")),
    "certify": (bench.accuracy.certify.main, bench.accuracy.certify.main, ()),
    "portrait": (bench.portrait.__main__.main, bench.portrait.__main__.main, ()),
    "selfcheck": (bench.selfcheck.main, bench.selfcheck.main, ()),
    "report": (reports.__main__.main, reports.__main__.report, ("run",)),
    "compare": (reports.__main__.main, reports.__main__.compare, ("compare", "base", "head")),
    "reports accuracy": (reports.__main__.main, reports.__main__.accuracy, ("accuracy",)),
    "cards": (reports.__main__.main, reports.__main__.cards, ("cards",)),
    "guide": (reports.__main__.main, reports.__main__.guide, ("guide",)),
    "rekey": (
        bench.accuracy.rekey.main,
        bench.accuracy.rekey.main,
        (__file__, "--vendor", "amd", "--instruction-set", "avx2"),
    ),
    "bugs": (reports.bugs.main, reports.bugs.check, ("check", "--backend", "torch")),
}
"""By name, what is run, the command whose body fails, and the arguments that reach it."""
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
    """Return a body of a command that raises."""

    def body(*_: Any, **__: Any) -> int:
        raise error

    return body


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", COMMANDS)
def test_an_error_is_one_line_and_never_status_1(
    name: str, fault: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever the body of a command raises: 70 is ours, 2 the user's, and nothing but the line is said."""
    monkeypatch.delenv("BENCH_TRACEBACK", raising=False)
    entry, command, arguments = COMMANDS[name]
    error, status, words = FAULTS[fault]
    monkeypatch.setattr(command, "callback", raising(error))
    monkeypatch.setattr(sys, "argv", ["command", *arguments])
    monkeypatch.setattr("bench.cli.silence", lambda _stream: None)  # pytest's own capture goes on

    assert run_cli(entry) == status
    err = capfd.readouterr().err
    assert err.startswith(words)
    assert err.count("\n") == bool(words)


def test_a_traceback_is_shown_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It stands before the line, which is the last one still."""
    monkeypatch.setenv("BENCH_TRACEBACK", "1")

    assert run_cli(raising(ValueError("value"))) == 70
    err = capfd.readouterr().err
    assert err.startswith("Traceback")
    assert err.endswith("error: internal error: ValueError: value (please report)\n")


def test_every_command_ends_by_the_same_rules() -> None:
    """Each module that can be run goes through `run_cli`, and none of the commands above is left out."""
    found = {}
    for path in (*(ROOT / "bench").rglob("*.py"), *(ROOT / "reports").rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
                found[path.relative_to(ROOT).as_posix()] = "run_cli(main)" in ast.unparse(node)

    assert {name for name, guarded in found.items() if not guarded} == WORKERS
    assert len(found) == len(WORKERS) + len({id(entry) for entry, _, _ in COMMANDS.values()}) + 1  # bench.environment


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command from the root, and return what it said."""
    return subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


def test_a_reader_that_leaves_is_no_verdict() -> None:
    """A pipe whose reader is gone is quiet, and its status is the shell's for it."""
    done = shell(f"set -o pipefail; (sleep 0.3; exec {sys.executable} -m bench --list) | true")

    assert (done.returncode, done.stderr) == (141, "")


def test_a_full_disk_behind_the_output_is_said() -> None:
    """Output that could not be written is bad input, also where it stood in a buffer to the end."""
    done = shell(f"{sys.executable} -m bench --list > /dev/full")

    assert (done.returncode, done.stderr) == (2, "error: No space left on device\n")


@pytest.mark.parametrize("module", ["bench", "bench.accuracy", "reports", "reports.bugs"])
def test_a_missing_package_is_named(module: str) -> None:
    """An interpreter without click cannot even import the command: one line, and not the status of slower."""
    done = shell(f"{sys.executable} -S -m {module} compare BASE HEAD")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: this needs the package 'click'")


def test_an_environment_is_asked_for_a_backend_that_is_there(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`python -m bench.environment` names the choices."""
    monkeypatch.setattr(sys, "argv", ["environment"])

    assert run_cli(environment.main) == 2
    assert capfd.readouterr().err.startswith("error: unknown backend '' (choose from numpy, ")


@pytest.mark.parametrize("name", ["a" * 300, "\udcff\x1b[31m", "two\nlines"])
def test_names_of_runs_may_be_anything(name: str, tmp_path: Path) -> None:
    """A name that is too long, is not UTF-8 or would colour the terminal is refused in one line that shows it."""
    command = [sys.executable, "-m", "bench", "--results", str(tmp_path), "--resume", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("error: ")
    assert "\x1b" not in done.stderr


def test_a_text_from_outside_is_one_line() -> None:
    """Control codes and halves of pairs are written out, and what is long is cut before it costs anything."""
    assert one_line("a\r\n b\ud800\u202e\x07c") == "a b\\ud800\\u202e\\x07c"
    assert len(one_line("x" * 50_000_000)) == 1000
