"""Formulas in float64 for parameters that are too large or too small for the usual formulas."""

import numpy as np

from backends.interface import Array
from backends.numpy_kernel import at_least, at_most, mask


def backprop_elu(dy: Array, x: Array, *, alpha: float) -> Array:
    """Return dy alpha exp(x) for x <= 0 from two halves of exp, which may be subnormal where alpha exp(x) is not."""
    wide = x.astype(np.float64)
    root = np.exp(0.5 * at_most(wide, 0.0))
    return dy * (alpha * root * (wide <= 0) * root + (wide > 0))


def celu(x: Array, *, alpha: float) -> Array:
    """Return max(x, alpha expm1(x / alpha)), which is x where x / alpha may be subnormal."""
    wide = x.astype(np.float64)
    curve = alpha * np.expm1(at_most(wide, 0.0) / alpha)
    return np.maximum(wide, at_most(curve, -alpha * 2.0**-60))


def backprop_celu(dy: Array, x: Array, *, alpha: float) -> Array:
    """Return dy exp(x / alpha) for x <= 0 and dy for x > 0."""
    return dy * np.exp(at_most(x.astype(np.float64), 0.0) / alpha)


def squareplus(x: Array, *, b: float) -> Array:
    """Return max(x, 0) + s / 2 / (u + sqrt(u^2 + 1)), u = |x| / s, s = sqrt(b)."""
    wide, s = x.astype(np.float64), b**0.5
    u = np.abs(wide) / s
    return at_least(wide, 0.0) + 0.5 * s / (u + np.hypot(u, 1.0))


def backprop_squareplus(dy: Array, x: Array, *, b: float) -> Array:
    """Return dy times the derivative, which is 1 / 2 / (u + h) / h at -|x|, h = sqrt(u^2 + 1)."""
    u = np.abs(x.astype(np.float64)) / b**0.5
    h = np.hypot(u, 1.0)
    positive = mask(np.greater, x, 0, out=np.empty_like(u))
    return dy * np.abs(positive - 0.5 / (u + h) / h)
