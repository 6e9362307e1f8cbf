"""The worst errors at a glance: what a tile says, in which order, and what stands in the table behind it."""

import itertools
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.accuracy.record import EDGES
from reports import formats
from reports.accuracy import atlas, load, subjects, worst
from reports.pictures import Picture
from tests.core.sample_atlas import records, write


def found(path: Path, *parts: Any) -> pd.DataFrame:
    """The subjects of these records."""
    write(path / "atlas.parquet", itertools.chain(*parts))
    return subjects.subjects(atlas.tidy(load.read([path]).rows))


@pytest.fixture
def sample(tmp_path: Path) -> pd.DataFrame:
    """Three activations on four backends, one of them wrong outright on three."""
    return found(tmp_path, records())


def pictured(rows: pd.DataFrame) -> Picture:
    """The picture, which there is."""
    own = worst.picture(rows)
    assert own is not None
    return own


def switch(own: Picture, name: str) -> dict[str, Any]:
    """A switch of the chart."""
    (found,) = [p for p in own.chart.to_dict()["params"] if p["name"] == f"chosen_{name}"]
    return dict(found)


def test_what_is_wrong_outright_is_a_word(sample: pd.DataFrame) -> None:
    """It comes before the distance, which stays in the tooltip; without one the tile is a number."""
    rows = worst.told(sample)
    gelu = rows[(rows["label"] == "gelu") & (rows["direction"] == "forward")].set_index("column")

    assert dict(gelu["text"].drop("numpy")) == {"torch": "zero", "tensorflow": "NaN", "jax": "sign"}
    assert set(gelu["kind"].drop("numpy")) == {worst.WRONG}
    assert list(gelu["text"].loc[["numpy"]]) == list(gelu["distance"].loc[["numpy"]])
    said = str(gelu["wrong"].loc["torch"])
    assert said.startswith("zero at ")
    assert float(said.rpartition(" ")[2]) < 0


@pytest.mark.parametrize(
    ("distance", "name"), [(0.0, "≤ ½ ulp"), *((edge, f"≤ {edge:g}") for edge in EDGES[1:]), (257.0, "> 256 ulp")]
)
def test_edges_belong_to_the_better_class(distance: float, name: str) -> None:
    """As in the strips of the atlas."""
    assert worst.kind("", distance) == name


def test_nothing_measured_has_no_class() -> None:
    """Unless it is wrong outright."""
    assert not worst.kind("", math.nan)
    assert worst.kind("nan", math.nan) == worst.WRONG


def test_no_eager_subject_is_no_picture(tmp_path: Path) -> None:
    """Compiled programs are not in it, and where no atlas is there is nothing."""
    assert worst.picture(None) is None
    assert worst.picture(found(tmp_path, records(["relu"], ["torch"], mode="compiled", binades=[100]))) is None


def test_every_subject_is_in_the_table(sample: pd.DataFrame) -> None:
    """In the project's order of backends, with numbers to sort by; and the picture in words."""
    own = pictured(sample)

    assert len(own.rows) == 3 * 2 * 4
    assert list(dict.fromkeys(row[1]["text"] for row in own.rows)) == ["numpy", "torch", "tensorflow", "jax"]
    assert all(row[4]["order"] is not None and row[6]["order"] is not None for row in own.rows)
    assert "numpy 2.4.6, torch 2.13.0, tensorflow 2.21.0, jax 0.10.2" in own.words
    assert "in float32: forward numpy " in own.alt


def test_formats_have_a_switch_float32_first(tmp_path: Path) -> None:
    """Any set of them; an activation that one format alone has is in that one's view."""
    short = [records(["gelu", "relu"], ["numpy"], dtype=dtype) for dtype in ("bfloat16", "float16")]
    own = pictured(found(tmp_path, *short, records(["gelu"], ["numpy"])))

    assert switch(own, "dtype")["bind"]["options"] == ["float32", "bfloat16", "float16"]
    assert switch(own, "dtype")["value"] == "float32"
    assert switch(own, "direction")["bind"]["options"] == ["forward", "backward"]
    assert "of 1 activation;" in own.alt


def test_a_sample_gives_lower_bounds(tmp_path: Path) -> None:
    """The tile says so."""
    rows = worst.told(found(tmp_path, records(["relu"], ["numpy"], stride=63)))

    assert all(text.startswith("≥ ") for text in rows["text"])


def test_several_versions_are_columns(tmp_path: Path) -> None:
    """Named apart."""
    parts = [records(["relu"], ["torch"], version=version, binades=[100]) for version in ("2.12.0", "2.13.0")]

    assert set(worst.told(found(tmp_path, *parts))["column"]) == {"torch 2.12.0", "torch 2.13.0"}


def test_hostile_names_stay_text(sample: pd.DataFrame) -> None:
    """Control characters go, what is too long is cut; markup is left to whoever embeds it."""
    name = "<b>\x1b[31m" + "x" * 400
    own = pictured(sample.replace({"activation": {"relu": name}, "version": {"2.13.0": name}}))
    texts = [own.words, own.alt, *(cell["text"] for row in own.rows for cell in row)]

    assert formats.text(name) in texts
    assert not any("\x1b" in text for text in texts)
    assert max(len(cell["text"]) for row in own.rows for cell in row) <= formats.LONGEST
