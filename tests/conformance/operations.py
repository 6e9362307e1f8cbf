"""The operations of each framework that the wrong functions use; a framework is imported when it is asked for."""

from collections.abc import Callable
from typing import Any

from tests.wrong_functions import Operations

Array = Any


def numpy() -> Operations:
    """Return NumPy's operations."""
    import ml_dtypes
    import numpy as np

    def cast(x: Array, dtype: str) -> Array:
        return np.asarray(x).astype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)

    return Operations(np.exp, np.log, np.log1p, np.tanh, np.sqrt, np.where, cast, lambda x: str(x.dtype.name))


def torch() -> Operations:
    """Return torch's operations."""
    import torch as t

    def cast(x: Array, dtype: str) -> Array:
        return x.to(getattr(t, dtype))

    def stop(x: Array) -> Array:
        return x.detach()

    return Operations(
        t.exp, t.log, t.log1p, t.tanh, t.sqrt, t.where, cast, lambda x: str(x.dtype).removeprefix("torch."), stop
    )


def tensorflow() -> Operations:
    """Return TensorFlow's operations; its `where` takes tensors of one dtype alone."""
    import tensorflow as tf

    def where(condition: Array, yes: Any, no: Any) -> Array:
        return tf.where(condition, yes, tf.cast(no, yes.dtype))

    return Operations(
        tf.exp,
        tf.math.log,
        tf.math.log1p,
        tf.tanh,
        tf.sqrt,
        where,
        tf.cast,
        lambda x: str(x.dtype.name),
        tf.stop_gradient,
    )


def jax() -> Operations:
    """Return JAX's operations."""
    import jax as j

    def cast(x: Array, dtype: str) -> Array:
        return x.astype(dtype)

    n = j.numpy
    return Operations(
        n.exp,
        n.log,
        n.log1p,
        n.tanh,
        n.sqrt,
        n.where,
        cast,
        lambda x: str(x.dtype.name),
        j.lax.stop_gradient,
    )


OPERATIONS: dict[str, Callable[[], Operations]] = {
    "numpy": numpy,
    "torch": torch,
    "tensorflow": tensorflow,
    "jax": jax,
}
"""The operations by the backend's name."""
