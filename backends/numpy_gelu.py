"""gelu and its slope. Float32 within NEAR takes less: float64 in the exponent alone, and fractions of lower degree."""

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
    """max(x, 0) - |x| Q(|x|), Q the normal distribution's tail."""
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
    """The slope at -|x|, mirrored; its root is a factor, so that it keeps every digit there."""
    exact = x.dtype == np.float64
    q = np.abs(x)
    if not exact and q.max() <= NEAR:
        left = fraction(q, S["near"])
        left *= near_gauss(q)
        left *= np.subtract(ROOT, q, dtype=np.float64).astype(np.float32)
    else:
        at_most(q, 40.0, out=q)
        wide = q.astype(np.float64, copy=False)
        left = gauss(wide, exact=exact) * (ROOT - wide + ROOT_REST) * ratio(q, S)
    return np.multiply(dy, _mirrored(left, x), out=y, casting="same_kind")


def tanh_form(x: Array, y: Array) -> Array:
    """x e / (1 + e), e the exponential of a cubic."""
    exact = x.dtype == np.float64
    if not exact and x.min() >= -NEAR:
        e = near_cubic_exp(at_most(x, 8.0, out=y).astype(np.float64))
        np.divide(e, 1 + e, out=y)
        y *= x
        return y
    c = x.clip(-30.0, 8.0).astype(np.float64, copy=False)  # at 8 its tail vanishes beside 1
    e = cubic_exp(c, exact=exact)
    return c * e / (1 + e) + (x - 8).clip(-0.0, np.inf)


def backprop_tanh_form(dy: Array, x: Array, y: Array) -> Array:
    """With s = 1 / (1 + e): e s (1 + x (LINEAR + 3 CUBIC x^2) + e) s."""
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


def _mirrored(left: Array, x: Array) -> Array:
    """The slope whose left half is `left` at -|x|, where slope(x) + slope(-x) = 1."""
    right = mask(np.greater, x, 0, np.empty_like(x))
    left *= 1 - 2 * right
    left += right
    return left
