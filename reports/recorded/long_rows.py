"""Accuracy of softmax on long rows along the last and other axes, where frameworks add in another order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.core.setting import Setting
from reports import formats
from reports.data.load import read_rows

PATH = Path(__file__).parent / "long_rows.json"
AXES = ("last", "first", "middle")


@dataclass(frozen=True)
class LongRow:
    """The largest ulp errors of a backend by axis, over the results with a condition number below 10."""

    backend: str
    setting: str
    activation: str
    quantity: str
    dtype: str
    length: int
    last: float
    first: float
    middle: float

    @property
    def differs(self) -> bool:
        """Whether the errors along two axes differ by more than 1 ulp."""
        return max(self.last, self.first, self.middle) - min(self.last, self.first, self.middle) > 1


def recorded(path: Path = PATH) -> list[LongRow]:
    """Return the recorded rows of every setting."""
    return read_rows(path, long_row, "long rows")


def long_row(row: dict[str, Any]) -> LongRow:
    """Return the errors that a row of the file holds."""
    activation, quantity, dtype = (formats.text(row[name]) for name in ("activation", "quantity", "dtype"))
    setting = formats.text(Setting(**row["setting"]))
    last, first, middle = (float(row[name]) for name in AXES)
    length = int(row["length"])
    return LongRow(formats.text(row["backend"]), setting, activation, quantity, dtype, length, last, first, middle)


def sentence(rows: Sequence[LongRow]) -> str:
    """Return the worst case in words; empty where no two axes differ by more than 1 ulp."""
    worst = max((row for row in rows if row.differs), key=lambda row: max(row.first, row.middle), default=None)
    if worst is None:
        return ""
    last, first, middle = (formats.ulp(getattr(worst, axis)) for axis in AXES)
    return (
        f"{worst.activation} on {worst.backend} {worst.setting}, {worst.quantity} in {worst.dtype}: rows of "
        f"{formats.count(worst.length, 'entry', 'entries')} are up to {last} ulp off along the last axis, "
        f"{first} along the first and {middle} along one in the middle."
    )
