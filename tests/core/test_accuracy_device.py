"""A sweep judges results of the device that is asked for, and says so in what it keeps."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backends
from backends import BackendUnavailable
from bench.accuracy import cluster, device, evaluate, judge
from bench.accuracy.device import DEVICE, VARIABLE
from bench.accuracy.shards import Subject
from tests.core.test_conformance_device import Elsewhere

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("where", ["cpu", "gpu"])
def test_on_the_device(where: str, direction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every array of a program is made there."""
    backend = Elsewhere()
    monkeypatch.setattr(backends, "load", lambda name: backend)  # noqa: ARG005  # the signature
    token = DEVICE.set(where)
    try:
        evaluate.program(Subject("numpy", "relu", direction, "float32"))(np.ones(3, np.float32))
    finally:
        DEVICE.reset(token)

    assert set(backend.seen) == {where}


def test_a_device_that_is_not_there() -> None:
    """The backend counts as absent on it."""
    token = DEVICE.set("gpu")
    try:
        with pytest.raises(BackendUnavailable, match=r"backend 'numpy' sees no gpu .choose from cpu."):
            judge.identity("numpy")
    finally:
        DEVICE.reset(token)


def test_of_a_worker() -> None:
    """A process computes where its environment says."""
    code = "from bench.accuracy.device import DEVICE; print(DEVICE.get())"
    command = [sys.executable, "-c", code]
    given = {"PYTHONPATH": str(ROOT), VARIABLE: "gpu"}
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=True)

    assert done.stdout == "gpu\n"


def test_workers_started_here_are_told(tmp_path: Path) -> None:
    """By their environment."""
    made: Any = cluster.worker_class()
    common = {"name": "numpy", "python": sys.executable, "core": 0, "backend": "numpy", "store": tmp_path}

    assert made("tls://", **common, credentials={}, device="gpu").variables[VARIABLE] == "gpu"


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--device", "tpu"), "unknown device 'tpu' (choose from cpu, gpu)"),
        (
            ("--device", "gpu", "--scheduler", "tcp://127.0.0.1:1"),
            f"--device is of workers started here: start those of tcp://127.0.0.1:1 with {VARIABLE}=gpu",
        ),
        (("--device", "gpu", "--backend", "numpy"), "backend 'numpy' sees no gpu (choose from cpu)"),
    ],
)
def test_refused_in_one_line(arguments: tuple[str, ...], fault: str, tmp_path: Path) -> None:
    """With the status of bad input."""
    command = [sys.executable, "-m", "bench.accuracy", "--store", str(tmp_path), "--no-dashboard", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.endswith(f"{fault}\n")


def test_fault() -> None:
    """Neither a device that does not exist nor one that the backend does not see is accepted."""
    assert device.fault("numpy", backends.load("numpy"), "cpu") == ""
    assert device.fault("numpy", backends.load("numpy"), "tpu") == "unknown device 'tpu' (choose from cpu, gpu)"
    assert device.fault("numpy", Elsewhere(), "gpu") == ""
