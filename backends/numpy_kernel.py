"""How a NumPy formula is run: half precision computed in float32 and rounded once, large arrays block by block."""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backends.interface import Array

# Elements: what a formula's few temporaries need stays in the second-level cache, and a block outlasts its calls.
BLOCK = 32 * 1024


def _wide(x: Array) -> Array:
    return x if x.dtype.itemsize > 2 else x.astype(np.float32)


def _parts(size: int, block: int) -> Iterator[slice]:
    return (slice(start, start + block) for start in range(0, size, block))


def elementwise(formula: Callable[..., Array]) -> Callable[..., Array]:
    """`formula` of flat arrays of one shape, for arrays of any layout; no warning leaves it."""

    @functools.wraps(formula)
    def run(*arrays: Array, **parameters: Any) -> Array:
        y = np.empty(arrays[-1].shape, arrays[-1].dtype)
        flat, out = [a.reshape(-1) for a in arrays], y.reshape(-1)
        with np.errstate(all="ignore"):
            for part in _parts(y.size, BLOCK):
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
    moved = [np.moveaxis(a, axes, last) for a in arrays]
    length = math.prod(moved[-1].shape[-len(axes) :])
    rows, out = [a.reshape(-1, length) for a in moved], np.empty((y.size // length, length), y.dtype)
    with np.errstate(all="ignore"):
        for part in _parts(len(out), max(1, BLOCK // length)):
            out[part] = formula(*(_wide(a[part]) for a in rows))
    np.moveaxis(y, axes, last)[...] = out.reshape(moved[-1].shape)
    return y
