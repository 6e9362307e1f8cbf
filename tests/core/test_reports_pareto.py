"""Accuracy against speed: who is on the front, what is left out, and that nothing is drawn that nobody measured."""

import itertools
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.accuracy.record import Record
from bench.cases import Case
from reports import formats, load, pareto, plane, tidy
from reports.accuracy import atlas, subjects, summary
from reports.accuracy import load as accuracy
from reports.pictures import Picture
from tests.core import sample_atlas
from tests.core.sample_run import MICROSECOND, Maker

VERSION = "1.2.3"  # as the maker of runs says


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A run's folder to be."""
    return Maker(tmp_path / "run")


def judged(path: Path, **figures: Any) -> pd.DataFrame:
    """Subjects `backend_activation` with these worst errors in ulp, or with other fields of one record."""
    blank: dict[str, Any] = {"direction": "forward", "dtype": "float32", "mode": "eager", "version": VERSION}
    blank |= {**sample_atlas.KEYS, "binade": 127, "inputs": 2**23}
    found = []
    for name, given in figures.items():
        backend, _, activation = name.partition("_")
        own = {"well_ulp": given, "worst_ulp": given, "worst_bits": 1} if isinstance(given, float) else given
        found.append(Record(**(blank | {"backend": backend, "activation": activation} | own)))
    sample_atlas.write(path / "atlas.parquet", found)
    return subjects.subjects(atlas.tidy(accuracy.read([path]).rows))


def measured(maker: Maker, *, spread: float = 0.001, **microseconds: float) -> pd.DataFrame:
    """A run of relu, eager, forward, with these times; a copy takes 100 µs."""
    times: dict[Case, float] = {}
    for backend, time in microseconds.items():
        times[maker.case(backend, "copy")] = 100 * MICROSECOND
        times[maker.case(backend, "relu")] = time * MICROSECOND
    return tidy.table([load.read(maker.write(maker.passes(times, 4, spread=spread)))])


def on(table: pd.DataFrame, found: pd.DataFrame) -> set[str]:
    """Who is on the front."""
    rows = pareto.joined(table, found)
    return set(rows.loc[rows["front"], "backend"])


def pictured(table: pd.DataFrame, found: pd.DataFrame | None) -> Picture:
    """The picture, which there is."""
    own = pareto.picture(table, found)
    assert own is not None
    return own


@pytest.mark.parametrize(
    ("ulp", "dtype", "expected"),
    [
        (0.0, "float32", math.log10(2**24)),
        (0.5, "float32", math.log10(2**24)),
        (1.0, "float32", math.log10(2**23)),
        (10.0, "float32", math.log10(2**23) - 1),
        (0.5, "float16", math.log10(2**11)),
        (0.5, "bfloat16", math.log10(2**8)),
        (2.0**40, "float32", 0.0),
    ],
)
def test_digits_are_what_the_relative_error_leaves(ulp: float, dtype: str, expected: float) -> None:
    """A unit is 2^-23 of a power of two in float32; no more than the format holds, no less than none."""
    assert pareto.digits(ulp, 0, dtype) == pytest.approx(expected)


def test_wrong_outright_is_no_digit_however_close_the_rest() -> None:
    """A category comes before any distance, and before there being none; where nothing was measured is no figure."""
    assert pareto.digits(0.5, 1, "float32") == pareto.digits(math.nan, 1, "float32") == 0
    assert math.isnan(pareto.digits(math.nan, 0, "float32"))


def test_the_front_by_hand(maker: Maker, tmp_path: Path) -> None:
    """The fastest and the most exact are on it; who is slower than a more exact one is not."""
    table = measured(maker, numpy=400, torch=100, tensorflow=200, jax=300)
    found = judged(tmp_path, numpy_relu=1.0, torch_relu=9.0, tensorflow_relu=3.0, jax_relu=5.0)

    assert on(table, found) == {"torch", "tensorflow", "numpy"}


def test_one_that_is_as_exact_and_certainly_faster_is_alone(maker: Maker, tmp_path: Path) -> None:
    """Intervals apart."""
    found = judged(tmp_path, numpy_relu=1.0, torch_relu=1.0)

    assert on(measured(maker, numpy=200, torch=100), found) == {"torch"}


def test_an_uncertain_lead_pushes_nobody_off(maker: Maker, tmp_path: Path) -> None:
    """As exact, and faster by 2 % where passes scatter by 20 %; but more exact and not slower does."""
    table = measured(maker, spread=0.2, numpy=102, torch=100)
    assert on(table, judged(tmp_path / "same", numpy_relu=1.0, torch_relu=1.0)) == {"numpy", "torch"}

    times = dict(zip(table["backend"], table["x_copy"], strict=True))
    slow, fast = sorted(times, key=lambda name: -times[name])
    assert on(table, judged(tmp_path / "other", **{f"{slow}_relu": 2.0, f"{fast}_relu": 1.0})) == {fast}


def test_what_is_drawn_to_the_left_is_never_pushed_off_by_its_equal() -> None:
    """A quicker copy makes a multiple larger: who is certainly faster, but by the larger multiple, beats nobody."""
    own, other = (6.0, 1.0, 200.0, 210.0), (6.0, 1.1, 100.0, 110.0)

    assert not pareto.beaten(own, other)
    assert pareto.beaten(own, (6.0, 1.0, 100.0, 110.0))
    assert not pareto.beaten(own, (6.0, 1.0, math.nan, math.nan))


def test_a_category_is_at_0_and_says_how_many(maker: Maker, tmp_path: Path) -> None:
    """Faster and wrong is on the front, at its bottom; slower and wrong is not."""
    wrong = {"zero": 1234, "zero_bits": 7, "well_ulp": 0.5, "worst_ulp": 0.5, "worst_bits": 1}
    found = judged(tmp_path, numpy_relu=1.0, torch_relu=wrong, jax_relu=wrong)
    rows = pareto.joined(measured(maker, numpy=200, torch=100, jax=300), found).set_index("backend")

    assert dict(rows["digits"].round(2)) == {"numpy": 6.92, "torch": 0.0, "jax": 0.0}
    assert rows.loc["torch", "wrong"] == "wrong outright at 1,234 inputs"
    assert dict(rows["standing"]) == {"numpy": "yes", "torch": "yes", "jax": "no"}


def test_another_version_is_left_out_and_named(maker: Maker, tmp_path: Path) -> None:
    """It is neither drawn nor in the table, and beats nobody; with no version in common there is no picture."""
    table = measured(maker, numpy=200, torch=100, jax=150)
    other = {"version": "9.9", "well_ulp": 0.5}
    own = pictured(table, judged(tmp_path / "one", numpy_relu=1.0, torch_relu=other))

    assert [row[1]["text"] for row in own.rows] == ["numpy"]
    assert "torch 1.2.3 is left out: the recorded accuracy is of 9.9." in own.words
    assert "jax 1.2.3 is left out: the recorded accuracy has none of it." in own.words
    assert "numpy 1.2.3" not in own.words
    assert pareto.picture(table, judged(tmp_path / "none", torch_relu=other)) is None


def test_no_atlas_is_no_picture(maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither lines nor subjects where no file is."""
    monkeypatch.setattr(accuracy, "ATLAS", tmp_path / "nowhere")

    assert summary.found() is None
    assert summary.lines() == ()
    assert pareto.picture(measured(maker, numpy=100), summary.found()) is None


def test_the_committed_atlas_is_read_once() -> None:
    """Whoever asks gets the same subjects."""
    found = summary.found()

    assert found is not None
    assert found is summary.found()
    assert summary.lines()


def test_a_case_without_a_time_is_told_and_not_drawn(maker: Maker, tmp_path: Path) -> None:
    """Nor is one with a time and nothing measured; both stand in the table."""
    cases = {maker.case(name, "copy"): 1e-4 for name in ("numpy", "torch")} | {maker.case("torch", "relu"): 1e-4}
    records = [*maker.passes(cases, 2), maker.failed(maker.case("numpy", "relu"))]
    table = tidy.table([load.read(maker.write(records))])
    rows = pareto.joined(table, judged(tmp_path / "one", numpy_relu=1.0, torch_relu=2.0)).set_index("backend")
    own = pictured(table, judged(tmp_path / "one", numpy_relu=1.0, torch_relu=2.0))

    assert dict(rows["drawn"]) == {"numpy": False, "torch": True}
    assert [cell["text"] for cell in own.rows[0]][3:] == ["–", "6.92", "1.00", "0", "no data"]
    assert pareto.picture(table, judged(tmp_path / "two", numpy_relu=1.0, torch_relu={"inputs": 1})) is None


def test_a_sample_gives_bounds(maker: Maker, tmp_path: Path) -> None:
    """The worst error is at least, the digits are at most what was seen."""
    found = judged(tmp_path, numpy_relu={"well_ulp": 2.0, "worst_ulp": 2.0, "worst_bits": 1, "stride": 63})
    (row,) = pictured(measured(maker, numpy=100), found).rows

    assert [cell["text"] for cell in row][4:6] == ["≤ 6.62", "≥ 2.00"]


def test_the_worst_of_several_settings_counts(maker: Maker, tmp_path: Path) -> None:
    """And those of another device count for nothing."""
    builds = [
        judged(tmp_path / str(n), numpy_relu={"well_ulp": n, "vendor": v}) for n, v in ((1.0, "amd"), (4.0, "intel"))
    ]
    gpu = judged(tmp_path / "gpu", numpy_relu={"well_ulp": 99.0, "vendor": "nvidia"})
    (row,) = pictured(measured(maker, numpy=100), pd.concat([*builds, gpu])).rows

    assert row[5]["text"] == "4.00"


def test_each_direction_is_counted(maker: Maker, tmp_path: Path) -> None:
    """In words, of the activations that there are, beside the table that sorts by numbers."""
    table = tidy.table([load.read(maker.write(maker.passes(maker.times(), 3)))])
    backward = {"direction": "backward", "well_ulp": 1.0}
    found = judged(tmp_path / "a", numpy_relu=1.0, torch_relu=2.0, numpy_gelu=1.0, torch_gelu=1.0)
    found = pd.concat([found, judged(tmp_path / "b", torch_relu=backward, numpy_relu=backward)])
    own = pictured(table, found)

    said = "On the front: forward torch 2, numpy 1 of 2 activations; backward torch 1, numpy 0 of 1 activation."
    assert said in own.words
    assert own.alt.startswith(said)
    assert own.columns[3:] == [words for words, _, _ in pareto.FIGURES]
    assert all(cell["order"] is not None for row in own.rows for cell in row[3:])


def test_hostile_names_stay_text(maker: Maker, tmp_path: Path) -> None:
    """Control characters go, what is too long is cut; markup is left to whoever embeds it."""
    table = measured(maker, numpy=100, torch=200)
    name = "<b>\x1b[31m" + "x" * 400
    table.loc[table["backend"] == "torch", "backend"] = name
    found = judged(tmp_path, numpy_relu=1.0, torch_relu=2.0)
    found.loc[found["backend"] == "torch", "backend"] = name
    own = pictured(table, found)
    texts = [own.words, own.alt, *(cell["text"] for row in own.rows for cell in row)]

    assert formats.text(name) in own.words
    assert not any("\x1b" in text for text in texts)
    assert max(len(cell["text"]) for row in own.rows for cell in row) <= formats.LONGEST


def test_the_first_to_be_seen_has_most_to_choose_from(maker: Maker, tmp_path: Path) -> None:
    """Two different points on the front come before one."""
    table = tidy.table([load.read(maker.write(maker.passes(maker.times(), 3)))])
    found = judged(tmp_path, numpy_relu=2.0, torch_relu=1.0, numpy_gelu=1.0, torch_gelu=2.0)
    own = pictured(table, found).chart.to_dict()
    (pick,) = [p for p in own["params"] if p["name"] == "chosen_label"]

    assert pick["value"] == "gelu"
    assert pick["bind"]["options"] == ["gelu", "relu"]


def test_names_keep_a_line_apart(maker: Maker, tmp_path: Path) -> None:
    """Four of the same digits at nearly the same time: below on the left, above on the right, none over another."""
    names = ("numpy", "torch", "tensorflow", "jax")
    table = measured(maker, numpy=300, torch=301, tensorflow=120, jax=121)
    seen = plane.placed(pareto.joined(table, judged(tmp_path, **{f"{name}_relu": 1.0 for name in names})))
    step = plane.pixel(seen)

    for _, part in seen.groupby("left"):
        assert len(part) == 2
        places = sorted(part["place"] / step)
        assert all(b - a >= plane.LINE - 1e-9 for a, b in itertools.pairwise(places))
    assert (seen["left"] == (seen["place"] < seen["digits"])).all()
