"""What NumPy computes of whole rows: matrices whose rows lie along the last axis, see `numpy_kernel.along`."""

import numpy as np

from backends.interface import Array
from backends.numpy_kernel import at_least, at_most

# exp(-x) and 1 / exp(x) are normal numbers from here on, and so are their products with numbers of ordinary size
FAR = -64.0
# np.bincount adds one by one: more than this are added pairwise
MANY = 16


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


def _shift(x: Array, top: Array) -> Array:
    """What is taken off a row before exp: its largest entry, nothing where no exponential leaves the range.

    A difference is rounded, which exp magnifies by its size.
    """
    near = np.abs(top + 0.5 * FAR) <= -0.5 * FAR
    if top.min() < 0:
        low = ((top < 0) & (top >= FAR))[:, 0]
        near[low] = x[low].min(-1, keepdims=True) >= FAR
    return np.where(near, x.dtype.type(0), top)


def _exponentials(x: Array, y: Array) -> tuple[Array, Array]:
    """exp(x) in y and its sum, entries shifted only where that leaves the range in a row of the block."""
    e = np.exp(x, out=y)
    total = e.sum(-1, keepdims=True)
    # nothing has overflown, and what is subnormal in e is so in the result
    if not (total.min() >= 1 and total.max() < np.inf):
        e = np.exp(np.subtract(x, _shift(x, x.max(-1, keepdims=True)), out=y), out=y)
        total = e.sum(-1, keepdims=True)
    return e, total


def softmax(x: Array, y: Array) -> Array:
    """exp(x) over its sum."""
    return np.divide(*_exponentials(x, y), out=y)


def backprop_softmax(dy: Array, x: Array, y: Array) -> Array:
    """y (dy - sum dy y)."""
    e, total = _exponentials(x, y)
    # the largest entry's own dy taken off first: the sum would cancel it
    d = dy - dy[_top(x)][:, None]
    mean = (d * e).sum(-1, keepdims=True) / total  # not of d y, where equal entries are all rounded the same way
    np.divide(e, total, out=y)
    if not np.isfinite(mean).all():
        mean = (d * y).sum(-1, keepdims=True)
    d -= mean
    return np.multiply(y, d, out=y)


def _top(x: Array) -> tuple[Array, Array]:
    """The place of the largest entry in each row."""
    return np.arange(len(x)), x.argmax(-1)


def log_softmax(x: Array, y: Array) -> Array:
    """x - max - log(sum), or log1p of the others' sum in a block with a row that one entry dominates."""
    top = x.max(-1, keepdims=True)
    z = x - top
    total = np.exp(z, out=y).sum(-1, keepdims=True)
    if total.min() >= 2:  # far enough from 1 for its logarithm to keep every digit
        return np.subtract(z, np.log(total), out=y)
    place = _top(x)
    e = np.exp(np.subtract(x, _shift(x, top), out=y), out=y)
    own = e[place][:, None]
    own[np.isnan(own)] = 1.0  # of an infinite entry, beside which the others are nothing
    e[place] = 0.0
    return np.subtract(z, np.log1p(e.sum(-1, keepdims=True) / own), out=y)


def backprop_log_softmax(dy: Array, x: Array, y: Array) -> Array:
    """dy - softmax(x) sum dy; for the largest entry without the term that cancels."""
    top = _top(x)
    e = np.exp(x - x[top][:, None])
    e[top] = 0.0
    rest = e.sum(-1, keepdims=True)
    own = dy[top][:, None]
    np.copyto(y, dy)
    y[top] = 0.0
    others = y.sum(-1, keepdims=True)
    e *= (own + others) / (1 + rest)
    y -= e
    y[top] = ((own * rest - others) / (1 + rest))[:, 0]
    return y


def _support(z: Array) -> tuple[Array, Array, Array, Array, Array]:
    """What sparsemax keeps, as places in the flat z, their rows and how many there are in each, tau, and what of z is
    there; for z <= 0 with 0 in every row. Newton's method, which falls short of tau from below until the support no
    longer shrinks. All terms of tau have one sign."""
    places = np.flatnonzero(z > -1)  # nothing else can be kept
    rows, kept = places // z.shape[1], z.reshape(-1)[places]
    while True:
        count = np.bincount(rows, minlength=len(z))
        tau = (np.bincount(rows, kept, len(z)) - 1) / count
        inside = kept > tau[rows]
        if inside.all():
            return places, rows, count, tau, kept
        places, rows, kept = places[inside], rows[inside], kept[inside]


def sparsemax(x: Array, y: Array) -> Array:
    """max(x - max - tau, 0)."""
    top = x.max(-1)
    z = np.subtract(x, top[:, None], out=y)
    places, rows, count, tau, kept = _support(z)
    if count.max() > MANY or np.abs(top).min() < 1:
        shift = np.where(np.abs(top) < 1, 0.0, top.astype(np.float64))
        kept = x.reshape(-1)[places] - shift[rows]
        tau = (_sums(kept, rows, len(x)) - 1) / count
    y[...] = (0 / count).astype(y.dtype)[:, None]  # NaN where a row keeps nothing
    y.reshape(-1)[places] = at_least(kept - tau[rows], 0.0)
    return y


def _sums(values: Array, rows: Array, count: int) -> Array:
    """Of the values of each row, pairwise."""
    total = np.zeros(count)
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    total[rows[starts]] = np.add.reduceat(values, starts)
    return total


def backprop_sparsemax(dy: Array, x: Array, y: Array) -> Array:
    """dy less its mean over what is kept."""
    places, rows, count, _, _ = _support(np.subtract(x, x.max(-1, keepdims=True), out=y))
    own = dy.reshape(-1)[places]
    mean = np.bincount(rows, own, len(x)) / count
    y[...] = 0.0 * mean[:, None]  # NaN where a row keeps nothing
    y.reshape(-1)[places] = own - mean[rows]
    return y
