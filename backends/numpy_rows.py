"""What NumPy computes of whole rows: matrices whose rows lie along the last axis, see `numpy_kernel.along`."""

import numpy as np

from backends.interface import Array
from backends.numpy_kernel import at_least, at_most

# exp(-x) and 1 / exp(x) are normal numbers from here on, and so are their products with numbers of ordinary size
FAR = -64.0


def _halves(x: Array) -> tuple[Array, Array]:
    half = x.shape[-1] // 2
    return x[:, :half], x[:, half:]


def glu(x: Array, y: Array) -> Array:
    """a / (1 + exp(-b)); where that would overflow, the exponential in two halves."""
    a, b = _halves(x)
    negative = np.negative(x)[:, b.shape[1] :]  # a whole block costs no more than its half, which is in pieces
    if negative.max() <= -FAR:
        e = np.exp(negative, out=y)
        e += 1
        return np.divide(a, e, out=y)
    f, t = np.exp(0.5 * at_most(b, 0.0)), np.exp(-np.abs(b))
    return np.multiply(a * f, f / (1 + t), out=y)


def backprop_glu(dy: Array, x: Array, y: Array) -> Array:
    """s = sigmoid(b) for a, a s (1 - s) for b, 1 - s = exp(-b) s."""
    (a, b), (da, db) = _halves(x), _halves(y)
    if b.min() >= FAR:
        e = np.exp(-b)
        s = 1 / (1 + e)
        np.multiply(dy, s, out=da)
        e *= s
        e *= a
        np.multiply(e, da, out=db)
        return y
    glu(np.concatenate([dy, b], -1), da)
    e = np.exp(-0.5 * np.abs(b))
    s = 1 / (1 + e * e)
    np.multiply(dy * e * s, a * e * s, out=db)
    return y


def softmax(x: Array, y: Array) -> Array:
    """The largest entry is taken off first only where exp leaves the range without it."""
    e = np.exp(x, out=y)
    total = e.sum(-1, keepdims=True)
    # nothing has overflown, and what is subnormal in e is so in the result
    if not (total.min() >= 1 and total.max() < np.inf):
        e = np.exp(np.subtract(x, x.max(-1, keepdims=True), out=y), out=y)
        total = e.sum(-1, keepdims=True)
    return np.divide(e, total, out=y)


def backprop_softmax(dy: Array, x: Array, y: Array) -> Array:
    """y (dy - sum dy y)."""
    softmax(x, y)
    # the largest entry's own dy taken off first: the sum would cancel it
    d = dy - dy[_top(x)][:, None]
    d -= (d * y).sum(-1, keepdims=True)
    return np.multiply(y, d, out=y)


def _top(x: Array) -> tuple[Array, Array]:
    """The place of the largest entry in each row."""
    return np.arange(len(x)), x.argmax(-1)


def _others(x: Array) -> tuple[Array, tuple[Array, Array], Array, Array]:
    """Differences to the largest entry, its place, and exp of the others with their sum."""
    top = _top(x)
    z = x - x[top][:, None]
    e = np.exp(z)
    e[top] = 0.0
    return z, top, e, e.sum(-1, keepdims=True)


def log_softmax(x: Array, y: Array) -> Array:
    """x - max - log(sum), or log1p of the others' sum in a block with a row that one entry dominates."""
    z = x - x.max(-1, keepdims=True)
    total = np.exp(z, out=y).sum(-1, keepdims=True)
    if total.min() >= 2:  # far enough from 1 for its logarithm to keep every digit
        return np.subtract(z, np.log(total), out=y)
    z, _, _, rest = _others(x)
    return np.subtract(z, np.log1p(rest), out=y)


def backprop_log_softmax(dy: Array, x: Array, y: Array) -> Array:
    """dy - softmax(x) sum dy; for the largest entry without the term that cancels."""
    _, top, e, rest = _others(x)
    own = dy[top][:, None]
    np.copyto(y, dy)
    y[top] = 0.0
    others = y.sum(-1, keepdims=True)
    e *= (own + others) / (1 + rest)
    y -= e
    y[top] = ((own * rest - others) / (1 + rest))[:, 0]
    return y


def _support(z: Array) -> tuple[Array, Array, Array, Array]:
    """What sparsemax keeps, as places in the flat z, their rows and how many there are in each, and tau; for z <= 0
    with 0 in every row. Newton's method, which falls short of tau from below until the support no longer shrinks.
    All terms of tau have one sign."""
    places = np.flatnonzero(z > -1)  # nothing else can be kept
    rows, kept = places // z.shape[1], z.reshape(-1)[places]
    while True:
        count = np.bincount(rows, minlength=len(z))
        tau = (np.bincount(rows, kept, len(z)) - 1) / count
        inside = kept > tau[rows]
        if inside.all():
            return places, rows, count, tau.astype(z.dtype)
        places, rows, kept = places[inside], rows[inside], kept[inside]


def sparsemax(x: Array, y: Array) -> Array:
    """max(x - max - tau, 0)."""
    z = np.subtract(x, x.max(-1, keepdims=True), out=y)
    tau = _support(z)[-1]
    return at_least(np.subtract(z, tau[:, None], out=y), 0.0, out=y)


def backprop_sparsemax(dy: Array, x: Array, y: Array) -> Array:
    """dy less its mean over what is kept."""
    places, rows, count, _ = _support(np.subtract(x, x.max(-1, keepdims=True), out=y))
    own = dy.reshape(-1)[places]
    mean = np.bincount(rows, own, len(x)) / count
    y[...] = 0.0 * mean[:, None]  # NaN where a row keeps nothing
    y.reshape(-1)[places] = own - mean[rows]
    return y
