"""Evaluation of a backend's own program on a batch of inputs."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import backends
from bench.accuracy.device import DEVICE
from bench.accuracy.shards import Subject

Values = Any  # numpy.ndarray

SHIFT = 3
"""The places by which inputs are shifted to test position dependence: no vector of more than one lane stays whole."""
SHIFTED_INPUTS = {"float16": 2**15 - SHIFT, "bfloat16": 2**15 - SHIFT, "float32": 2**13 + 5}
"""The number of inputs of a batch that are computed again after the shift: all of them in 16 bits."""


def program(subject: Subject) -> Callable[[Values], Values]:
    """Return a program from float32 inputs on the host to values or derivatives on the host.

    The inputs are numbers of the subject's format, and the results are of that format.
    """
    backend = backends.load(subject.backend)
    variant = subject.variant
    function = backends.function(subject.backend, variant.activation.name, **variant.parameters)
    compiled = subject.mode == "compiled"
    if compiled and "compiled" not in backend.MODES:
        raise NotImplementedError(f"backend {subject.backend!r} is eager alone")

    def array(values: Values) -> Any:
        return backend.asarray(values, dtype=subject.dtype, device=DEVICE.get())

    if subject.direction == "forward":
        forward = backend.forward(function, compiled=compiled)
        return lambda x: backend.to_numpy(forward(array(x)))

    @functools.lru_cache(maxsize=4)
    def ones(size: int) -> Any:
        return array(np.ones(size, np.float32))

    return lambda x: backend.to_numpy(backend.backward(function, array(x), compiled=compiled)(ones(x.size)))


def run_shifted(run: Callable[[Values], Values], x: Values, dtype: str) -> Values:
    """Return the results for SHIFTED_INPUTS inputs from SHIFT on, at the start of an array of their own."""
    return run(x[SHIFT : SHIFT + SHIFTED_INPUTS[dtype]])
