"""Backends by name, and a checked call of an activation on any of them.

>>> import numpy as np, backends
>>> backends.call("numpy", "relu", np.float32([-1.0, 2.0]), alpha=0.5)
array([-0.5,  2. ], dtype=float32)

Importing this package imports no framework.
"""

import functools
import importlib
import importlib.util
from pathlib import Path
from typing import Any, cast

from backends import plugins, spelling
from backends.activation import Activation, Parameters, find
from backends.interface import Array, Backend, Function

_SUFFIX = "_backend"


class BackendUnavailable(RuntimeError):
    """Raised when the framework of a backend is not installed; a broken install raises its own error."""


def names() -> tuple[str, ...]:
    """Return the names of all backends: those in this package, then the entry points `activation_bench.backends`."""
    files = Path(__file__).parent.glob(f"*{_SUFFIX}.py")
    order = ("numpy", "torch", "tensorflow", "jax")
    stems = {path.stem.removesuffix(_SUFFIX) for path in files}
    return (*(n for n in order if n in stems), *sorted(stems.difference(order)), *plugins.backend_modules())


def module_name(name: str) -> str:
    """Return the import path of a backend's module, without importing it."""
    return plugins.backend_modules().get(name, f"{__name__}.{name}{_SUFFIX}")


def is_installed(name: str) -> bool:
    """Return whether a backend's framework, a module with its name, can be imported; plugins bring their own."""
    return name in plugins.backend_modules() or importlib.util.find_spec(name) is not None


@functools.cache
def load(name: str) -> Backend:
    """Import and return the backend's module; this imports its framework.

    Raises LookupError for an unknown name, and BackendUnavailable if the framework, a module with
    the backend's name, is missing.
    """
    if name not in names():
        raise spelling.unknown("backend", name, names())
    try:
        return cast(Backend, importlib.import_module(module_name(name)))
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise BackendUnavailable(f"backend {name!r} needs the package {name!r}, which is not installed") from error


def function(name: str, activation: str, **parameters: Any) -> Function:
    """Return the backend's function of x with its parameters checked and bound, which is what is timed.

    The function adds nothing to the framework's call and does not check `x`.
    """
    entry = find(activation)
    return functools.partial(_implementation(name, entry), **entry.bind(**parameters))


def _implementation(name: str, entry: Activation) -> Any:
    implementation = getattr(load(name), entry.name, None)
    if implementation is None:  # an activation of another package brings its own implementations
        try:
            implementation = getattr(importlib.import_module(f"{entry.home}.{name}{_SUFFIX}"), entry.name, None)
        except ModuleNotFoundError as error:
            if error.name != f"{entry.home}.{name}{_SUFFIX}":
                raise
    if implementation is None:
        raise NotImplementedError(f"backend {name!r} has no {entry.name}")
    return implementation


def call(name: str, activation: str, x: Array, **parameters: Any) -> Array:
    """Return the activation of `x`, an array of the backend's framework in one of the four dtypes.

    Raises the same errors on every backend: TypeError for another kind of array or parameter, and
    ValueError for a parameter out of its domain, an axis that `x` does not have, or an odd axis for glu.
    """
    bound = function(name, activation, **parameters)
    load(name).dtype(x)
    check_axes(find(activation), tuple(x.shape), cast(Any, bound).keywords)
    return bound(x)


def check_axes(entry: Activation, shape: tuple[int, ...], parameters: Parameters) -> None:
    """Raise ValueError for an axis that an array of this shape does not have, or that glu cannot split in half."""
    axis = parameters.get("axis", ())
    axes = axis if isinstance(axis, tuple) else (axis,)
    for a in axes:
        if not -len(shape) <= a < len(shape):
            raise ValueError(f"{entry.name}: axis {a} does not exist in shape {shape}")
    if len({a % len(shape) for a in axes}) < len(axes):
        raise ValueError(f"{entry.name}: axis {axis} names an axis twice")
    if entry.kind == "gated" and shape[axis] % 2:
        raise ValueError(f"{entry.name}: axis {axis} of shape {shape} is odd and cannot be split in half")
