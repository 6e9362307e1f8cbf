"""The recipe of the golden values: every variant by `keras.activations`, at the probe points, with one Keras backend.

A process holds one Keras backend. Only the CPU is used; jax computes with x64 on; each array is
computed by one eager call, the gradient by the framework's own reverse mode with the cotangent.
"""

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backends.activation import Variant
from bench.core import setting
from bench.core.setting import Setting
from tests import probes
from tests.golden import DTYPES
from tests.golden.signatures import VARIANTS

Host = Any  # numpy.ndarray

KERAS = "3.15.1"
FRAMEWORKS = {"torch": "torch", "jax": "jax", "tensorflow": "tensorflow", "numpy": "jax"}
"""The package whose version is recorded; Keras' NumPy backend imports jax."""
LENGTH = 160  # more than any variant has points
SHOWN = 160  # characters of Keras' own error message

Run = tuple[Host, Host | None]  # value, gradient


class Keras:
    """Keras on one of its backends: `run` returns value and gradient."""

    def __init__(self, keras_backend: str) -> None:
        os.environ |= {"KERAS_BACKEND": keras_backend, "CUDA_VISIBLE_DEVICES": "-1", "JAX_ENABLE_X64": "1"}
        import keras

        if keras.config.backend() != keras_backend:
            raise RuntimeError(f"this process already runs Keras on {keras.config.backend()}, not {keras_backend}")
        if keras.config.floatx() != "float32":
            raise RuntimeError(f"keras.json sets floatx to {keras.config.floatx()}, not float32")
        self.keras_backend = keras_backend
        self.activations = keras.activations
        self.run: Callable[[Any, Host, Host], Run] = getattr(self, f"_on_{keras_backend}")

    def function(self, variant: Variant) -> Callable[[Any], Any]:
        """Return the activation by Keras' own name and parameters."""
        native = getattr(self.activations, variant.activation.name)
        return lambda x: native(x, **variant.parameters)

    def versions(self) -> dict[str, str]:
        """Return the versions of the packages that take part."""
        framework = FRAMEWORKS[self.keras_backend]
        names = ("keras", framework, "numpy")
        versions = {name: importlib.metadata.version(name).partition("+")[0] for name in names}
        return versions | {"python": ".".join(platform.python_version_tuple()[:2])}

    def setting(self) -> Setting:
        """Return the setting that results depend on; the version is of the package that computes."""
        package = "numpy" if self.keras_backend == "numpy" else FRAMEWORKS[self.keras_backend]
        version, _, build = importlib.metadata.version(package).partition("+")
        return Setting(version, build or "release", setting.vendor(), setting.instruction_set())

    @staticmethod
    def _on_torch(function: Any, x: Host, dy: Host) -> Run:
        import torch

        torch.set_num_threads(1)  # the rounding of softmax along other axes than the last depends on the thread count
        leaf = torch.tensor(x, requires_grad=True)
        y = function(leaf)
        (dx,) = torch.autograd.grad(y, leaf, torch.tensor(dy, dtype=y.dtype))
        return y.detach().numpy(), dx.numpy()

    @staticmethod
    def _on_jax(function: Any, x: Host, dy: Host) -> Run:
        import jax

        y, vjp = jax.vjp(function, jax.numpy.asarray(x))
        return np.asarray(y), np.asarray(vjp(jax.numpy.asarray(dy, y.dtype))[0])

    @staticmethod
    def _on_tensorflow(function: Any, x: Host, dy: Host) -> Run:
        import tensorflow as tf

        leaf = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(leaf)
            y = function(leaf)
        return y.numpy(), tape.gradient(y, leaf, tf.constant(dy, y.dtype)).numpy()

    @staticmethod
    def _on_numpy(function: Any, x: Host, dy: Host) -> Run:  # noqa: ARG004  # it has no gradient
        with np.errstate(all="ignore"):
            return np.asarray(function(x)), None


def section(keras: Keras, variant: Variant, dtype: str) -> dict[str, Any]:
    """Return the record of a variant in a dtype: columns x, dy, y, dx; or the exception that Keras raised."""
    finite, special = probes.points(variant, dtype), probes.special(variant)
    x = np.concatenate([finite, special])
    if x.ndim == 1:  # one length for all: eager jax compiles every operation anew for each shape
        x = np.pad(x, (0, LENGTH - len(x)))
    width = (x.shape[-1] // 2,) if variant.activation.kind == "gated" else x.shape[1:]
    dy = probes.cotangents((len(x), *width))
    try:
        y, dx = keras.run(keras.function(variant), *(probes.lay(variant, a).astype(dtype) for a in (x, dy)))
    except (TypeError, ValueError, NotImplementedError, RuntimeError) as error:
        return {"refused": f"{type(error).__name__}: {' '.join(str(error).split())[:SHOWN]}"}
    results = [probes.unlay(variant, a) for a in (y, dx) if a is not None]
    columns, end = [x.astype(dtype), dy.astype(dtype), *results], len(finite) + len(special)
    return {
        "returned": str(y.dtype),
        "points": [c[: len(finite)] for c in columns],
        "special": [c[len(finite) : end] for c in columns],
    }


def everything(keras: Keras) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every variant of Keras' activations, by id, with a section for each dtype."""
    for variant in VARIANTS:
        yield variant.id, {dtype: section(keras, variant, dtype) for dtype in DTYPES}
