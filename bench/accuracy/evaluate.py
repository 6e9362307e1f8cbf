"""Run a backend's own program over a batch of inputs."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

import backends
from bench.accuracy.device import DEVICE
from bench.accuracy.shards import Subject

Values = Any  # numpy.ndarray

SHIFT = 3
"""By which inputs are moved for the test of position dependence: no vector of more than one lane stays whole."""
MOVED = {"float16": 2**15 - SHIFT, "bfloat16": 2**15 - SHIFT, "float32": 2**13 + 5}
"""How many inputs of a batch are computed again after the move: in 16 bits all of them."""


def program(subject: Subject) -> Callable[[Values], Values]:
    """From float32 numbers of the subject's format, on the host, to values or slopes in that format, on the host."""
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


def moved(run: Callable[[Values], Values], x: Values, dtype: str) -> Values:
    """The results for the inputs from SHIFT on, MOVED of them, at the start of an array of their own."""
    return run(x[SHIFT : SHIFT + MOVED[dtype]])
