"""The verdict of a comparison on each case, FASTER, SAME, SLOWER or UNCERTAIN, and the interval of each figure.

The unit is the replicate, and the scale is logarithmic. A few replicates tell little about their own spread, so the
variance of a case is squeezed towards that of similar cases (Smyth 2004, doi:10.2202/1544-6115.1027; robust as in
Phipson et al. 2016, doi:10.1214/16-AOAS920), and the t-test gains its degrees of freedom. A change needs a p-value
below ALPHA, adjusted for the number of cases (Holm 1979), and an effect above the noise floor; SAME needs an interval
within the margin (Schuirmann 1987, doi:10.1007/BF01068419). One look rarely detects a small change: `suspects` are
measured again, and `settle` lets those fresh replicates alone decide, so that the family to adjust for is the suspects.
"""

import functools
import math
import statistics
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import special, stats

ALPHA = 0.005
"""The family-wise error rate, chosen so that at worst one comparison of identical code in a hundred raises an alarm.

Where a tenth of the cases is noisy, the squeezed variances of quick's three replicates are too small, and 0.5 %
becomes 1.2 ± 0.2 %. Elsewhere a second look leaves 0.1 to 0.4 %; one look alone leaves 1 to 2 % at five replicates,
unpaired, and 5 % at three.
"""
FRESH_REPLICATES = {"smoke": 4, "quick": 10, "standard": 14, "full": 14}
"""The replicates of the second look, by profile, from simulations.

Of changes by 5 % in one case among heavy tails and noisy cases, 12 replicates found 94 of 100 and 14 find 97. Of 100
such suites at quick, 8 replicates left something uncertain in 42 and 10 in 23.
"""
RESOLUTION = 1e-4
"""The least relative spread between replicates; any smaller spread, or none, is rounding of the clock."""
WINSOR = (0.05, 0.9)
"""The quantiles to which log variances are clipped before the prior is fitted: up to a tenth may be noisy."""
LEAST_OUTLIER_FREEDOM = 16
"""The least degrees of freedom of the prior in the test for outliers: noisy cases widen the prior and would pass it."""
PRIOR_FREEDOM = np.geomspace(1, 256, 33)
"""The degrees of freedom of candidate priors, from cases with nothing in common to cases that are all alike."""
MEDIAN_COST = (1, 1, 1.160, 1.092, 1.198, 1.135, 1.214, 1.160, 1.223, 1.176)
"""The standard error of the median of 1, 2, ... normal figures over that of their mean; beyond, its limit √(π/2)."""

Word = Literal["FASTER", "SAME", "SLOWER", "UNCERTAIN"]
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Pair:
    """A case on two sides: seconds per call (or × copy), one figure for each replicate.

    Figures that are not finite and positive count as not measured. In a paired case nan takes the place of a lost
    replicate, and replicates without a partner are left out.
    """

    key: str
    group: str
    """The group of similar cases, whose variances are pooled: the same backend, mode and size."""
    base: tuple[float, ...]
    head: tuple[float, ...]
    paired: bool = False
    """Whether the n-th replicates of both sides were measured side by side."""
    family: int = 0
    """The number of the family of pairs within which p-values are adjusted."""


@dataclass(frozen=True)
class Verdict:
    """The verdict of a comparison on one case; where a figure cannot be computed, it is nan and the word UNCERTAIN."""

    key: str
    word: Word
    ratio: float
    """The ratio head / base of the geometric means over replicates."""
    low: float
    high: float
    """The upper end of the 95 % interval of the ratio, for this case alone; `low` is the lower one."""
    p: float
    """The two-sided p-value of no change, adjusted for the number of cases."""


@dataclass(frozen=True)
class Interval:
    """The median of a case's replicates, in the unit of its figures, with a 95 % interval."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class _Sample:
    """A summary of a case's logarithms: `variance` is of one replicate, `share` times it that of `effect`."""

    group: Hashable
    effect: float = math.nan
    variance: float = math.nan
    freedom: int = 0
    share: float = math.nan


def judge(
    pairs: Sequence[Pair], *, margin: float, floor: float = 0.0, like: Sequence[Pair] = (), alpha: float = ALPHA
) -> tuple[Verdict, ...]:
    """Return a verdict for each pair, in order; p-values are adjusted for the number of pairs of a family.

    `margin` is the smallest relative change that must be found, `floor` that below which nothing counts (nan: none).
    `like` are other measurements of the same groups that contribute variances only, as the first look to the second.
    """
    samples = [_compare(pair) for pair in pairs]
    variance, freedom = _moderate(samples, [_compare(pair) for pair in like])
    effect = np.array([s.effect for s in samples])
    error = np.sqrt(variance * [s.share for s in samples])
    half = _student(freedom) * error
    p = _holm(2 * special.stdtr(freedom, -np.abs(effect) / error), [pair.family for pair in pairs])
    bounds = math.log1p(margin), math.log1p(floor) if floor > 0 else 0.0, alpha
    return tuple(
        Verdict(pair.key, _word(e, h, q, bounds), _exp(e), _exp(e - h), _exp(e + h), q)
        for pair, e, h, q in zip(pairs, effect.tolist(), half.tolist(), p.tolist(), strict=True)
    )


def suspects(first: Sequence[Verdict]) -> tuple[str, ...]:
    """Return the keys to measure again: all but SAME, and SAME with an interval without 1, as Holm's test is strict.

    Cases not measured on both sides are left out, because noise is not the reason.
    """
    return tuple(v.key for v in first if not math.isnan(v.ratio) and (v.word != "SAME" or v.low > 1 or v.high < 1))


def settle(first: Sequence[Verdict], second: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Return the verdicts of the first look, in order, with those of the second for cases measured again."""
    fresh = {verdict.key: verdict for verdict in second}
    return tuple(fresh.get(verdict.key, verdict) for verdict in first)


def noise_floor(replicates: Sequence[Sequence[float]]) -> float:
    """Return the relative difference of identical code, below which 19 of 20 cases stay; nan without two replicates.

    `replicates` holds the figures of each case, in order. The medians of even and odd ones are compared. Such halves
    differ more than two whole runs, for which the figure is meant: it is scaled by the root of their numbers.
    """
    differences = []
    for logs in map(_logs, replicates):
        even, odd = logs[::2], logs[1::2]
        if odd:
            difference = statistics.median(even) - statistics.median(odd)
            differences.append(abs(difference) * math.sqrt(2 / len(logs) / (1 / len(even) + 1 / len(odd))))
    return _exp(float(np.quantile(differences, 0.95))) - 1 if differences else math.nan


def intervals(groups: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, Interval]:
    """Return the median and interval of each case of a run by key, from group → key → figures of its passes.

    It is a t-interval on logarithms, with the variance moderated within the group; nan where neither the case nor its
    group has a spread. Keys are unique across groups.
    """
    flat = [(key, group, _logs(figures)) for group, cases in groups.items() for key, figures in cases.items()]
    samples = [_sample(group, logs) for _, group, logs in flat]
    variance, freedom = _moderate(samples)
    half = _student(freedom) * np.sqrt(variance * [s.share for s in samples])
    return {
        key: _interval(statistics.median(logs), h * _median_cost(len(logs))) if logs else Interval(*[math.nan] * 3)
        for (key, _, logs), h in zip(flat, half.tolist(), strict=True)
    }


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    return float(np.quantile(values, share))


def _word(effect: float, half: float, p: float, bounds: tuple[float, float, float]) -> Word:
    """Return the verdict from logarithms and the margin, floor and alpha; UNCERTAIN for nan.

    A change above the floor counts even within the margin.
    """
    margin, floor, alpha = bounds
    if p < alpha and abs(effect) > floor:
        return "SLOWER" if effect > 0 else "FASTER"
    if p < alpha or abs(effect) + half < margin:
        return "SAME"
    return "UNCERTAIN"


def _compare(pair: Pair) -> _Sample:
    """Return the sample of head over base; paired and unpaired cases are never in one group."""
    group = pair.group, pair.paired
    if not pair.paired:
        return _sample(group, _logs(pair.base), _logs(pair.head))
    both = [(b, h) for b, h in zip(pair.base, pair.head, strict=False) if len(_logs((b, h))) == 2]
    return _sample(group, [math.log(h) - math.log(b) for b, h in both])


def _sample(group: Hashable, *sides: Sequence[float]) -> _Sample:
    """Return the sample of logarithms: the last side's mean minus the first's, if there are two, and their variance."""
    if not all(sides):
        return _Sample(group)
    means = [statistics.fmean(side) for side in sides]
    freedom = sum(len(side) - 1 for side in sides)
    squares = sum((x - mean) ** 2 for side, mean in zip(sides, means, strict=True) for x in side)
    variance = max(squares / freedom, RESOLUTION**2) if freedom else math.nan
    effect = means[-1] - (means[0] if len(sides) > 1 else 0.0)
    return _Sample(group, effect, variance, freedom, sum(1 / len(side) for side in sides))


def _moderate(samples: Sequence[_Sample], like: Sequence[_Sample] = ()) -> tuple[Array, Array]:
    """Return the variance of one replicate and its degrees of freedom, for each sample; nan where there are no data."""
    variance, freedom = np.full((2, len(samples)), math.nan)
    for group in {s.group for s in samples}:
        where = [i for i, s in enumerate(samples) if s.group == group]
        members = [samples[i] for i in where]
        lenders = [s for s in like if s.group == group]
        variance[where], freedom[where] = _squeeze(members, lenders if len(lenders) > len(members) else members)
    return variance, freedom


def _squeeze(samples: Sequence[_Sample], lenders: Sequence[_Sample]) -> tuple[Array, Array]:
    """Return Smyth's posterior variance of each sample, with the prior fitted to `lenders`.

    A case in the uppermost fifth of the prior's distribution keeps more of its own variance the further out it lies.
    """
    spread = np.array([s.variance for s in samples])
    degrees = np.array([float(s.freedom) for s in samples])
    prior, centre = _prior(lenders)
    measured = degrees > 0
    trust = np.full(len(samples), prior)
    if prior and measured.any():
        tail = special.fdtrc(degrees[measured], max(prior, LEAST_OUTLIER_FREEDOM), spread[measured] / centre)
        trust[measured] *= np.minimum(1, 5 * tail)
    total = degrees + trust
    with np.errstate(invalid="ignore"):  # 0 / 0: neither repeated replicates nor a group
        variance = (np.where(measured, degrees * spread, 0.0) + trust * centre) / total
    pooled = sum(s.freedom for s in lenders)
    return variance, np.where(total > 0, np.minimum(total, max(pooled, 1)), math.nan)


def _prior(samples: Sequence[_Sample]) -> tuple[float, float]:
    """Return degrees of freedom and value of the prior variance, by winsorized moments of the log variances.

    The result is (0, 1), which has no influence, for fewer than two samples of the most frequent number of replicates.
    """
    degrees = [s.freedom for s in samples if s.freedom]
    usual = statistics.mode(degrees) if degrees else 0
    logs = np.log([s.variance for s in samples if s.freedom == usual])
    if not usual or len(logs) < 2:
        return 0.0, 1.0
    clipped = np.clip(logs, *np.quantile(logs, WINSOR))
    means, variances = _expected_moments(usual)
    position = np.interp(-clipped.var(ddof=1), -variances, np.arange(len(variances)))
    steps = np.arange(len(PRIOR_FREEDOM))
    prior = math.exp(np.interp(position, steps, np.log(PRIOR_FREEDOM)))
    return prior, math.exp(clipped.mean() - np.interp(position, steps, means))


@functools.cache
def _expected_moments(freedom: int) -> tuple[Array, Array]:
    """Return mean and variance of the winsorized log of F(freedom, prior), for each of PRIOR_FREEDOM."""
    levels = np.clip((np.arange(400) + 0.5) / 400, *WINSOR)
    logs = np.log(stats.f.ppf(levels, freedom, PRIOR_FREEDOM[:, None]))
    return logs.mean(axis=1), logs.var(axis=1)


def _holm(p: Array, families: Sequence[int]) -> Array:
    """Return the p-values adjusted within each family (Holm 1979); nan does not count as a test."""
    adjusted = p.copy()
    for family in set(families):
        tested = np.flatnonzero(~np.isnan(p) & (np.array(families) == family))
        order = tested[np.argsort(p[tested])]
        steps = np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1))
        adjusted[order] = np.minimum(1, steps)
    return adjusted


def _student(freedom: Array) -> Array:
    """Return the 97.5 % quantile of Student's t; nan for nan."""
    return np.asarray(special.stdtrit(freedom, 0.975))


def _median_cost(n: int) -> float:
    return MEDIAN_COST[n - 1] if n <= len(MEDIAN_COST) else math.sqrt(math.pi / 2)


def _logs(figures: Sequence[float]) -> list[float]:
    """Return the logarithms of the figures that are finite and positive."""
    return [math.log(x) for x in figures if 0 < x < math.inf]


def _interval(middle: float, half: float) -> Interval:
    return Interval(_exp(middle), _exp(middle - half), _exp(middle + half))


def _exp(x: float) -> float:
    """Return e^x, bounded to e^±50: figures beyond have no meaning, and e^710 would overflow."""
    return x if math.isnan(x) else math.exp(min(max(x, -50.0), 50.0))
