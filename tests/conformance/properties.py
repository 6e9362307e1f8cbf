"""Checks of properties that hold at every input: range, monotonicity, symmetry, identities. Each returns failures."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from backends.activation import find_variant
from bench.accuracy.device import DEVICE
from bench.reference.ulp import FORMATS
from tests.conformance.checks import Host, bound, floats, padded
from tests.conformance.verdicts import Failure, K

DTYPE = "float32"
EPS = FORMATS[DTYPE].epsilon
# a few ulp, since each of two results that should be equal has an error
TOLERANCE = 2 * K[DTYPE] * EPS
TINY = 2 * FORMATS[DTYPE].smallest_normal  # either of two results may be flushed

INF = float("inf")
# smallest and largest value; a bound that the format cannot hold is rounded outwards by one ulp
RANGES = {
    "relu": (0, INF),
    "relu6": (0, 6),
    "elu": (-1, INF),
    "selu": (-1.7580993408473769, INF),
    "celu": (-1, INF),
    "softplus": (0, INF),
    "softsign": (-1, 1),
    "sparse_plus": (0, INF),
    "sparse_sigmoid": (0, 1),
    "silu": (-0.27846454276107380, INF),
    "squareplus": (0, INF),
    "gelu": (-0.16997120747990369, INF),
    "tanh": (-1, 1),
    "hard_tanh": (-1, 1),
    "sigmoid": (0, 1),
    "hard_sigmoid": (0, 1),
    "hard_silu": (-0.375, INF),
    "log_sigmoid": (-INF, 0),
    "exponential": (0, INF),
    "mish": (-0.30884338013219, INF),
}
RISING = ("elu", "selu", "celu", "softplus", "softsign", "squareplus", "tanh", "sigmoid", "log_sigmoid", "exponential")
ODD = ("softsign", "tanh", "tanh_shrink", "soft_shrink", "hard_shrink", "hard_tanh", "linear")
SIMPLEX = ("softmax", "sparsemax")


def call(backend: Any, name: str, x: Host, **parameters: Any) -> Host:
    """Return the result of a variant on float32 inputs, as float64."""
    variant = find_variant(name, parameters)
    array = padded(backend, DTYPE, np.asarray(x)) if variant.activation.kind == "elementwise" else x
    return floats(backend, bound(backend, variant)(backend.asarray(array, dtype=DTYPE, device=DEVICE.get())))[: len(x)]


def _failures(x: Host, wrong: Host, message: str) -> list[Failure]:
    return [Failure(float(v), message) for v in np.asarray(x)[wrong]]


def in_range(backend: Any, name: str, x: Host) -> list[Failure]:
    """Return the inputs whose value is outside the function's range."""
    low, high = RANGES[name]
    y = call(backend, name, x)
    return _failures(x, ~((y >= low - 4 * abs(low) * EPS) & (y <= high)), f"{name} outside [{low}, {high}]")


def rises(backend: Any, name: str, x: Host) -> list[Failure]:
    """Return the inputs whose value is smaller than that of a smaller input by more than rounding."""
    x = np.sort(x)
    y = call(backend, name, x)
    steps = np.where(y[1:] == y[:-1], 0.0, y[1:] - y[:-1])  # both may be infinite
    return _failures(x[1:], ~(steps >= -TOLERANCE * np.abs(y[:-1]) - TINY), f"{name} falls")


def odd(backend: Any, name: str, x: Host) -> list[Failure]:
    """Return the inputs where f(-x) is not -f(x)."""
    return _equal(x, call(backend, name, -x), -call(backend, name, x), f"{name} is not odd")


def sums_to_one(backend: Any, name: str, x: Host) -> list[Failure]:
    """Return a failure if a row's sum is not 1 within one ulp for each of its entries, or an entry is negative."""
    y = call(backend, name, x)
    wrong = (abs(y.sum() - 1) > len(y) * EPS) | (y < 0).any()
    return [Failure(float(x.max()), f"{name} sums to {y.sum()!r}")] if wrong else []


def reflected(backend: Any, name: str, x: Host) -> list[Failure]:
    """Return the inputs where f(x) - f(-x), of silu or softplus, is not x."""
    positive, negative = call(backend, name, x), call(backend, name, -x)
    return _equal(x, positive - negative, x, f"{name}(x) - {name}(-x) is not x", np.abs(positive) + np.abs(negative))


def same(backend: Any, name: str, x: Host) -> list[Failure]:
    """Return the inputs where celu differs from elu at alpha = 1, where they are one function."""
    return _equal(x, call(backend, name, x, alpha=1.0), call(backend, "elu", x, alpha=1.0), f"{name} is not elu")


def _equal(x: Host, one: Host, other: Host, message: str, size: Host | None = None) -> list[Failure]:
    scale = np.abs(other) if size is None else size
    return _failures(x, ~((one == other) | (np.abs(one - other) <= TOLERANCE * scale + TINY)), message)


PROPERTIES: list[tuple[Callable[[Any, str, Host], list[Failure]], Iterable[str]]] = [
    (in_range, RANGES),
    (rises, RISING),
    (odd, ODD),
    (sums_to_one, SIMPLEX),
    (reflected, ("silu", "softplus")),
    (same, ("celu",)),
]
CASES = [(check, name) for check, names in PROPERTIES for name in names]
