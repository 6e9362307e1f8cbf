"""Accuracy against speed: the front, the omitted cases, and that only measured figures are drawn."""

import itertools
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.accuracy.record import Record
from bench.core.cases import Case
from reports import formats
from reports.accuracy import atlas, subjects, summary
from reports.accuracy import load as accuracy
from reports.data import load, tidy
from reports.speed import pareto, plane
from tests.core import sample_atlas
from tests.core.sample_run import MICROSECOND, RunFactory
from tests.core.section_parts import chart_of, figures_of, rows_of, words_of

VERSION = "1.2.3"  # as in the factory's runs


@pytest.fixture
def factory(tmp_path: Path) -> RunFactory:
    """Return a factory for one run's folder."""
    return RunFactory(tmp_path / "run")


def subject_table(path: Path, **figures: Any) -> pd.DataFrame:
    """Return subjects `backend_activation` with these worst errors in ulp, or with other fields of one record."""
    blank: dict[str, Any] = {"direction": "forward", "dtype": "float32", "mode": "eager", "version": VERSION}
    blank |= {**sample_atlas.KEYS, "binade": 127, "inputs": 2**23}
    records = []
    for name, value in figures.items():
        backend, _, activation = name.partition("_")
        fields = {"well_ulp": value, "worst_ulp": value, "worst_bits": 1} if isinstance(value, float) else value
        records.append(Record(**(blank | {"backend": backend, "activation": activation} | fields)))
    sample_atlas.write(path / "atlas.parquet", records)
    return subjects.subjects(atlas.tidy(accuracy.read([path]).rows))


def timed_table(factory: RunFactory, *, spread: float = 0.001, **microseconds: float) -> pd.DataFrame:
    """Return the table of a run of relu, eager, forward, with these times; a copy takes 100 µs."""
    times: dict[Case, float] = {}
    for backend, time in microseconds.items():
        times[factory.case(backend, "copy")] = 100 * MICROSECOND
        times[factory.case(backend, "relu")] = time * MICROSECOND
    return tidy.table([load.read(factory.write(factory.passes(times, 4, spread=spread)))])


def front_backends(table: pd.DataFrame, accuracies: pd.DataFrame) -> set[str]:
    """Return the backends on the front."""
    rows = pareto.joined(table, accuracies)
    return set(rows.loc[rows["front"], "backend"])


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
    """A unit is 2^-23 of a power of two in float32; the digits are between none and what the format holds."""
    assert pareto.digits(ulp, 0, dtype) == pytest.approx(expected)


def test_wrong_outright_is_no_digit_however_close_the_rest() -> None:
    """An error class precedes any ulp error, and a missing one; what was not measured has no figure."""
    assert pareto.digits(0.5, 1, "float32") == pareto.digits(math.nan, 1, "float32") == 0
    assert math.isnan(pareto.digits(math.nan, 0, "float32"))


def test_the_front_by_hand(factory: RunFactory, tmp_path: Path) -> None:
    """The fastest and the most exact are on the front; a backend that is slower than a more exact one is not."""
    table = timed_table(factory, numpy=400, torch=100, tensorflow=200, jax=300)
    accuracies = subject_table(tmp_path, numpy_relu=1.0, torch_relu=9.0, tensorflow_relu=3.0, jax_relu=5.0)

    assert front_backends(table, accuracies) == {"torch", "tensorflow", "numpy"}


def test_one_that_is_as_exact_and_certainly_faster_is_alone(factory: RunFactory, tmp_path: Path) -> None:
    """A backend is alone on the front if the intervals do not overlap."""
    accuracies = subject_table(tmp_path, numpy_relu=1.0, torch_relu=1.0)

    assert front_backends(timed_table(factory, numpy=200, torch=100), accuracies) == {"torch"}


def test_an_uncertain_lead_pushes_nobody_off(factory: RunFactory, tmp_path: Path) -> None:
    """A lead of 2 % with 20 % scatter removes no equal from the front; more exact and not slower does."""
    table = timed_table(factory, spread=0.2, numpy=102, torch=100)
    assert front_backends(table, subject_table(tmp_path / "same", numpy_relu=1.0, torch_relu=1.0)) == {"numpy", "torch"}

    times = dict(zip(table["backend"], table["x_copy"], strict=True))
    slow, fast = sorted(times, key=lambda name: -times[name])
    assert front_backends(table, subject_table(tmp_path / "other", **{f"{slow}_relu": 2.0, f"{fast}_relu": 1.0})) == {
        fast
    }


def test_what_is_drawn_to_the_left_is_never_pushed_off_by_its_equal() -> None:
    """A quicker copy makes a multiple larger: a faster case with the larger multiple removes no other."""
    point, other = (6.0, 1.0, 200.0, 210.0), (6.0, 1.1, 100.0, 110.0)

    assert not pareto.beaten(point, other)
    assert pareto.beaten(point, (6.0, 1.0, 100.0, 110.0))
    assert not pareto.beaten(point, (6.0, 1.0, math.nan, math.nan))


def test_a_category_is_at_0_and_says_how_many(factory: RunFactory, tmp_path: Path) -> None:
    """Faster and wrong is on the front, at its bottom; slower and wrong is not."""
    wrong = {"zero": 1234, "zero_bits": 7, "well_ulp": 0.5, "worst_ulp": 0.5, "worst_bits": 1}
    accuracies = subject_table(tmp_path, numpy_relu=1.0, torch_relu=wrong, jax_relu=wrong)
    rows = pareto.joined(timed_table(factory, numpy=200, torch=100, jax=300), accuracies).set_index("backend")

    assert dict(rows["digits"].round(2)) == {"numpy": 6.92, "torch": 0.0, "jax": 0.0}
    assert rows.loc["torch", "wrong"] == "wrong outright at 1,234 inputs"
    assert dict(rows["standing"]) == {"numpy": "yes", "torch": "yes", "jax": "no"}


def test_another_version_is_left_out_and_named(factory: RunFactory, tmp_path: Path) -> None:
    """Another version is neither drawn nor in the table; with no version in common there is no chart."""
    table = timed_table(factory, numpy=200, torch=100, jax=150)
    foreign = {"version": "9.9", "well_ulp": 0.5}
    section = pareto.chart_section(table, subject_table(tmp_path / "one", numpy_relu=1.0, torch_relu=foreign))

    assert [row[1].text for row in rows_of(section)] == ["numpy"]
    assert "torch 1.2.3 is left out: the recorded accuracy is of 9.9." in words_of(section)
    assert "jax 1.2.3 is left out: the recorded accuracy has none of it." in words_of(section)
    assert "numpy 1.2.3" not in words_of(section)
    assert pareto.chart_section(table, subject_table(tmp_path / "none", torch_relu=foreign)) is None


def test_no_atlas_is_no_picture(factory: RunFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are neither lines nor subjects without a file."""
    monkeypatch.setattr(accuracy, "ATLAS", tmp_path / "nowhere")

    assert summary.atlas_subjects() is None
    assert summary.lines() == ()
    assert pareto.chart_section(timed_table(factory, numpy=100), summary.atlas_subjects()) is None


def test_the_committed_atlas_is_read_once() -> None:
    """Every call returns the same subjects."""
    accuracies = summary.atlas_subjects()

    assert accuracies is not None
    assert accuracies is summary.atlas_subjects()
    assert summary.lines()


def test_a_case_without_a_time_is_told_and_not_drawn(factory: RunFactory, tmp_path: Path) -> None:
    """A case without a time or without accuracy is not drawn; both are in the table."""
    cases = {factory.case(name, "copy"): 1e-4 for name in ("numpy", "torch")} | {factory.case("torch", "relu"): 1e-4}
    records = [*factory.passes(cases, 2), factory.failed(factory.case("numpy", "relu"))]
    table = tidy.table([load.read(factory.write(records))])
    rows = pareto.joined(table, subject_table(tmp_path / "one", numpy_relu=1.0, torch_relu=2.0)).set_index("backend")
    section = pareto.chart_section(table, subject_table(tmp_path / "one", numpy_relu=1.0, torch_relu=2.0))

    assert dict(rows["drawn"]) == {"numpy": False, "torch": True}
    assert [cell.text for cell in rows_of(section)[0]][3:] == ["–", "6.92", "1.00", "0", "no data"]
    assert (
        pareto.chart_section(table, subject_table(tmp_path / "two", numpy_relu=1.0, torch_relu={"inputs": 1})) is None
    )


def test_a_sample_gives_bounds(factory: RunFactory, tmp_path: Path) -> None:
    """The worst error is a lower bound, and the digits are an upper bound."""
    accuracies = subject_table(tmp_path, numpy_relu={"well_ulp": 2.0, "worst_ulp": 2.0, "worst_bits": 1, "stride": 63})
    (row,) = rows_of(pareto.chart_section(timed_table(factory, numpy=100), accuracies))

    assert [cell.text for cell in row][4:6] == ["≤ 6.62", "≥ 2.00"]


def test_the_worst_of_several_settings_counts(factory: RunFactory, tmp_path: Path) -> None:
    """Settings of another device do not count."""
    builds = [
        subject_table(tmp_path / str(n), numpy_relu={"well_ulp": n, "vendor": v})
        for n, v in ((1.0, "amd"), (4.0, "intel"))
    ]
    gpu = subject_table(tmp_path / "gpu", numpy_relu={"well_ulp": 99.0, "vendor": "nvidia"})
    (row,) = rows_of(pareto.chart_section(timed_table(factory, numpy=100), pd.concat([*builds, gpu])))

    assert row[5].text == "4.00"


def test_each_direction_is_counted(factory: RunFactory, tmp_path: Path) -> None:
    """The text counts the activations of each direction, beside a table with numbers to sort by."""
    table = tidy.table([load.read(factory.write(factory.passes(factory.times(), 3)))])
    backward = {"direction": "backward", "well_ulp": 1.0}
    accuracies = subject_table(tmp_path / "a", numpy_relu=1.0, torch_relu=2.0, numpy_gelu=1.0, torch_gelu=1.0)
    accuracies = pd.concat([accuracies, subject_table(tmp_path / "b", torch_relu=backward, numpy_relu=backward)])
    section = pareto.chart_section(table, accuracies)

    sentence = "On the front: forward torch 2, numpy 1 of 2 activations; backward torch 1, numpy 0 of 1 activation."
    assert sentence in words_of(section)
    assert chart_of(section).alt.startswith(f"Accuracy against speed: {sentence}")
    assert tuple(figures_of(section).columns[3:]) == pareto.FIGURES
    assert all(cell.order is not None for row in rows_of(section) for cell in row[3:])


def test_hostile_names_stay_text(factory: RunFactory, tmp_path: Path) -> None:
    """Control characters are removed, long names are cut, and markup is left to the embedding page."""
    table = timed_table(factory, numpy=100, torch=200)
    name = "<b>\x1b[31m" + "x" * 400
    table.loc[table["backend"] == "torch", "backend"] = name
    accuracies = subject_table(tmp_path, numpy_relu=1.0, torch_relu=2.0)
    accuracies.loc[accuracies["backend"] == "torch", "backend"] = name
    section = pareto.chart_section(table, accuracies)
    cells = [cell for row in rows_of(section) for cell in row]
    texts = [words_of(section), chart_of(section).alt, *(cell.text for cell in cells)]

    assert formats.markdown(name)[:200] in words_of(section)
    assert not any("\x1b" in text for text in texts)
    assert max(len(cell.text) for cell in cells) <= formats.LONGEST


def test_the_first_to_be_seen_has_most_to_choose_from(factory: RunFactory, tmp_path: Path) -> None:
    """An activation with two different points on the front comes before one with one."""
    table = tidy.table([load.read(factory.write(factory.passes(factory.times(), 3)))])
    accuracies = subject_table(tmp_path, numpy_relu=2.0, torch_relu=1.0, numpy_gelu=1.0, torch_gelu=2.0)
    chart = chart_of(pareto.chart_section(table, accuracies)).definition.to_dict()
    (pick,) = [p for p in chart["params"] if p["name"] == "chosen_label"]

    assert pick["value"] == "gelu"
    assert pick["bind"]["options"] == ["gelu", "relu"]


def test_names_keep_a_line_apart(factory: RunFactory, tmp_path: Path) -> None:
    """Labels of equal digits and close times are below on the left, above on the right, and do not overlap."""
    names = ("numpy", "torch", "tensorflow", "jax")
    table = timed_table(factory, numpy=300, torch=301, tensorflow=120, jax=121)
    points = plane.placed(pareto.joined(table, subject_table(tmp_path, **{f"{name}_relu": 1.0 for name in names})))
    step = plane.pixel(points)

    for _, part in points.groupby("left"):
        assert len(part) == 2
        places = sorted(part["place"] / step)
        assert all(b - a >= plane.LINE - 1e-9 for a, b in itertools.pairwise(places))
    assert (points["left"] == (points["place"] < points["digits"])).all()
