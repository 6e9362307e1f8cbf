"""What is wrong outright, or far off: groups made of the records, each with an input to begin with."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.accuracy.record import CATEGORIES
from reports import formats
from reports.accuracy import bits
from reports.accuracy.atlas import plain, sampled

FAR = 256.0
"""ulp: from here an error is listed as a failure. The top of the histogram."""
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

    who: str
    activation: str
    direction: str
    setting: str
    kind: str
    inputs: int
    share: float
    """Of the inputs judged."""
    x: float
    """An input that shows it, and its bits."""
    hexadecimal: str
    detail: str
    note: str
    """That it is sampled, where it is."""


def failures(found: pd.DataFrame) -> list[Failure]:
    """Of the subjects' rows; the most inputs first, categories before distances."""
    listed = [failure(own, kind) for own in plain(found) for kind in WORDS if number(own, kind)]
    return sorted(listed, key=lambda own: (own.kind == "far", -own.inputs, own.who, own.activation))


def number(own: dict[str, Any], kind: str) -> int:
    """How many inputs fail so."""
    return int(own["bucket_6" if kind == "far" else kind])


def failure(own: dict[str, Any], kind: str) -> Failure:
    """One line."""
    at = int(own["worst_bits" if kind == "far" else f"{kind}_bits"])
    dtype = str(own["dtype"])
    count = number(own, kind)
    return Failure(
        str(own["who"]),
        str(own["activation"]),
        str(own["direction"]),
        f"{dtype} {own['mode']}",
        kind,
        count,
        count / int(own["inputs"]),
        bits.value(at, dtype),
        bits.hexadecimal(at, dtype),
        far(own) if kind == "far" else WORDS[kind],
        sampled(int(own["stride"])),
    )


def far(own: dict[str, Any]) -> str:
    """What came out at the worst input, and what is exact."""
    got, exact = (formats.number(float(own[name])) for name in ("worst_got", "worst_truth"))
    return f"up to {formats.ulp(float(own['worst_ulp']))} ulp: {got} for {exact}"


def tally(listed: list[Failure], columns: list[str]) -> list[dict[str, Any]]:
    """How many subjects fail in which way, by column."""
    kinds = (*CATEGORIES, "far")
    return [
        {"who": who, "counts": [sum(own.who == who and own.kind == kind for own in listed) for kind in kinds]}
        for who in columns
    ]
