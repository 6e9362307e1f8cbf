"""What every function of the NumPy backend shares: dtypes, cache-sized blocks, axes, warnings.

A function is written for one block in the dtype it computes in. Half precision computes in float32
and rounds once. `wide` functions compute float32 in float64: NumPy's float32 exp is wrong by up to
2.5 ulp, and a quotient of two of them would not stay within 4.
"""

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, overload

import ml_dtypes
import numpy as np

Array = Any  # numpy.ndarray; a block may be a scalar array
Function = Callable[..., Any]

BLOCK = 32 * 1024
"""Elements in a block: float64 temporaries of 256 KiB each stay in a 1 MiB second-level cache."""

_HALF = (np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))


def _computing(dtype: Any, wide: bool) -> Any:
    if dtype in _HALF:
        return np.dtype(np.float32)
    return np.dtype(np.float64) if wide else dtype


@overload
def elementwise(formula: Function) -> Function: ...
@overload
def elementwise(*, wide: bool) -> Callable[[Function], Function]: ...
def elementwise(formula: Function | None = None, *, wide: bool = False) -> Any:
    """Run a formula of one or more arrays of the same shape block by block; output in the last one's dtype."""
    if formula is None:
        return functools.partial(elementwise, wide=wide)

    @functools.wraps(formula)
    def run(*arrays: Array, **parameters: Any) -> Array:
        x = arrays[-1]
        computing = _computing(x.dtype, wide)
        with np.errstate(all="ignore"):
            if x.size <= BLOCK:
                blocks = [a.astype(computing, copy=False) for a in arrays]
                return np.asarray(formula(*blocks, **parameters)).astype(x.dtype, copy=False)
            out = np.empty(x.shape, x.dtype)
            flat = [a.reshape(-1) for a in arrays]
            into = out.reshape(-1)
            for part in _parts(x.size, BLOCK):
                into[part] = formula(*(a[part].astype(computing, copy=False) for a in flat), **parameters)
        return out

    return run


def _parts(total: int, length: int) -> Iterator[slice]:
    return (slice(start, start + length) for start in range(0, total, length))


def along(formula: Function) -> Function:
    """Run a formula of arrays (rows, n) along `axis`, an axis or several taken as one; a few rows at a time."""

    @functools.wraps(formula)
    def run(*arrays: Array, axis: int | tuple[int, ...]) -> Array:
        axes = axis if isinstance(axis, tuple) else (axis,)
        last = tuple(range(-len(axes), 0))
        moved = [np.moveaxis(a, axes, last) for a in arrays]
        shape = moved[-1].shape
        length = math.prod(shape[-len(axes) :])
        if not arrays[-1].size:
            return np.empty_like(arrays[-1])
        rows = [a.reshape(-1, length) for a in moved]
        out = np.empty(rows[-1].shape, arrays[-1].dtype)
        computing = _computing(out.dtype, wide=True)
        with np.errstate(all="ignore"):
            for part in _parts(len(out), max(1, BLOCK // length)):
                out[part] = formula(*(r[part].astype(computing, copy=False) for r in rows))
        return np.moveaxis(out.reshape(shape), last, axes)

    return run
