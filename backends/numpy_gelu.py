"""gelu and its gradient. Float32 within NEAR needs float64 in the exponent only and fractions of lower degree."""

import numpy as np

from backends.interface import Array
from backends.numpy_kernel import at_most, fraction, mask
from backends.numpy_normal import (
    CUBIC,
    LINEAR,
    NEAR,
    ROOT,
    ROOT_REST,
    M,
    S,
    cubic_exp,
    gauss,
    near_cubic_exp,
    near_gauss,
    ratio,
)


def erf_form(x: Array, y: Array) -> Array:
    """Return max(x, 0) - |x| Q(|x|), where Q is the tail of the normal distribution."""
    exact = x.dtype == np.float64
    q = np.abs(x)
    if not exact and q.max() <= NEAR:
        tail = near_gauss(q)
        tail *= q
        tail *= fraction(q, M["near"])
        return np.subtract(x.clip(-0.0, np.inf, out=y), tail, out=y)
    at_most(q, 40.0, out=q)
    wide = q.astype(np.float64, copy=False)
    return x.clip(-0.0, np.inf) - wide * gauss(wide, exact=exact) * ratio(q, M)


def backprop_erf_form(dy: Array, x: Array, y: Array) -> Array:
    """Return dy times the derivative, mirrored from -|x|; its root is a factor, so that it keeps every digit there."""
    exact = x.dtype == np.float64
    q = np.abs(x)
    if not exact and q.max() <= NEAR:
        derivative = fraction(q, S["near"])
        derivative *= near_gauss(q)
        derivative *= np.subtract(ROOT, q, dtype=np.float64).astype(np.float32)
    else:
        at_most(q, 40.0, out=q)
        wide = q.astype(np.float64, copy=False)
        derivative = gauss(wide, exact=exact) * (ROOT - wide + ROOT_REST) * ratio(q, S)
    return np.multiply(dy, _mirror(derivative, x), out=y, casting="same_kind")


def tanh_form(x: Array, y: Array) -> Array:
    """Return x e / (1 + e), where e is the exponential of a cubic."""
    exact = x.dtype == np.float64
    if not exact and x.min() >= -NEAR:
        e = near_cubic_exp(at_most(x, 8.0, out=y).astype(np.float64))
        np.divide(e, 1 + e, out=y)
        y *= x
        return y
    c = x.clip(-30.0, 8.0).astype(np.float64, copy=False)  # at 8 the tail vanishes beside 1
    e = cubic_exp(c, exact=exact)
    return c * e / (1 + e) + (x - 8).clip(-0.0, np.inf)


def backprop_tanh_form(dy: Array, x: Array, y: Array) -> Array:
    """Return dy e s (1 + x (LINEAR + 3 CUBIC x^2) + e) s with s = 1 / (1 + e)."""
    exact = x.dtype == np.float64
    if not exact and x.min() >= -NEAR:
        wide = at_most(x, 8.0, out=y).astype(np.float64)
        inner = wide * wide
        inner *= 3 * CUBIC
        inner += LINEAR
        inner *= wide
        e = near_cubic_exp(wide)
        inner += 1
        inner += e
        y[...] = inner
        s = 1 / (1 + e)
        y *= s
        e *= s
        e *= dy
        y *= e
        return y
    c = x.clip(-30.0, 8.0).astype(np.float64, copy=False)
    e = cubic_exp(c, exact=exact)
    s = 1 / (1 + e)
    return dy * (e * s) * ((1 + c * (LINEAR + 3 * CUBIC * c * c) + e) * s)


def _mirror(derivative: Array, x: Array) -> Array:
    """Return f'(x) from its values at -|x|, which are overwritten; f'(x) + f'(-x) = 1."""
    positive = mask(np.greater, x, 0, np.empty_like(x))
    derivative *= 1 - 2 * positive
    derivative += positive
    return derivative
