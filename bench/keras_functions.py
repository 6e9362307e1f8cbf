"""Keras' own activations on the framework of a backend, to be measured in the place of ours.

Keras takes its backend from KERAS_BACKEND before it is imported; the runner sets it. Its functions take and return the
framework's own arrays, so that a backend's programs run them as they run ours.
"""

import functools
from typing import Any

from backends.interface import Function


def function(backend: str, activation: str, **parameters: Any) -> Function:
    """Keras' function with every parameter bound."""
    import keras

    if keras.config.backend() != backend:
        raise RuntimeError(f"Keras runs on {keras.config.backend()}, not on {backend}")
    return functools.partial(getattr(keras.activations, activation), **parameters)
