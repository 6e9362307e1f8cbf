"""The runner and its worker processes: what ends a worker early."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.core.cases import Choice
from bench.core.faults import BadInput
from bench.core.results import Plan, Side
from bench.selfcheck.checks import Silent
from bench.speed import channel, runner, worker
from bench.speed.groups import Role
from bench.speed.replicate import LostWorker, Session, Setting
from bench.speed.worker import Worker, error_line, stop


def child(code: str, folder: Path) -> Worker:
    """Return a process in place of a worker, which has the handles of its channel as arguments."""
    own_end, handles = channel.pair()
    command = [sys.executable, "-c", code, *map(str, handles)]
    process = subprocess.Popen(command, start_new_session=True, pass_fds=handles)
    for handle in handles:
        os.close(handle)
    return Worker(Role(0, "dummy"), process, own_end, folder / "log", 0)


def session(folder: Path, timeout: float) -> Session:
    """Return a session without groups."""
    return Session(Setting(folder, Plan(Choice(), (), (Side({}),)), Silent(), timeout), [])


def test_a_worker_that_brings_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker without a message is stopped after the time-out, whether it obeys or not."""
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.3)
    silent = child("import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(60)", tmp_path)

    with pytest.raises(LostWorker) as lost:
        session(tmp_path, 0.3).answer(silent)
    assert (lost.value.worker, lost.value.late) == (silent, True)
    stop([silent])
    assert silent.process.returncode < 0


def test_a_worker_that_ends_is_lost_at_once(tmp_path: Path) -> None:
    """The runner does not wait for a worker that has ended, whether it sends or receives."""
    gone = child("", tmp_path)
    start = time.monotonic()

    with pytest.raises(LostWorker) as lost:
        session(tmp_path, 60).answer(gone)
    assert not lost.value.late
    gone.process.wait()
    with pytest.raises(LostWorker):
        Session.send(gone, channel.Finish([]))
    assert time.monotonic() - start < 30
    stop([gone])
    assert gone.process.returncode == 0


def test_a_worker_whose_runner_is_gone_ends(tmp_path: Path) -> None:
    """A worker that waits for an instruction sees that nobody will send one."""
    code = (
        "import os, sys; from bench.speed.channel import Channel, Closed\n"
        "try: Channel(*map(int, sys.argv[1:])).receive()\nexcept Closed: sys.exit(7)"
    )
    waiting = child(code, tmp_path)
    waiting.channel.close()

    assert waiting.process.wait(30) == 7


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


@pytest.mark.parametrize("text", ["x", "", "-1", "nan", "inf"])
def test_a_timeout_that_is_no_number_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names the variable and what it holds."""
    monkeypatch.setenv(runner.TIMEOUT_VARIABLE, text)

    with pytest.raises(BadInput, match=f"BENCH_CASE_TIMEOUT='{text}' is no number of seconds"):
        runner.case_timeout()
    monkeypatch.setenv(runner.TIMEOUT_VARIABLE, "2.5")
    assert runner.case_timeout() == 2.5
