"""How a NumPy formula is run: half precision computed in float32 and rounded once, large arrays block by block."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from backends.interface import Array

# Elements: what a formula's few temporaries need stays in the second-level cache, and a block outlasts its calls.
BLOCK = 32 * 1024


def _wide(x: Array) -> Array:
    return x if x.dtype.itemsize > 2 else x.astype(np.float32)


def elementwise(formula: Callable[..., Array]) -> Callable[..., Array]:
    """`formula` of flat arrays of one shape, for arrays of any layout; no warning leaves it."""

    @functools.wraps(formula)
    def run(*arrays: Array, **parameters: Any) -> Array:
        y = np.empty(arrays[-1].shape, arrays[-1].dtype)
        flat, out = [a.reshape(-1) for a in arrays], y.reshape(-1)
        with np.errstate(all="ignore"):
            for start in range(0, y.size, BLOCK):
                part = slice(start, start + BLOCK)
                out[part] = formula(*(_wide(a[part]) for a in flat), **parameters)
        return y

    return run


def along(axis: int | tuple[int, ...], formula: Callable[..., Array], *arrays: Array) -> Array:
    """`formula` of the rows of matrices, for arrays whose rows lie along one axis, or several as if they were one."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    last = tuple(range(-len(axes), 0))
    y = np.empty(arrays[-1].shape, arrays[-1].dtype)
    if not y.size:
        return y
    moved = np.moveaxis(y, axes, last)
    length = int(np.prod(moved.shape[-len(axes) :]))
    with np.errstate(all="ignore"):
        rows = formula(*(_wide(np.moveaxis(a, axes, last).reshape(-1, length)) for a in arrays))
        moved[...] = rows.reshape(moved.shape)
    return y
