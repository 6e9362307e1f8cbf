"""Keras' activations on the framework of a backend, measured instead of the backend's functions.

Keras takes its backend from KERAS_BACKEND before it is imported; the runner sets it. Its functions take and return the
framework's arrays, so that a backend's programs run them like its own functions.
"""

import functools
from typing import Any

from backends.interface import Function


def function(backend: str, activation: str, **parameters: Any) -> Function:
    """Return Keras' function with every parameter bound; raise RuntimeError where Keras runs on another backend."""
    import keras

    if keras.config.backend() != backend:
        raise RuntimeError(f"Keras runs on {keras.config.backend()}, not on {backend}")
    return functools.partial(getattr(keras.activations, activation), **parameters)
