# ruff: noqa: D103  # as in every backend: the contract in backends/interface.py is the documentation
"""The NumPy backend with slightly different results of the functions that DIFFERING names, separated by commas.

Of its activations relu6 counts as this project's own code; the others count as a framework's.
"""

import os
from collections.abc import Callable
from typing import Any

from backends import numpy_backend
from backends.divergence import Divergence
from backends.interface import Mode

MODES: tuple[Mode, ...] = ("eager",)
DIVERGENCES: tuple[Divergence, ...] = ()
OURS = ("relu6",)
DIFFERING = os.environ.get("DIFFERING", "").split(",")
FACTOR = 1 - 2.0**-44
"""The factor of differing results, 256 ulp of float64 below 1: more than any slack."""


def __getattr__(name: str) -> Any:
    return getattr(numpy_backend, name)


def forward(function: Any, *, compiled: bool) -> Callable[[Any], Any]:
    run = numpy_backend.forward(function, compiled=compiled)
    return (lambda x: run(x) * x.dtype.type(FACTOR)) if function.func.__name__ in DIFFERING else run
