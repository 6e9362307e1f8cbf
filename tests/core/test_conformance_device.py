"""The suite tests on the device that `--device` names, and on no other."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import backends
from backends.activation import find, parse_variant
from bench.accuracy.device import DEVICE
from bench.core.setting import Setting
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

RELU, SOFTMAX = find("relu").variants[0], parse_variant("softmax")
CHECKS: dict[str, Callable[[Any], Any]] = {
    "value": lambda b: checks.value(b, RELU, "float32"),
    "special": lambda b: special.special(b, RELU, "float32"),
    "conventions": lambda b: special.conventions(b, RELU),
    "shapes": lambda b: shapes.shapes(b, RELU, "float32"),
    "keras": lambda b: keras_checks.keras(b, RELU, "float32", keras_checks.read_expected(RELU, "float32")),
    "float64": lambda b: float64_figures.figures(b, RELU),
    "rows": lambda b: row_figures.run(b, SOFTMAX, "float32", 3),
    "properties": lambda b: properties.call(b, "relu", [1.0]),
    "parameters": lambda b: test_parameters.array(b, 2),
}


class Elsewhere(Impostor):
    """NumPy with a second device, which records the device of each array."""

    def __init__(self) -> None:
        super().__init__(backends.load("numpy"))
        self.seen: list[str] = []

    def devices(self) -> tuple[str, ...]:
        """Return both devices."""
        return ("cpu", "gpu")

    def asarray(self, values: Any, *, dtype: str, device: str) -> Any:
        """Return an array and record its device."""
        self.seen.append(device)
        return self.honest.asarray(values, dtype=dtype, device="cpu")


@pytest.fixture
def gpu() -> Iterator[None]:
    """Choose the GPU, as `--device gpu` does."""
    token = DEVICE.set("gpu")
    yield
    DEVICE.reset(token)


@pytest.mark.parametrize("check", CHECKS)
def test_on_the_device(check: str, gpu: None) -> None:  # noqa: ARG001  # a fixture
    """Every array of a check is made on the chosen device."""
    CHECKS[check](backend := Elsewhere())

    assert set(backend.seen) == {"gpu"}


def test_on_the_cpu_otherwise() -> None:
    """Without a choice the device is the CPU."""
    CHECKS["shapes"](backend := Elsewhere())

    assert set(backend.seen) == {"cpu"}


def test_nothing_is_pinned_elsewhere(gpu: None) -> None:  # noqa: ARG001  # a fixture
    """Declarations were measured on the CPU: on another device they are reported and do not fail."""
    backend = SimpleNamespace(version=lambda: pin("numpy"))
    ledger = Ledger("numpy", backend, Setting(backend.version(), "cu130", "nvidia", "NVIDIA H100"))

    assert not ledger.is_pinned
    assert not ledger.is_recorded


def test_refused_in_one_line() -> None:
    """An unknown device is refused in one line with status 2."""
    command = [sys.executable, "-m", "pytest", "tests/conformance", "--backend", "numpy", "--device", "gpu", "-q"]
    root = Path(__file__).parents[2]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)

    assert result.returncode == 2
    assert "error: backend 'numpy' sees no gpu (choose from cpu)" in result.stdout + result.stderr
