"""Long rows along other axes: the reports show what is recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.core.setting import Setting
from reports.fault import BadRun
from reports.recorded import long_rows
from tests import recorded_tables
from tests.behaviour import Behaviour

SETTING = Setting("1.0", "release", "amd", "avx2")


def record(folder: Path, **figures: float) -> None:
    """Write a record of softmax's values in float32 with one figure for each axis."""
    names = {"last": "softmax", "first": "softmax[axis=0]", "middle": "softmax[axis=1]"}
    subjects: dict[str, Any] = {
        f"{names[axis]} value float32 eager {family} 100000": {"well": figure / part}
        for axis, figure in figures.items()
        for part, family in enumerate(("normal", "ties"), 1)
    }
    Behaviour("rows", "dummy", SETTING, subjects).write(folder)


def read_long_rows(folder: Path) -> list[long_rows.LongRow]:
    """Return the rows that the reports read of the records in a folder."""
    path = folder / "long_rows.json"
    path.write_text(recorded_tables.text(long_rows.PATH, folder))
    return long_rows.recorded(path)


def test_the_file_is_that_of_the_records() -> None:
    """The committed file is what `python -m tests.recorded_tables` writes."""
    assert long_rows.PATH.read_text() == recorded_tables.text(long_rows.PATH)


def test_the_worst_family_counts(tmp_path: Path) -> None:
    """The records of all axes make one row with the worst family's figures."""
    record(tmp_path, last=6.4, first=41.0, middle=3.0)
    (row,) = read_long_rows(tmp_path)

    assert (row.last, row.first, row.middle) == (6.4, 41.0, 3.0)
    assert row.differs
    assert "rows of 100,000 entries are up to 6.40 ulp off along the last axis, 41.0 along" in long_rows.sentence([row])


def test_axes_that_agree_are_no_news(tmp_path: Path) -> None:
    """A difference within an ulp, as from another summation order, is not reported."""
    record(tmp_path, last=1.4, first=1.0, middle=1.1)
    (row,) = read_long_rows(tmp_path)

    assert not row.differs
    assert long_rows.sentence([row]) == ""


def test_an_axis_that_is_not_recorded_is_no_zero(tmp_path: Path) -> None:
    """Nothing is reported if an axis is not recorded."""
    record(tmp_path, last=1.4, first=1.0)

    assert read_long_rows(tmp_path) == []


@pytest.mark.parametrize("rows", [[{}], [1], [{"backend": "x", "version": None}]])
def test_a_file_that_holds_something_else_is_named(tmp_path: Path, rows: Any) -> None:
    """The error names the file's path."""
    path = tmp_path / "long_rows.json"
    path.write_text(json.dumps({"rows": rows}))

    with pytest.raises(BadRun, match=r"long_rows\.json"):
        long_rows.recorded(path)
