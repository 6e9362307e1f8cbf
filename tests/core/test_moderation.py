"""The moderated variances of the verdicts against limma's, the published implementation of Smyth 2004.

Three differences are meant. The prior has at most 256 degrees of freedom, where limma's may be infinite; it may have
fewer than the estimate without robustness, which is limma's least; and a case in the uppermost fifth keeps more of its
own variance than limma leaves it: a noisy case must not look quiet.
"""

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from bench.speed import verdicts

RECORDS = Path(__file__).with_name("limma_moderation.csv")  # made by the script limma_moderation.R


@dataclass(frozen=True)
class Moderation:
    """Variances of cases, and what limma makes of them."""

    freedom: int
    variances: verdicts.Array
    prior_freedom: float
    prior_variance: float
    posterior_variances: verdicts.Array


def read() -> dict[str, Moderation]:
    """Return the recorded sets by name."""
    rows = defaultdict(list)
    with RECORDS.open() as file:
        for row in csv.DictReader(file):
            rows[row.pop("set")].append({name: float(value) for name, value in row.items()})
    return {
        name: Moderation(
            int(records[0]["freedom"]),
            np.array([record["variance"] for record in records]),
            max(record["prior_freedom"] for record in records),
            records[0]["prior_variance"],
            np.array([record["posterior_variance"] for record in records]),
        )
        for name, records in rows.items()
    }


SETS = read()


def samples(moderation: Moderation) -> list[verdicts._Sample]:
    """Return the cases as the verdicts summarise them."""
    return [verdicts._Sample("group", 0.0, float(v), moderation.freedom, 1.0) for v in moderation.variances]


@pytest.mark.parametrize("name", ["usual", "different", "similar"])
def test_the_prior_is_limmas(name: str) -> None:
    """Its degrees of freedom within 1 % and its variance within 0.2 %: candidates are interpolated between 33."""
    freedom, variance = verdicts._prior(samples(SETS[name]))

    assert freedom == pytest.approx(SETS[name].prior_freedom, rel=0.01)
    assert variance == pytest.approx(SETS[name].prior_variance, rel=0.002)


@pytest.mark.parametrize("name", ["usual", "different", "similar"])
def test_posterior_variances_are_limmas(name: str) -> None:
    """Within 0.3 % in the lower half, and never smaller above it."""
    cases = samples(SETS[name])
    variances, _ = verdicts._squeeze(cases, cases)
    ratio = variances / SETS[name].posterior_variances
    quiet = SETS[name].variances < np.quantile(SETS[name].variances, 0.5)

    assert ratio[quiet] == pytest.approx(1, rel=0.003)
    assert ratio.min() > 0.997


def test_cases_that_are_all_alike_share_one_variance() -> None:
    """Where limma's prior is infinite, ours is its largest, and posterior variances agree within 2 % in the median."""
    cases = samples(SETS["alike"])
    variances, _ = verdicts._squeeze(cases, cases)
    ratio = variances / SETS["alike"].posterior_variances

    assert SETS["alike"].prior_freedom == np.inf
    assert verdicts._prior(cases)[0] == pytest.approx(verdicts.PRIOR_FREEDOM[-1])
    assert np.median(ratio) == pytest.approx(1, rel=0.02)
    assert ratio.min() > 0.97
