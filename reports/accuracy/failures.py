"""Results that are wrong in kind or far off: the records in groups, each with an input that shows it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.accuracy.record import CATEGORIES
from reports import formats
from reports.accuracy import bits
from reports.accuracy.atlas import plain, sampled

FAR = 256.0
"""The error in ulp from which a result is listed as a failure: the top of the histogram."""
WORDS = {
    "nan": "NaN where the exact value is finite",
    "infinite": "infinite where it is finite",
    "zero": "zero where it is a normal number",
    "sign": "of the wrong sign",
    "far": "more than 256 ulp off",
}


@dataclass(frozen=True)
class Failure:
    """One kind of failure of one subject."""

    column: str
    activation: str
    direction: str
    kind: str
    inputs: int
    share: float
    """The share of the inputs judged."""
    x: float | None
    """An input that shows the failure, followed by its bits; None where none was kept."""
    hexadecimal: str
    detail: str
    note: str
    """The stride of a sample; empty where every input was judged."""


def failures(table: pd.DataFrame) -> list[Failure]:
    """Return the failures of the subjects, categories before distances and the most inputs first."""
    listed = [failure(subject, kind) for subject in plain(table) for kind in WORDS if number(subject, kind)]
    return sorted(listed, key=lambda row: (row.kind == "far", -row.inputs, row.column, row.activation))


def number(subject: dict[str, Any], kind: str) -> int:
    """Return how many inputs of a subject fail in this way."""
    return int(subject["bucket_6" if kind == "far" else kind])


def failure(subject: dict[str, Any], kind: str) -> Failure:
    """Return the failure of one kind of a subject."""
    example = int(subject["worst_bits" if kind == "far" else f"{kind}_bits"])
    dtype = str(subject["dtype"])
    count = number(subject, kind)
    return Failure(
        str(subject["column"]),
        str(subject["activation"]),
        str(subject["direction"]),
        kind,
        count,
        count / int(subject["inputs"]),
        bits.value(example, dtype) if example >= 0 else None,
        bits.hexadecimal(example, dtype),
        far(subject) if kind == "far" else WORDS[kind],
        sampled(int(subject["stride"])),
    )


def far(subject: dict[str, Any]) -> str:
    """Return the result at the worst input and the exact value, in words."""
    result, exact = (formats.number(float(subject[name])) for name in ("worst_got", "worst_truth"))
    return f"up to {formats.ulp(float(subject['worst_ulp']))} ulp: {result} for {exact}"


def tally(listed: list[Failure], columns: list[str]) -> pd.DataFrame:
    """Return how many subjects fail in each way, a row for each column."""
    counts = Counter((failure.column, failure.kind) for failure in listed)
    kinds = (*CATEGORIES, "far")
    return pd.DataFrame([{"column": column} | {kind: counts[column, kind] for kind in kinds} for column in columns])
