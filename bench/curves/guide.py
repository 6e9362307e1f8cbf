"""The calls of the guide from which the project grew, in the guide's spelling, and their results on a backend."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import backends
from bench.curves.measure import Part, json_number, json_numbers
from bench.reference import ulp

ID = "guide"
"""The id of the guide's results among the curves."""
RELU, SIGMOID, TANH = (-5, -8, 0, 3, 9), (-35, -5, 0, 6, 25), (5, -1, -5, 6, 3)
LENGTHS = (10, 1000, 100_000)
"""The lengths of rows whose softmax is summed: 2^17 numbers of N(0, 1) for each length, and at least one row."""
NUMBERS = 2**17


@dataclass(frozen=True)
class Example:
    """A call in the guide's spelling."""

    activation: str
    x: tuple[int, ...]
    parameters: dict[str, Any] = field(default_factory=dict)
    printed: tuple[float, ...] | None = None
    """The values that the guide prints, if it does."""

    @property
    def call(self) -> str:
        """The text of the call."""
        return f"{self.activation}({', '.join(['x', *(f'{k}={v}' for k, v in self.parameters.items())])})"


EXAMPLES = (
    Example("relu", RELU, {"alpha": 0.0, "max_value": None, "threshold": 0}),
    Example("relu", RELU, {"alpha": 0.7}),
    Example("relu", RELU, {"max_value": 3}),
    Example("relu", RELU, {"threshold": 7}, (-0.0, -0.0, 0.0, 0.0, 9.0)),  # the zeros' sign is a convention
    Example("sigmoid", SIGMOID, {}, (6.3051174e-16, 6.6929162e-03, 5.0000000e-01, 9.9752736e-01, 1.0000000e00)),
    Example("softmax", RELU, {"axis": -1}),  # the guide prints no result
    Example("tanh", TANH, {}, (0.99990916, -0.7615942, -0.99990916, 0.9999876, 0.9950547)),
)


def run_example(backend: str, example: Example) -> Part:
    """Run an example on a backend and return its results in float32."""
    x = backends.load(backend).asarray(np.array(example.x), dtype="float32", device="cpu")
    y = backends.call(backend, example.activation, x, **example.parameters)
    return {"values": json_numbers(backends.load(backend).to_numpy(y).astype(np.float64))}


def softmax_sums(backend: str, dtype: str, length: int) -> Part:
    """Return the largest error of the sum 1 of softmax over N(0, 1) rows, in the format's epsilons, exactly summed.

    `zeros` and `ones` count the results that are exactly 0 and 1, which the guide's open interval (0, 1) excludes.
    """
    backend_module = backends.load(backend)
    count = max(NUMBERS // length, 1)
    rows = np.random.default_rng(length).standard_normal((count, length))
    x = backend_module.asarray(rows, dtype=dtype, device="cpu")
    y = backend_module.to_numpy(backends.call(backend, "softmax", x, axis=-1)).astype(np.float64)
    error = max(abs(math.fsum([*row, -1.0])) for row in y.tolist())
    return {
        "off": json_number(error / ulp.FORMATS[dtype].epsilon),
        "zeros": int((y == 0).sum()),
        "ones": int((y == 1).sum()),
        "results": int(y.size),
    }
