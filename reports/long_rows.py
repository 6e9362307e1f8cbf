"""Long rows: softmax along the last axis and along others, where frameworks add in another order."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import formats
from reports.fault import BadRun
from reports.load import read_json
from reports.records import as_dict

PATH = Path(__file__).parent / "recorded" / "long_rows.json"
AXES = ("last", "first", "middle")


@dataclass(frozen=True)
class LongRow:
    """How far from the exact values one backend is along each axis, in ulp, where results are well conditioned."""

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
        """Whether one axis is more than an ulp further off than another."""
        return max(self.last, self.first, self.middle) - min(self.last, self.first, self.middle) > 1


def recorded(path: Path = PATH) -> list[LongRow]:
    """Return what is recorded; nothing where the file is not installed.

    Raises:
        BadRun: the file holds something else.
    """
    try:
        return [long_row(row) for row in as_dict(read_json(path, {})).get("rows", [])]
    except (KeyError, TypeError, ValueError) as error:
        raise BadRun(f"{path} holds no long rows: {error!r}") from None


def long_row(row: dict[str, Any]) -> LongRow:
    """Return one line of the file."""
    activation, quantity, dtype = (formats.text(row[name]) for name in ("activation", "quantity", "dtype"))
    setting = formats.text(f"{row['version']}, {row['vendor']} {row['instruction_set']}")
    last, first, middle = (float(row[name]) for name in AXES)
    length = int(row["length"])
    return LongRow(formats.text(row["backend"]), setting, activation, quantity, dtype, length, last, first, middle)


def sentence(rows: Sequence[LongRow]) -> str:
    """Return the largest difference between two axes; empty where no two differ by an ulp."""
    worst = max((row for row in rows if row.differs), key=lambda row: max(row.first, row.middle), default=None)
    if worst is None:
        return ""
    last, first, middle = (formats.ulp(getattr(worst, axis)) for axis in AXES)
    return (
        f"{worst.activation} on {worst.backend} ({worst.setting}), {worst.quantity} in {worst.dtype}: rows of "
        f"{formats.count(worst.length, 'entry', 'entries')} are up to {last} ulp off along the last axis, "
        f"{first} along the first and {middle} along one in the middle."
    )
