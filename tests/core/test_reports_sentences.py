"""What the first screen says: three sentences and the marks of the heat map, true of figures that are known."""

from pathlib import Path

import pandas as pd
import pytest

from reports import charts, heat, load, pictures, sentences, tables, tidy
from tests.core.sample_run import Maker, slower


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A run's folder to be."""
    return Maker(tmp_path / "run")


def said(maker: Maker, departures: int = 0) -> dict[str, str]:
    """The sentences of what the maker has written, by what they are about."""
    run = load.read(maker.folder)
    found = sentences.three(tidy.table([run]), {run.name: tidy.noise_floor(run)}, departures, "Keras promises.")
    return {own["about"]: own["said"] for own in found}


def test_the_fastest_is_named_with_its_lead(maker: Maker) -> None:
    """Compiled torch takes half of its eager, a quarter of numpy; that is beyond a noise of 1 %."""
    maker.write(maker.passes(maker.times(), 4))

    assert said(maker)["Fastest"].startswith("torch compiled, 7")
    assert "next torch eager, 2.0" in said(maker)["Fastest"]
    assert "beyond this run's noise" in said(maker)["Fastest"]


def test_a_lead_within_the_noise_is_uncertain(maker: Maker) -> None:
    """Two backends that take the same time, measured noisily; one pass can tell nothing."""
    times = maker.times(("numpy", "jax"))
    times = {case: seconds for case, seconds in times.items() if case.mode == "eager"}
    maker.write(maker.passes(times, 4, spread=0.1))
    assert "UNCERTAIN" in said(maker)["Fastest"]

    maker.write(maker.passes(times, 1))
    assert "One pass cannot tell" in said(maker)["Fastest"]


def test_agreement_counts_what_is_wrong(maker: Maker) -> None:
    """Right ones, wrong ones, declared departures, and Keras' promise beside them."""
    records = maker.records()
    maker.write(records)
    assert said(maker)["Agreement"].startswith("All of 18 outputs held to the exact values")

    maker.write([*records, maker.failed(maker.case("jax", "relu"), "wrong")])
    assert said(maker, 3)["Agreement"].startswith("18 of 19 outputs held")
    assert said(maker, 3)["Agreement"].endswith("3 departures declared, see Agreement. Keras promises.")


def test_the_surprise_is_the_case_that_leaves_row_and_column(maker: Maker) -> None:
    """None in a table of products; a case four times slower is found, not the slowest one."""
    times = maker.times()
    maker.write(maker.passes(times, 4))
    assert said(maker)["Largest surprise"].startswith("none")

    maker.write(
        maker.passes(slower(times, 3.0, backend="torch", activation="relu", mode="eager", direction="forward"), 4)
    )
    assert said(maker)["Largest surprise"].startswith("relu forward on torch eager")


def test_nothing_to_compare_is_no_data(maker: Maker) -> None:
    """One backend in one mode, and failures alone."""
    maker.write([maker.failed(maker.case("torch", "relu"))])

    assert said(maker)["Fastest"] == said(maker)["Largest surprise"] == "no data: there is nothing to compare."


def test_who_shares_the_lead_is_uncertain() -> None:
    """One interval below all others wins; overlapping ones share the lead; one alone has nobody to beat."""
    rows = pd.DataFrame(
        [("a", 1.0, 2.0), ("a", 3.0, 4.0), ("b", 1.0, 3.0), ("b", 2.0, 4.0), ("b", 5.0, 6.0), ("c", 1.0, 2.0)],
        columns=["label", "seconds_low", "seconds_high"],
    )
    found = tables.standings(rows, ["label"])

    assert list(found) == ["fastest", "", "uncertain", "uncertain", "", ""]


def test_the_map_marks_who_the_tables_mark(maker: Maker) -> None:
    """The star of the picture and the bold cell of the table are the same."""
    run = load.read(maker.write(maker.passes(maker.times(), 4, spread=0.05)))
    table = tidy.table([run])
    rows = heat.judged(charts.shown(table))
    for panel in tables.panels(table):
        own = rows[(rows["direction"] == panel.direction) & (rows["mark_both"] == heat.MARKS["fastest"])]
        assert dict(zip(own["label"], own["column"], strict=True)) == panel.winners()


def test_every_picture_has_its_figures_and_a_text(maker: Maker) -> None:
    """As many rows as figures; throughput once there are two sizes."""
    one = tidy.table([load.read(maker.write(maker.passes(maker.times(), 2)))])
    two = tidy.table([load.read(maker.write([*maker.records(), *maker.records(size=1000)]))])

    names = {own.name: own for own in pictures.pictures(one)}
    assert set(names) == {"spread", "compiling", "backward", "intervals", "dispatch"}
    assert {own.name for own in pictures.pictures(two)} == {*names, "throughput"}
    assert len(names["compiling"].rows) == 6
    assert [cell["text"] for cell in names["backward"].rows[0]][:3] == ["gelu", "numpy eager", "backward"]
    for own in names.values():
        assert own.alt.startswith(f"{len(own.rows)} figures, from ")
