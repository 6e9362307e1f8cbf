"""Tests of a backend's report on the device under test."""

from typing import Any

import numpy as np

from bench.accuracy.device import DEVICE

LARGEST_CACHE = 2**30
"""One gibibyte: every device's last cache is smaller, while memory held by an allocator can be larger."""
SIZE = 2**26


def test_device_state(backend: Any) -> None:
    """The state of the CPU is empty; that of another device has its name and plausible sizes."""
    state = backend.device_state(DEVICE.get())

    assert (state == {}) == (DEVICE.get() == "cpu")
    assert {*state} <= {"name", "free_bytes", "cache_bytes"}
    assert {type(value) for value in state.values()} <= {str, int}
    assert 0 < state.get("cache_bytes", 1) < LARGEST_CACHE


def test_memory_that_was_used_is_free(backend: Any) -> None:
    """A deleted array takes no memory, whether or not the framework's allocator keeps its block."""
    x = backend.asarray(np.ones(1), dtype="float32", device=DEVICE.get())
    backend.synchronize(x)  # initialises the device
    before = backend.device_state(DEVICE.get()).get("free_bytes", 0)
    large = backend.asarray(np.ones(SIZE, np.float32), dtype="float32", device=DEVICE.get())
    backend.synchronize(large)
    del large
    after = backend.device_state(DEVICE.get()).get("free_bytes", 0)

    assert before - after < SIZE  # a quarter of the array's bytes
