"""The backends by name, and the checked way to call an activation on one of them.

>>> import numpy as np, backends
>>> backends.call("numpy", "relu", np.float32([-1.0, 2.0]), alpha=0.5)
array([-0.5,  2. ], dtype=float32)

Importing this package imports no framework.
"""

import functools
import importlib
from pathlib import Path
from typing import Any, cast

from backends import plugins, spelling
from backends.activation import Activation, Parameters, find
from backends.interface import Array, Backend, Function

_SUFFIX = "_backend"


class BackendUnavailable(RuntimeError):
    """The framework of a backend is not installed. A broken install raises its own error."""


def names() -> tuple[str, ...]:
    """Every backend: the files of this package, then the entry points `activation_bench.backends`."""
    files = Path(__file__).parent.glob(f"*{_SUFFIX}.py")
    order = ("numpy", "torch", "tensorflow", "jax")
    own = {path.stem.removesuffix(_SUFFIX) for path in files}
    return (*(n for n in order if n in own), *sorted(own.difference(order)), *plugins.backend_modules())


def module_name(name: str) -> str:
    """The import path of a backend's module, which this does not import."""
    return plugins.backend_modules().get(name, f"{__name__}.{name}{_SUFFIX}")


@functools.cache
def load(name: str) -> Backend:
    """The backend's module, its framework imported.

    Raises LookupError for an unknown name and BackendUnavailable where the framework, a module
    of the backend's own name, is missing.
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
    """The backend's own function of x alone, parameters checked and bound: what is timed.

    Nothing stands between its caller and the framework; `x` is not checked.
    """
    entry = find(activation)
    return functools.partial(_implementation(name, entry), **entry.bind(**parameters))


def _implementation(name: str, entry: Activation) -> Any:
    found = getattr(load(name), entry.name, None)
    if found is None:  # an activation of another package brings its own implementations
        try:
            found = getattr(importlib.import_module(f"{entry.home}.{name}{_SUFFIX}"), entry.name, None)
        except ModuleNotFoundError as error:
            if error.name != f"{entry.home}.{name}{_SUFFIX}":
                raise
    if found is None:
        raise NotImplementedError(f"backend {name!r} has no {entry.name}")
    return found


def call(name: str, activation: str, x: Array, **parameters: Any) -> Array:
    """The activation of `x`, an array of the backend's framework in one of its four dtypes.

    Raises TypeError for another kind of array or parameter, ValueError for a parameter out of its
    domain, an axis that `x` does not have, or an odd axis given to glu: the same on every backend.
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
