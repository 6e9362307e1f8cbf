"""Execution of NumPy formulas: block by block, on one thread or several, without warnings.

A formula takes blocks of its inputs and then `y`, a block of the result, to which its last operation writes
(`out=y`) and which it may use as scratch memory before. An array that it returns instead of `y` is copied there.
Formulas use few temporaries: each takes another 256 KiB of cache, and at a thousand elements each call of NumPy costs
half a microsecond.

Half precision is computed in float32 and rounded once. Blocks do not depend on the number of threads, so neither do
results. A formula may take a shorter way for a block whose numbers allow it; the last digit of a result can then
depend on its neighbours.
"""

import contextvars
import functools
import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from backends.interface import Array

Formula = Callable[..., Array]

# Bytes of one array: a block, its result and a temporary fit in a second-level cache of 1 MiB, and the work on a block
# takes longer than the calls. Half of this size costs a tenth more time, an eighth of it half as much again.
BLOCK = 256 * 1024

# Entering a copy of this context costs 0.1 us; np.errstate costs 0.9, a seventh of a small call.
_QUIET = contextvars.Context()
_QUIET.run(np.seterr, all="ignore")

# One executor for each thread beside the caller's.
_helpers: list[ThreadPoolExecutor] = []


def use_threads(count: int) -> None:
    """Spread the blocks of large arrays over `count` threads, including the caller's."""
    while _helpers:
        _helpers.pop().shutdown()
    _helpers.extend(ThreadPoolExecutor(1, "numpy-blocks") for _ in range(count - 1))


def elementwise(formula: Formula) -> Formula:
    """Return a function of arrays of any layout from a formula of flat arrays of one shape."""

    @functools.wraps(formula)
    def run(*arrays: Array, **parameters: Any) -> Array:
        x = arrays[-1]
        y = np.empty(x.shape, x.dtype)
        if x.ndim == 1:
            _spread(formula, arrays, y, _block_elements(y), parameters)
        else:
            _spread(formula, [a.reshape(-1) for a in arrays], y.reshape(-1), _block_elements(y), parameters)
        return y

    return _without_y(run)


def _without_y(run: Formula) -> Formula:
    """Remove `y`, the formula's last positional parameter, from a signature: callers do not pass it."""
    signature = inspect.signature(run)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]  # inspect's own protocol
        parameters=[p for p in signature.parameters.values() if p.name != "y"]
    )
    return run


def _spread(formula: Formula, arrays: Sequence[Array], out: Array, block: int, parameters: dict[str, Any]) -> None:
    """Compute `out` from `arrays`, `block` entries of the first axis at a time, on all threads."""
    if 0 < len(out) <= block and out.itemsize > 2:
        quiet = _QUIET.copy()
        result = quiet.run(formula, *arrays, out, **parameters)
        if result is not out:
            quiet.run(np.copyto, out, result)  # a float64 result may overflow in out
        return
    # a list's iterator, shared: each thread takes the next block
    parts = iter([slice(start, start + block) for start in range(0, len(out), block)])
    work = functools.partial(_work, formula, arrays, out, parameters)
    helpers = _helpers if len(out) > block else ()
    jobs = [helper.submit(_QUIET.copy().run, work, parts) for helper in helpers]
    _QUIET.copy().run(work, parts)
    for job in jobs:
        job.result()


def _work(
    formula: Formula, arrays: Sequence[Array], out: Array, parameters: dict[str, Any], parts: Iterable[slice]
) -> None:
    for part in parts:
        y = out[part]
        wide = y if y.itemsize > 2 else np.empty(y.shape, np.float32)
        result = formula(*(_wide(a[part]) for a in arrays), wide, **parameters)
        if result is not y:
            y[...] = result


def _block_elements(x: Array) -> int:
    """Return the number of elements in a block."""
    return BLOCK // max(int(x.itemsize), 4)


def _wide(x: Array) -> Array:
    return x if x.itemsize > 2 else x.astype(np.float32)


def along(axis: int | tuple[int, ...], formula: Formula, *arrays: Array, shrink: int = 1) -> Array:
    """Apply a formula of matrix rows to arrays whose rows lie along one axis, or along several axes taken as one.

    The result's rows are `shrink` times shorter than those of the last array.
    """
    axes = axis if isinstance(axis, tuple) else (axis,)
    last = tuple(range(-len(axes), 0))
    if axes == last:
        return _rows(formula, arrays, len(axes), shrink)
    moved = [np.ascontiguousarray(np.moveaxis(a, axes, last)) for a in arrays]
    return np.ascontiguousarray(np.moveaxis(_rows(formula, moved, len(axes), shrink), last, axes))


def _rows(formula: Formula, arrays: Sequence[Array], axes: int, shrink: int) -> Array:
    *outer, length = arrays[-1].shape
    y = np.empty((*outer, length // shrink), arrays[-1].dtype)
    if y.size:
        count = math.prod(y.shape[:-axes])
        out = y.reshape(count, -1)
        _spread(formula, [a.reshape(count, -1) for a in arrays], out, max(1, _block_elements(y) // out.shape[1]), {})
    return y


def at_least(x: Array, low: float, out: Array | None = None) -> Array:
    """Return max(x, low); np.maximum with a number takes 3 ns an element on random signs, one by one; clip 0.1 ns."""
    return x.clip(low, np.inf, out=out)


def at_most(x: Array, high: float, out: Array | None = None) -> Array:
    """Return min(x, high)."""
    return x.clip(-np.inf, high, out=out)


def mask(compare: np.ufunc, x: Array, bound: float, out: Array) -> Array:
    """Write 1 where the comparison holds and 0 elsewhere, as numbers: a product with bools costs more."""
    return compare(x, bound, out=out, casting="unsafe")


def polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    """Return a polynomial by Horner's rule; coefficients start at the constant."""
    *rest, leading = coefficients
    y = leading * x
    for c in rest[:0:-1]:
        y += c
        y *= x
    y += rest[0]
    return y


def fraction(x: Array, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> Array:
    """Return the quotient of two polynomials, numerator first, in the dtype of x."""
    numerator, denominator = (polynomial(x, row) for row in coefficients)
    numerator /= denominator
    return numerator


def choose(mask: Array, yes: float, no: Array, out: Array) -> Array:
    """Return `yes` where the mask is set, else `no`, by bits: np.where costs 2 to 4 ns an element on a random mask."""
    bits = f"u{no.itemsize}"
    chosen = np.asarray(yes, no.dtype).view(bits) ^ no.view(bits)
    chosen *= mask
    np.bitwise_xor(chosen, no.view(bits), out=out.view(bits))
    return out
