"""The difference x - tanh(x) without its cancellation, which loses all digits at 0."""

import numpy as np

from backends.interface import Array
from backends.numpy_kernel import fraction

# (x - tanh x) / x^3 as a function of s = x^2: interpolates at Chebyshev points of (s - 16) / (s + 16) on [0, NEAR^2];
# its own relative error is below 2^-33
NEAR = 6.0
CUBIC = (
    (0.3333333333, 0.023894442, 0.0003971800941, 1.55515114e-06, 2.268220411e-11),
    (1.0, 0.471683326, 0.02796010879, 0.000429397972, 1.597192372e-06),
)


def near(x: Array, y: Array) -> Array:
    """Return x - tanh(x) for float32 within NEAR."""
    square = np.square(x, out=y)
    cubic = fraction(square, CUBIC)
    cubic *= square
    return np.multiply(cubic, x, out=y)


def far(x: Array, y: Array) -> Array:
    """Return x - tanh(x) for any x: Lambert's continued fraction up to 2, and the difference itself beyond."""
    c = x.clip(-2.0, 2.0)
    square = c * c
    tail = np.zeros_like(c)
    for k in range(25, 1, -2):  # tanh x = x / (1 + x^2 / (3 + x^2 / (5 + ...)))
        tail = square / (k + tail)
    beyond = np.abs(x) > 2
    return np.add(c * tail / (1 + tail) * ~beyond, (x - np.tanh(x)) * beyond, out=y)
