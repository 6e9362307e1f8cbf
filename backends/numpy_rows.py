"""Formulas of whole rows, given as matrices with rows along the last axis; see `numpy_kernel.along`."""

import numpy as np

from backends.interface import Array
from backends.numpy_kernel import at_least, at_most

# for x >= FAR, exp(-x) and 1 / exp(x) are normal numbers, and so are their products with numbers of ordinary size
FAR = -64.0
# np.bincount adds one by one: more entries than this are added pairwise
MANY = 16


def _halves(x: Array) -> tuple[Array, Array]:
    half = x.shape[-1] // 2
    return x[:, :half], x[:, half:]


def glu(x: Array, y: Array) -> Array:
    """Return a / (1 + exp(-b)), with the exponential in two halves where it would overflow."""
    a, b = _halves(x)
    negative = np.negative(x)[:, b.shape[1] :]  # a whole block costs no more than its half, which is not contiguous
    if negative.max() <= -FAR:
        e = np.exp(negative, out=y)
        e += 1
        return np.divide(a, e, out=y)
    f, t = np.exp(0.5 * at_most(b, 0.0)), np.exp(-np.abs(b))
    return np.multiply(a * f, f / (1 + t), out=y)


def backprop_glu(dy: Array, x: Array, y: Array) -> Array:
    """Return dy s for a and dy a s (1 - s) for b, with s = sigmoid(b) and 1 - s = exp(-b) s."""
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
    """Return the shift of each row before exp: its largest entry, or 0 if no exponential leaves the range.

    The difference is rounded, and exp magnifies that error by the size of the difference.
    """
    near = np.abs(top + 0.5 * FAR) <= -0.5 * FAR
    if top.min() < 0:
        low = ((top < 0) & (top >= FAR))[:, 0]
        near[low] = x[low].min(-1, keepdims=True) >= FAR
    return np.where(near, x.dtype.type(0), top)


def _exponentials(x: Array, y: Array) -> tuple[Array, Array]:
    """Return exp(x), in y, and its sums; entries are shifted only if a row of the block leaves the range."""
    e = np.exp(x, out=y)
    total = e.sum(-1, keepdims=True)
    # nothing has overflowed, and entries that are subnormal in e are so in the result
    if not (total.min() >= 1 and total.max() < np.inf):
        e = np.exp(np.subtract(x, _shift(x, x.max(-1, keepdims=True)), out=y), out=y)
        total = e.sum(-1, keepdims=True)
    return e, total


def softmax(x: Array, y: Array) -> Array:
    """Return exp(x) divided by its sum."""
    return np.divide(*_exponentials(x, y), out=y)


def backprop_softmax(dy: Array, x: Array, y: Array) -> Array:
    """Return y (dy - sum dy y)."""
    e, total = _exponentials(x, y)
    # the dy of the largest entry is subtracted first: the sum would cancel it
    d = dy - dy[_top(x)][:, None]
    mean = (d * e).sum(-1, keepdims=True) / total  # not the sum of d y: equal entries are all rounded alike
    np.divide(e, total, out=y)
    if not np.isfinite(mean).all():
        mean = (d * y).sum(-1, keepdims=True)
    d -= mean
    return np.multiply(y, d, out=y)


def _top(x: Array) -> tuple[Array, Array]:
    """Return the indices of the largest entry in each row."""
    return np.arange(len(x)), x.argmax(-1)


def log_softmax(x: Array, y: Array) -> Array:
    """Return x - max - log(sum); log1p of the other entries' sum in a block with a row that one entry dominates."""
    top = x.max(-1, keepdims=True)
    z = x - top
    total = np.exp(z, out=y).sum(-1, keepdims=True)
    if total.min() >= 2:  # far enough from 1 for its logarithm to keep every digit
        return np.subtract(z, np.log(total), out=y)
    top_index = _top(x)
    e = np.exp(np.subtract(x, _shift(x, top), out=y), out=y)
    top_e = e[top_index][:, None]
    top_e[np.isnan(top_e)] = 1.0  # for an infinite entry, beside which the others vanish
    e[top_index] = 0.0
    return np.subtract(z, np.log1p(e.sum(-1, keepdims=True) / top_e), out=y)


def backprop_log_softmax(dy: Array, x: Array, y: Array) -> Array:
    """Return dy - softmax(x) sum dy, without the term that cancels at the largest entry."""
    top = _top(x)
    e = np.exp(x - x[top][:, None])
    e[top] = 0.0
    rest = e.sum(-1, keepdims=True)
    top_dy = dy[top][:, None]
    np.copyto(y, dy)
    y[top] = 0.0
    others = y.sum(-1, keepdims=True)
    e *= (top_dy + others) / (1 + rest)
    y -= e
    y[top] = ((top_dy * rest - others) / (1 + rest))[:, 0]
    return y


def _support(z: Array) -> tuple[Array, Array, Array, Array, Array]:
    """Return the support of sparsemax for z <= 0 with a 0 in every row.

    The arrays are the indices of its entries in the flat z, their rows, the number in each row, tau of each row, and
    the entries of z. Newton's method stays below tau until the support no longer shrinks. All terms of tau have one
    sign.
    """
    indices = np.flatnonzero(z > -1)  # no other entry can be in the support
    rows, entries = indices // z.shape[1], z.reshape(-1)[indices]
    while True:
        count = np.bincount(rows, minlength=len(z))
        tau = (np.bincount(rows, entries, len(z)) - 1) / count
        inside = entries > tau[rows]
        if inside.all():
            return indices, rows, count, tau, entries
        indices, rows, entries = indices[inside], rows[inside], entries[inside]


def sparsemax(x: Array, y: Array) -> Array:
    """Return max(x - max - tau, 0)."""
    top = x.max(-1)
    z = np.subtract(x, top[:, None], out=y)
    indices, rows, count, tau, entries = _support(z)
    if count.max() > MANY or np.abs(top).min() < 1:
        shift = np.where(np.abs(top) < 1, 0.0, top.astype(np.float64))
        entries = x.reshape(-1)[indices] - shift[rows]
        tau = (_sums(entries, rows, len(x)) - 1) / count
    y[...] = (0 / count).astype(y.dtype)[:, None]  # NaN where a row has no support
    y.reshape(-1)[indices] = at_least(entries - tau[rows], 0.0)
    return y


def _sums(values: Array, rows: Array, count: int) -> Array:
    """Return the sum of the values in each row, added pairwise."""
    total = np.zeros(count)
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    total[rows[starts]] = np.add.reduceat(values, starts)
    return total


def backprop_sparsemax(dy: Array, x: Array, y: Array) -> Array:
    """Return dy minus its mean over the support, and 0 outside of it."""
    indices, rows, count, _, _ = _support(np.subtract(x, x.max(-1, keepdims=True), out=y))
    support_dy = dy.reshape(-1)[indices]
    mean = np.bincount(rows, support_dy, len(x)) / count
    y[...] = 0.0 * mean[:, None]  # NaN where a row has no support
    y.reshape(-1)[indices] = support_dy - mean[rows]
    return y
