"""The suite tests on the device that `--device` names, and on no other."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import backends
from backends.activation import find, spelled
from bench.accuracy.device import DEVICE
from bench.setting import Setting
from tests.conformance import (
    checks,
    float64_figures,
    keras_checks,
    properties,
    row_figures,
    shapes,
    special,
    test_parameters,
)
from tests.conformance.settle import Ledger, pin
from tests.core.impostors import Impostor

RELU, SOFTMAX = find("relu").variants[0], spelled("softmax")
CHECKS: dict[str, Callable[[Any], Any]] = {
    "value": lambda b: checks.value(b, RELU, "float32"),
    "special": lambda b: special.special(b, RELU, "float32"),
    "conventions": lambda b: special.conventions(b, RELU),
    "shapes": lambda b: shapes.shapes(b, RELU, "float32"),
    "keras": lambda b: keras_checks.keras(b, RELU, "float32", keras_checks.stored(RELU, "float32")),
    "float64": lambda b: float64_figures.figures(b, RELU),
    "rows": lambda b: row_figures.run(b, SOFTMAX, "float32", 3),
    "properties": lambda b: properties.call(b, "relu", [1.0]),
    "parameters": lambda b: test_parameters.array(b, 2),
}


class Elsewhere(Impostor):
    """NumPy with a second device, where its arrays are counted."""

    def __init__(self) -> None:
        super().__init__(backends.load("numpy"))
        self.seen: list[str] = []

    def devices(self) -> tuple[str, ...]:
        """Both."""
        return ("cpu", "gpu")

    def asarray(self, values: Any, *, dtype: str, device: str) -> Any:
        """An array, its device noted."""
        self.seen.append(device)
        return self.honest.asarray(values, dtype=dtype, device="cpu")


@pytest.fixture
def gpu() -> Iterator[None]:
    """What `--device gpu` does."""
    token = DEVICE.set("gpu")
    yield
    DEVICE.reset(token)


@pytest.mark.parametrize("check", CHECKS)
def test_on_the_device(check: str, gpu: None) -> None:  # noqa: ARG001  # a fixture
    """Every array of a check is made on the device that was chosen."""
    CHECKS[check](backend := Elsewhere())

    assert set(backend.seen) == {"gpu"}


def test_on_the_cpu_otherwise() -> None:
    """Where nobody chooses it is the CPU."""
    CHECKS["shapes"](backend := Elsewhere())

    assert set(backend.seen) == {"cpu"}


def test_nothing_is_pinned_elsewhere(gpu: None) -> None:  # noqa: ARG001  # a fixture
    """What is declared was measured on the CPU: on another device it is reported and does not fail."""
    backend = SimpleNamespace(version=lambda: pin("numpy"))
    ledger = Ledger("numpy", backend, Setting(backend.version(), "cu130", "nvidia", "NVIDIA H100"))

    assert not ledger.is_pinned
    assert not ledger.is_recorded


def test_refused_in_one_line() -> None:
    """With the status of bad input."""
    command = [sys.executable, "-m", "pytest", "tests/conformance", "--backend", "numpy", "--device", "gpu", "-q"]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "error: backend 'numpy' sees no gpu (choose from cpu)" in done.stdout + done.stderr
