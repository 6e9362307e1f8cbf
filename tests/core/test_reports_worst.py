"""The chart of worst errors: the texts and order of its tiles, and the table behind it."""

import itertools
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.accuracy.record import EDGES
from reports import formats
from reports.accuracy import atlas, load, subjects, worst
from reports.page.section import Section
from tests.core.sample_atlas import records, write
from tests.core.section_parts import chart_of, rows_of, words_of


def subject_table(path: Path, *parts: Any) -> pd.DataFrame:
    """Return the subjects of these records."""
    write(path / "atlas.parquet", itertools.chain(*parts))
    return subjects.subjects(atlas.tidy(load.read([path]).rows))


@pytest.fixture
def sample(tmp_path: Path) -> pd.DataFrame:
    """Return three activations on four backends, one of them wrong in kind on three."""
    return subject_table(tmp_path, records())


def switch(section: Section | None, name: str) -> dict[str, Any]:
    """Return a switch of the chart."""
    (match,) = [p for p in chart_of(section).definition.to_dict()["params"] if p["name"] == f"chosen_{name}"]
    return dict(match)


def test_what_is_wrong_outright_is_a_word(sample: pd.DataFrame) -> None:
    """An error class comes before the ulp error, which stays in the tooltip; other tiles are numbers."""
    rows = worst.tile_rows(sample)
    gelu = rows[(rows["label"] == "gelu") & (rows["direction"] == "forward")].set_index("column")

    assert dict(gelu["text"].drop("numpy")) == {"torch": "zero", "tensorflow": "NaN", "jax": "sign"}
    assert set(gelu["kind"].drop("numpy")) == {worst.WRONG}
    assert list(gelu["text"].loc[["numpy"]]) == list(gelu["distance"].loc[["numpy"]])
    text = str(gelu["wrong"].loc["torch"])
    assert text.startswith("zero at ")
    assert float(text.rpartition(" ")[2]) < 0


@pytest.mark.parametrize(
    ("distance", "name"), [(0.0, "≤ ½ ulp"), *((edge, f"≤ {edge:g}") for edge in EDGES[1:]), (257.0, "> 256 ulp")]
)
def test_edges_belong_to_the_better_class(distance: float, name: str) -> None:
    """An edge belongs to the better class, as in the strips of the atlas."""
    assert worst.kind("", distance) == name


def test_nothing_measured_has_no_class() -> None:
    """A subject without a figure has no class, unless it is wrong in kind."""
    assert not worst.kind("", math.nan)
    assert worst.kind("nan", math.nan) == worst.WRONG


def test_no_eager_subject_is_no_picture(tmp_path: Path) -> None:
    """There is no chart of compiled programs only, nor without an atlas."""
    assert worst.chart_section(None) is None
    assert (
        worst.chart_section(subject_table(tmp_path, records(["relu"], ["torch"], mode="compiled", binades=[100])))
        is None
    )


def test_every_subject_is_in_the_table(sample: pd.DataFrame) -> None:
    """The table has the project's order of backends and numbers to sort by, and the chart has a text."""
    section = worst.chart_section(sample)

    assert len(rows_of(section)) == 3 * 2 * 4
    assert list(dict.fromkeys(row[1].text for row in rows_of(section))) == ["numpy", "torch", "tensorflow", "jax"]
    assert all(row[4].order is not None and row[6].order is not None for row in rows_of(section))
    assert "numpy 2.4.6, torch 2.13.0, tensorflow 2.21.0, jax 0.10.2" in words_of(section)
    assert "in float32: forward numpy " in chart_of(section).alt


def test_formats_have_a_switch_float32_first(tmp_path: Path) -> None:
    """The switch has the formats that there are; an activation of one format is in that view only."""
    short = [records(["gelu", "relu"], ["numpy"], dtype=dtype) for dtype in ("bfloat16", "float16")]
    section = worst.chart_section(subject_table(tmp_path, *short, records(["gelu"], ["numpy"])))

    assert switch(section, "dtype")["bind"]["options"] == ["float32", "bfloat16", "float16"]
    assert switch(section, "dtype")["value"] == "float32"
    assert switch(section, "direction")["bind"]["options"] == ["forward", "backward"]
    assert "of 1 activation;" in chart_of(section).alt


def test_a_sample_gives_lower_bounds(tmp_path: Path) -> None:
    """The tile of a sampled subject is marked as a lower bound."""
    rows = worst.tile_rows(subject_table(tmp_path, records(["relu"], ["numpy"], stride=63)))

    assert all(text.startswith("≥ ") for text in rows["text"])


def test_several_versions_are_columns(tmp_path: Path) -> None:
    """Several versions have columns with the version in their names."""
    parts = [records(["relu"], ["torch"], version=version, binades=[100]) for version in ("2.12.0", "2.13.0")]

    assert set(worst.tile_rows(subject_table(tmp_path, *parts))["column"]) == {"torch 2.12.0", "torch 2.13.0"}


def test_hostile_names_stay_text(sample: pd.DataFrame) -> None:
    """Control characters are removed, long names are cut, and markup is left to the embedding page."""
    name = "<b>\x1b[31m" + "x" * 400
    section = worst.chart_section(sample.replace({"activation": {"relu": name}, "version": {"2.13.0": name}}))
    cells = [cell for row in rows_of(section) for cell in row]
    texts = [words_of(section), chart_of(section).alt, *(cell.text for cell in cells)]

    assert formats.text(name) in texts
    assert not any("\x1b" in text for text in texts)
    assert max(len(cell.text) for cell in cells) <= formats.LONGEST
