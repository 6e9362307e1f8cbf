"""The figures of a subject, joined over its binades, and the meaning of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.accuracy.record import CATEGORIES
from bench.accuracy.shards import LAYOUTS
from reports import formats
from reports.accuracy.atlas import SUBJECT, sampled
from reports.accuracy.load import BUCKETS
from reports.metrics import Metric

SUMS = [
    *("inputs", *CATEGORIES, "nan_swallowed", "zero_sign", "subnormal", "flushed", "out_of_range", "not_monotone"),
    *("position_tested", "position_differ", "normal_mass", "normal_over", *BUCKETS),
]
MAXIMA = ["well_ulp", "strict_ulp", "contracted_ulp", "stride"]
WORST = ["worst_ulp", "worst_bits", "worst_got", "worst_truth"]

METRICS = (
    Metric("worst_ulp", "worst error", "ulp", "The largest |result − exact| / ulp(exact), no category.", "lower"),
    Metric("well_ulp", "worst where well conditioned", "ulp", "The same where |x f′/f| is below 10.", "lower"),
    Metric("categories", "wrong outright", "inputs", "NaN, infinite, zero or of the wrong sign where wrong.", "lower"),
    Metric("rounded", "correctly rounded", "share", "Errors up to ½ ulp, of all that were measured.", "higher"),
    Metric("over", "over 1 ulp, bit patterns", "share", "Errors above 1 ulp or in a category; all alike.", "lower"),
    Metric("over_normal", "over 1 ulp, N(0, 1)", "share", "The same weighted as N(0, 1) inputs meet them.", "lower"),
    Metric("flushed", "flushed", "inputs", "Subnormal inputs or results that count as zero.", "neither"),
    Metric("strict_ulp", "worst subnormal", "steps", "In smallest subnormals, flushed ones included.", "lower"),
    Metric("contracted_ulp", "worst subnormal, flush allowed", "steps", "Without the flushed ones.", "lower"),
    Metric("out_of_range", "out of range", "inputs", "Results beyond the range of the function.", "lower"),
    Metric("not_monotone", "not monotone", "inputs", "Neighbours that step against the function.", "lower"),
    Metric("position_differ", "position dependent", "inputs", "Other bits at another index or length.", "lower"),
    Metric("nan_swallowed", "NaN swallowed", "inputs", "NaN whose result is a number.", "lower"),
    Metric("stride", "stride", "inputs", "1 is every input; otherwise worst figures are lower bounds.", "lower"),
)
MEANINGS = {metric.column: metric.meaning for metric in METRICS}


@dataclass(frozen=True)
class WorstError:
    """The worst result of a subject; without a figure where nothing was measured."""

    ulp: float = float("nan")
    category: str = ""
    """The error class of results that are wrong in kind, which comes before any distance."""
    stride: int = 1

    @property
    def error(self) -> str:
        """The error in ulp, such as `≥ 3.21` of a sample; empty where nothing was measured."""
        text = formats.ulp(self.ulp)
        return f"≥\u202f{text}" if text and self.stride > 1 else text

    @property
    def text(self) -> str:
        """The error with its class, such as `0.5 and NaN`."""
        return f"{self.error or '–'} and {self.category}" if self.category else self.error

    @property
    def words(self) -> str:
        """The error in words, such as `NaN, 0.5 ulp`."""
        error = formats.ulp(self.ulp)
        parts = (self.category, f"{error} ulp" if error else "", sampled(self.stride))
        return ", ".join(filter(None, parts)) or "nothing measured"


def worst_error(subject: Mapping[str, Any]) -> WorstError:
    """Return the worst error of a row of `subjects`."""
    category = next((name for name in CATEGORIES if subject[name]), "")
    return WorstError(float(subject["worst_ulp"]), formats.category(category), int(subject["stride"]))


def subjects(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each subject, from the rows that `atlas.tidy` gives."""
    keys = [*SUBJECT, "column", "rank"]
    grouped = rows.groupby(keys, sort=False)
    table = grouped[SUMS].sum().join(grouped[MAXIMA].max()).join(grouped.size().rename("binades"))
    group = grouped.ngroup().to_numpy()
    examples = dict.fromkeys(WORST, largest(rows["worst_ulp"], group))
    examples |= {f"{name}_bits": largest(rows[name], group) for name in CATEGORIES}
    table = table.assign(**{name: rows[name].to_numpy()[places] for name, places in examples.items()})
    return figures(table.reset_index())


def largest(values: "pd.Series[Any]", group: NDArray[Any]) -> NDArray[Any]:
    """Return the place of the largest value of each group: the last of equal ones, and NaN only where all are."""
    order = np.lexsort((values.fillna(-np.inf).to_numpy(), group))
    return order[np.flatnonzero(np.diff(group[order], append=-1))]


def figures(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the shares added."""
    categories = table[list(CATEGORIES)].sum(axis=1)
    measured = table[BUCKETS].sum(axis=1) + categories
    beyond = table[BUCKETS[2:]].sum(axis=1) + categories
    whole = table["dtype"].map({name: layout.binades for name, layout in LAYOUTS.items()})
    return table.assign(
        categories=categories,
        measured=measured,
        rounded=table[BUCKETS[0]] / measured.where(measured > 0),
        over=beyond / measured.where(measured > 0),
        over_normal=table["normal_over"] / table["normal_mass"].where(table["normal_mass"] > 0),
        complete=(table["binades"] == whole) & (table["stride"] == 1),
    )
