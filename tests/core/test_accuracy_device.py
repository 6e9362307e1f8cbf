"""The device of a sweep: results are judged on it, and it is part of the recorded setting."""

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
@pytest.mark.parametrize("device_name", ["cpu", "gpu"])
def test_on_the_device(device_name: str, direction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every array of a program is made on the device."""
    backend = Elsewhere()
    monkeypatch.setattr(backends, "load", lambda name: backend)  # noqa: ARG005  # the signature
    token = DEVICE.set(device_name)
    try:
        evaluate.program(Subject("numpy", "relu", direction, "float32"))(np.ones(3, np.float32))
    finally:
        DEVICE.reset(token)

    assert set(backend.seen) == {device_name}


def test_a_device_that_is_not_there() -> None:
    """A backend counts as absent on a device that it does not see."""
    token = DEVICE.set("gpu")
    try:
        with pytest.raises(BackendUnavailable, match=r"backend 'numpy' sees no gpu .choose from cpu."):
            judge.identity("numpy")
    finally:
        DEVICE.reset(token)


def test_of_a_worker() -> None:
    """A process computes on the device that its environment names."""
    code = "from bench.accuracy.device import DEVICE; print(DEVICE.get())"
    command = [sys.executable, "-c", code]
    variables = {"PYTHONPATH": str(ROOT), VARIABLE: "gpu"}
    process = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)

    assert process.stdout == "gpu\n"


def test_workers_started_here_are_told(tmp_path: Path) -> None:
    """Workers started here are told the device by their environment."""
    worker_class: Any = cluster.worker_class()
    common = {"name": "numpy", "python": sys.executable, "core": 0, "backend": "numpy", "store": tmp_path}

    assert worker_class("tls://", **common, credentials={}, device="gpu").variables[VARIABLE] == "gpu"


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
    """A bad device is refused in one line, with the status of bad input."""
    command = [sys.executable, "-m", "bench", "accuracy", "--store", str(tmp_path), "--no-dashboard", *arguments]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert process.returncode == 2
    assert process.stderr.startswith("error: ")
    assert process.stderr.endswith(f"{fault}\n")


def test_fault() -> None:
    """Neither a device that does not exist nor one that the backend does not see is accepted."""
    assert device.fault("numpy", backends.load("numpy"), "cpu") == ""
    assert device.fault("numpy", backends.load("numpy"), "tpu") == "unknown device 'tpu' (choose from cpu, gpu)"
    assert device.fault("numpy", Elsewhere(), "gpu") == ""
