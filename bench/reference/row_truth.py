"""Exact values and vector-Jacobian products of long rows, in closed form over `arb`.

Dual numbers cost the square of a row's length, a closed form one exponential for each distinct entry. Sums are relative
to the largest entry, t: with e_j = exp(x_j - x_t), E = sum e = 1 + rest. Each result has its shift under relative
errors of the inputs, sum |input d result / d input|; divided by the result it is the condition number. -inf is a mask:
e = 0, and the results are limits. Tests compare these forms with the formula on the short rows of
`bench.reference.truth`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from flint import arb

from bench.reference.truth import refine

Host = Any  # numpy.ndarray
SCALE = 1024.0
"""Cotangents are multiples of 1 / SCALE below 2^20: float64 holds the sum of 2^20 of them exactly."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An exact result and its shift under relative errors of its inputs, an upper bound within a factor of 2."""

    exact: arb
    shift: float


Entries = list[tuple[Entry, ...]]
"""The valid results for each requested place: more than one at a kink."""
Closed = Callable[[Host, Host, Iterable[int]], tuple[Entries, Entries]]
"""A function of a row, cotangents and places that returns the values and the vjp's entries there."""


class Exponentials:
    """A row's exponentials and the sums that its results share, in float64 for magnitudes and as balls on demand."""

    def __init__(self, row: Host, dy: Host) -> None:
        if (np.rint(dy * SCALE) != dy * SCALE).any() or np.abs(dy).max() >= SCALE**2:
            raise ValueError(f"cotangents are multiples of 1 / {SCALE:g} below {SCALE**2:g} here")
        self.row, self.dy = row, dy
        self.top = int(row.argmax())
        self.others = np.isfinite(row)
        self.masked = ~self.others
        self.others[self.top] = False
        self.levels, self.group = np.unique(row[self.others], return_inverse=True)
        self.counts = np.bincount(self.group, minlength=len(self.levels))
        self.weights = np.bincount(self.group, dy[self.others], len(self.levels))
        with np.errstate(over="ignore", under="ignore"):
            self.p = np.where(self.masked, 0.0, np.exp(row - row[self.top]))
        self.p /= self.p.sum()
        self.size = sizes(row)
        self.constant = bool((dy[~self.masked] == dy[self.top]).all())

    def sum(self) -> None:
        """Compute e of each distinct entry, rest = E - 1, and the sum of e dy without t, at the current precision."""
        top = arb(float(self.row[self.top]))
        self.e = {float(x): (arb(float(x)) - top).exp() for x in self.levels}
        balls = list(self.e.values())
        self.rest = sum((int(n) * e for n, e in zip(self.counts, balls, strict=True)), arb(0))
        self.drawn = sum((arb(float(w)) * e for w, e in zip(self.weights, balls, strict=True)), arb(0))

    def share(self, i: int) -> arb:
        """Return softmax_i."""
        if self.masked[i]:
            return arb(0)
        return (arb(1) if i == self.top else self.e[float(self.row[i])]) / (1 + self.rest)

    def complement(self, i: int) -> arb:
        """Return 1 - softmax_i."""
        return self.rest / (1 + self.rest) if i == self.top else 1 - self.share(i)

    def distance(self, i: int) -> arb:
        """Return x_i - x_t."""
        return arb(float(self.row[i])) - arb(float(self.row[self.top]))

    def without(self, i: int, terms: Host) -> float:
        """Return the sum of terms without i's: exact where i = t, whose term can dwarf the others."""
        return float(terms[self.others].sum() + (0.0 if i == self.top else terms[self.top]))

    def spread(self, i: int, complement: float) -> float:
        """Return the shift of log softmax_i: |x_i| (1 - p_i) + sum of |x_j| p_j over the others."""
        return float(self.size[i]) * complement + self.without(i, self.size * self.p)


def sizes(row: Host) -> Host:
    """Return the magnitudes of the entries, bounded so that sums stay finite; 0 for a mask."""
    return np.where(np.isfinite(row), np.minimum(np.abs(row), 1e300), 0.0)


def softmax(row: Host, dy: Host, places: Iterable[int]) -> tuple[Entries, Entries]:
    """Return y = e / E and y (dy - sum dy y)."""
    s, places = Exponentials(row, dy), list(places)

    def pull(i: int) -> arb:
        """Return dy_i - sum dy y."""
        if s.constant:
            return arb(0) if not s.masked[i] else arb(float(dy[i]) - float(dy[s.top]))
        if i == s.top:
            return (arb(float(dy[i])) * s.rest - s.drawn) / (1 + s.rest)
        return arb(float(dy[i])) - (arb(float(dy[s.top])) + s.drawn) / (1 + s.rest)

    shares, rests, pulls = _refine(s, places, s.share, s.complement, pull)
    mean = float(s.p @ dy)
    with flint.ctx.workprec(256):
        values: Entries = []
        slopes: Entries = []
        for i, y, rest, d in zip(places, shares, rests, pulls, strict=True):
            complement = float(rest)
            shift = s.spread(i, complement)
            values.append((Entry(y, float(y) * shift),))
            terms = abs(dy[i]) * complement + s.without(i, np.abs(dy) * s.p)
            pull_shift = s.without(i, s.size * s.p * np.abs(dy - mean)) + s.size[i] * s.p[i] * abs(float(d))
            slopes.append((Entry(y * d, float(y) * float(terms + shift * abs(float(d)) + pull_shift)),))
    return values, slopes


def log_softmax(row: Host, dy: Host, places: Iterable[int]) -> tuple[Entries, Entries]:
    """Return x - x_t - log1p(rest) and dy - softmax sum dy."""
    s, places = Exponentials(row, dy), list(places)
    total = float(dy.sum())

    def value(i: int) -> arb:
        return arb("-inf") if s.masked[i] else s.distance(i) - s.rest.log1p()

    def slope(i: int) -> arb:
        if i == s.top:
            return (arb(float(dy[i])) * s.rest - arb(total - float(dy[i]))) / (1 + s.rest)
        return arb(float(dy[i])) - s.share(i) * arb(total)

    finite = [i for i in places if not s.masked[i]]
    finite_values = dict(zip(finite, _refine(s, finite, value)[0], strict=True))
    derivatives, shares, rests = _refine(s, places, slope, s.share, s.complement)
    drawn = float(np.abs(dy).sum())
    with flint.ctx.workprec(256):
        values: Entries = []
        slopes: Entries = []
        for i, d, y, rest in zip(places, derivatives, shares, rests, strict=True):
            complement = float(rest)
            shift = s.spread(i, complement)
            values.append((Entry(finite_values.get(i, arb("-inf")), shift),))
            others = drawn - abs(float(dy[i]))
            slopes.append((Entry(d, abs(float(dy[i])) * complement + float(y) * (others + abs(total) * shift)),))
    return values, slopes


def _refine(s: Exponentials, places: list[int], *functions: Callable[[int], arb]) -> list[list[arb]]:
    """Return each function at every place, with the precision raised until all balls are narrow."""

    def evaluate() -> list[arb]:
        s.sum()
        return [f(i) for f in functions for i in places]

    balls = refine(evaluate)
    return [balls[k * len(places) : (k + 1) * len(places)] for k in range(len(functions))]


def sparsemax(row: Host, dy: Host, places: Iterable[int]) -> tuple[Entries, Entries]:
    """Return max(x - tau, 0), and dy minus its mean over the support; for both supports at an entry equal to tau."""
    top = row.max()
    levels, counts = np.unique(row[row >= top - 1], return_counts=True)
    levels, counts = levels[::-1], counts[::-1]
    support_levels, tau = _threshold([Fraction(x) for x in levels.tolist()], counts.tolist())
    supports = [row >= levels[support_levels - 1]]
    if support_levels < len(levels) and Fraction(float(levels[support_levels])) == tau:
        supports.append(row >= levels[support_levels])
    values: Entries = [(_above(row, supports[0], i, tau),) for i in places]
    return values, [tuple(_centred(dy, support, i) for support in supports) for i in places]


def _above(row: Host, support: Host, i: int, tau: Fraction) -> Entry:
    """Return max(x_i - tau, 0); outside the support its shift is that of x_i - tau, which may round above 0."""
    if not np.isfinite(row[i]):
        return Entry(arb(0), 0.0)
    size, count = float(sizes(row[i])), int(support.sum())
    parts = float(sizes(row[support]).mean())
    shift = size * (1 - 1 / count) + parts - size / count if support[i] else size + parts
    return Entry(_quotient(max(Fraction(float(row[i])) - tau, Fraction(0))), max(shift, 0.0))


def _threshold(levels: list[Fraction], counts: list[int]) -> tuple[int, Fraction]:
    """Return how many of the distinct entries, in falling order, belong to the support, and tau."""
    total, number, tau, support_levels = Fraction(0), 0, levels[0] - 1, 0
    for level, count in zip(levels, counts, strict=True):
        if level <= tau:
            break
        total, number, support_levels = total + count * level, number + count, support_levels + 1
        tau = (total - 1) / number
    return support_levels, tau


def _centred(dy: Host, support: Host, i: int) -> Entry:
    if not support[i]:
        return Entry(arb(0), 0.0)
    count = int(support.sum())
    mean = Fraction(float(dy[support].sum())) / count
    cotangent = Fraction(float(dy[i]))
    others = float(np.abs(dy[support]).sum()) - abs(float(cotangent))
    return Entry(_quotient(cotangent - mean), (abs(float(cotangent)) * (count - 1) + others) / count)


def _quotient(q: Fraction) -> arb:
    with flint.ctx.workprec(4096):  # numerators of float64 have 2098 bits at most
        exact = arb(flint.fmpz(q.numerator)) / arb(flint.fmpz(q.denominator))
    return exact


def glu(row: Host, dy: Host, places: Iterable[int]) -> tuple[Entries, Entries]:
    """Return a sigmoid(b), then dy sigmoid(b) for a and dy a sigmoid'(b) for b; places refer to the whole row."""
    half = len(row) // 2
    places = list(places)

    def evaluate() -> list[arb]:
        balls = []
        for i in places:
            a, b = arb(float(row[i % half])), arb(float(row[half + i % half]))
            gate, other = 1 / (1 + (-b).exp()), 1 / (1 + b.exp())
            balls += [gate, other, a * gate, arb(float(dy[i % half])) * (gate if i < half else a * gate * other)]
        return balls

    balls = refine(evaluate)
    values: Entries = []
    slopes: Entries = []
    for n, i in enumerate(places):
        gate, other, value, slope = balls[4 * n : 4 * n + 4]
        b, size = abs(float(row[half + i % half])), abs(float(slope))
        values.append((Entry(value, abs(float(value)) * (1 + b * float(other))),))
        gate_factor = float(other) if i < half else abs(float(other) - float(gate))
        slopes.append((Entry(slope, size * ((i >= half) + b * gate_factor)),))
    return values, slopes


CLOSED: dict[str, Closed] = {f.__name__: f for f in (glu, softmax, log_softmax, sparsemax)}
