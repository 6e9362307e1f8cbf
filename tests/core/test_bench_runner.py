"""The runner and its worker process: what ends a worker early."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.selfcheck.checks import Silent
from bench.speed import runner
from bench.speed.runner import Pass, Worker, error_line, stop, watch


def child(code: str, folder: Path) -> Worker:
    """Return a process in place of a worker."""
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    return Worker(Pass(0, "dummy"), process, folder / "log", 0, None)


def test_a_worker_that_brings_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker without a result is stopped after the time-out of a case, whether it obeys or not."""
    monkeypatch.setattr(runner, "CASE_TIMEOUT", 0.3)
    monkeypatch.setattr(runner, "STOP_SECONDS", 0.3)
    worker = child("import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)", tmp_path)

    assert watch([worker], tmp_path, Silent()) is worker
    stop(worker.process)
    assert worker.process.returncode < 0


def test_a_worker_that_ends_is_waited_for(tmp_path: Path) -> None:
    """The runner waits until a worker ends, and no longer."""
    worker = child("", tmp_path)

    assert watch([worker], tmp_path, Silent()) is None
    stop(worker.process)
    assert worker.process.returncode == 0


@pytest.mark.parametrize(
    ("status", "output", "words"),
    [
        (-9, "half a line", "the worker was ended by SIGKILL"),
        (1, "E   ImportError: one\n...\nE   ValueError: two\n2 errors in 0.1 s\n", "ValueError: two"),
        (3, "Segmentation fault\n", "Segmentation fault"),
        (3, "", "the worker ended with status 3"),
    ],
)
def test_what_ended_a_worker_is_one_line(status: int, output: str, words: str) -> None:
    """The reason is a signal, the last error that pytest shows, or the last line."""
    assert error_line(status, output) == words
