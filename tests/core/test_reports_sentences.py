"""The first screen: three sentences and the marks of the heat map, for known figures."""

import re
from pathlib import Path

import pytest

from reports.data import load, tables, tidy
from reports.data.standings import Standings
from reports.page import charts
from reports.page.section import charts_of
from reports.speed import chart_sections, heat, sentences
from tests.core.sample_run import RunFactory, slower


@pytest.fixture
def factory(tmp_path: Path) -> RunFactory:
    """Return a factory for one run's folder."""
    return RunFactory(tmp_path / "run")


def first_sentences(factory: RunFactory, divergences: int = 0) -> dict[str, str]:
    """Return the sentences of the factory's run by their subject."""
    run = load.read(factory.folder)
    return sentences.three(tidy.table([run]), {run.name: Standings(run)}, divergences, "Keras promises.")


def test_the_fastest_is_named_with_its_lead(factory: RunFactory) -> None:
    """Compiled torch takes half of its eager time, a quarter of numpy's, and the next has an interval."""
    factory.write(factory.passes(factory.times(), 4))
    sentence = first_sentences(factory)["Fastest"]

    assert sentence.startswith("torch compiled, forward, 7")
    assert "torch compiled, backward, 1" in sentence
    assert "next torch eager, 2.00\u00a0× as long (1.9" in sentence
    assert "last numpy eager, 4.0" in sentence


def test_a_lead_within_the_noise_is_a_tie(factory: RunFactory) -> None:
    """Two noisy backends of the same time are tied within a percentage, and one replicate cannot tell."""
    times = factory.times(("numpy", "jax"))
    times = {case: seconds for case, seconds in times.items() if case.mode == "eager"}
    factory.write(factory.passes(times, 4, spread=0.1))
    tie = re.search(r"are tied within (\d+)\u00a0%, forward", first_sentences(factory)["Fastest"])
    assert tie
    assert 5 <= int(tie[1]) <= 60

    factory.write(factory.passes(times, 1))
    assert "One replicate cannot tell" in first_sentences(factory)["Fastest"]


def test_agreement_counts_what_is_wrong(factory: RunFactory) -> None:
    """The sentence has right and wrong outputs, declared divergences, and Keras' promise."""
    records = factory.records()
    factory.write(records)
    assert first_sentences(factory)["Agreement"].startswith("All of 18 outputs held to the exact values")

    factory.write([*records, factory.failed(factory.case("jax", "relu"), "wrong")])
    assert first_sentences(factory, 3)["Agreement"].startswith("18 of 19 outputs held")
    assert first_sentences(factory, 3)["Agreement"].endswith("3 divergences declared, see Agreement. Keras promises.")


def test_the_surprise_is_the_case_that_leaves_row_and_column(factory: RunFactory) -> None:
    """A table of products has no surprise; a case four times slower is one, not the slowest case."""
    times = factory.times()
    factory.write(factory.passes(times, 4))
    assert first_sentences(factory)["Largest surprise"].startswith("none")

    factory.write(
        factory.passes(slower(times, 3.0, backend="torch", activation="relu", mode="eager", direction="forward"), 4)
    )
    assert first_sentences(factory)["Largest surprise"].startswith("relu forward on torch eager")


def test_nothing_to_compare_is_no_data(factory: RunFactory) -> None:
    """A run of only failures has no data to compare."""
    factory.write([factory.failed(factory.case("torch", "relu"))])

    assert (
        first_sentences(factory)["Fastest"]
        == first_sentences(factory)["Largest surprise"]
        == "no data: there is nothing to compare."
    )


def test_the_map_marks_who_the_tables_mark(factory: RunFactory) -> None:
    """The star of the chart and the bold cell of the table mark the same case."""
    run = load.read(factory.write(factory.passes(factory.times(), 4, spread=0.05)))
    table = tidy.table([run])
    rows = heat.judged(charts.shown(table))
    for panel in tables.panels(table):
        fastest = rows[(rows["direction"] == panel.direction) & (rows["mark_both"] == heat.MARKS["fastest"])]
        assert dict(zip(fastest["label"], fastest["column"], strict=True)) == panel.winners()


def test_every_chart_has_its_figures_and_a_text(factory: RunFactory) -> None:
    """A chart has as many rows as figures, and throughput needs two sizes."""
    one_size = tidy.table([load.read(factory.write(factory.passes(factory.times(), 2)))])
    two_sizes = tidy.table([load.read(factory.write([*factory.records(), *factory.records(size=1000)]))])

    tables_of = {chart.name: chart.table for chart in charts_of(list(chart_sections.sections(one_size)))}
    assert set(tables_of) == {"spread", "compiling", "backward", "intervals", "dispatch"}
    charts_of_two = list(charts_of(list(chart_sections.sections(two_sizes))))
    assert {chart.name for chart in charts_of_two} == {*tables_of, "throughput"}
    rows = {name: list(table.cells()) for name, table in tables_of.items() if table}
    assert len(rows["compiling"]) == 6
    assert [cell.text for cell in rows["backward"][0]][:3] == ["gelu", "numpy eager", "backward"]
    for chart in charts_of_two:
        assert chart.table is not None
        assert f": {len(chart.table.rows)} figures, from " in chart.alt
