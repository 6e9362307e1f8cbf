"""The figures of the tidy table, for runs whose times can be computed by hand."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.core.cases import COPY, NOOP
from bench.core.record import Record
from bench.speed import verdicts
from reports import formats
from reports.data import load, tables, tidy
from reports.data.standings import Standings
from reports.speed import findings
from tests.core.sample_run import ACTIVATIONS, RunFactory, slower


@pytest.fixture
def factory(tmp_path: Path) -> RunFactory:
    """Return a factory for one run's folder."""
    return RunFactory(tmp_path / "run")


def table_of(folder: Path) -> pd.DataFrame:
    """Return the table of one run."""
    return tidy.table([load.read(folder)])


def row(table: pd.DataFrame, **values: Any) -> dict[str, Any]:
    """Return the one row with these values."""
    for name, value in values.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return dict(table.iloc[0])


def test_the_tidy_table_holds_what_is_reckoned_by_hand(factory: RunFactory) -> None:
    """A forward eager call of gelu on torch takes 1.5 copies of 100 µs."""
    gelu = row(
        table_of(factory.write(factory.records())), backend="torch", label="gelu", direction="forward", mode="eager"
    )

    assert gelu["seconds"] == pytest.approx(150e-6)
    assert gelu["x_copy"] == pytest.approx(1.5)
    assert gelu["elements_per_second"] == pytest.approx(1e6 / 150e-6)
    assert gelu["gigabytes_per_second"] == pytest.approx(8e6 / 150e-6 / 1e9)
    assert gelu["blocks"] == 3
    assert gelu["version"] == "1.2.3"
    assert math.isnan(gelu["break_even_calls"])


def test_a_time_is_the_median_over_passes_of_the_medians_of_their_blocks(factory: RunFactory) -> None:
    """Three passes of 100, 200 and 400 µs, of three blocks each, have a time of 200 µs."""
    relu = factory.case("torch", "relu")
    records = [factory.timed(relu, seconds, n) for n, seconds in enumerate((4e-4, 1e-4, 2e-4))]
    relu_row = row(table_of(factory.write(records)), label="relu")

    assert relu_row["seconds"] == pytest.approx(2e-4)
    assert (relu_row["replicates"], relu_row["blocks"]) == (3, 9)
    assert relu_row["seconds_low"] < 2e-4 < relu_row["seconds_high"]


def test_the_interval_is_that_of_the_passes(factory: RunFactory) -> None:
    """The interval is that of `bench.speed.verdicts`; a single pass has none, however many blocks it has."""
    relu, gelu = factory.case("torch", "relu"), factory.case("torch", "gelu")
    figures = {"relu": [1e-4, 1.02e-4, 0.99e-4], "gelu": [2e-4, 2.01e-4, 1.97e-4]}
    records = [factory.timed(case, s, n) for case in (relu, gelu) for n, s in enumerate(figures[case.label])]
    interval = verdicts.intervals({"any": figures})["relu"]
    relu_row = row(table_of(factory.write(records)), label="relu")
    alone = row(table_of(factory.write(records[:1])), label="relu")

    assert (relu_row["seconds_low"], relu_row["seconds_high"]) == pytest.approx((interval.low, interval.high))
    assert math.isnan(alone["seconds_low"])


def test_a_ratio_to_a_reference_is_taken_inside_of_a_pass(factory: RunFactory) -> None:
    """A machine that slows down from pass to pass leaves × copy and × no-op unchanged."""
    drift = (1.0, 1.5, 3.0)
    records = [
        factory.timed(case, seconds * drift[n], n)
        for n in range(3)
        for case, seconds in factory.times(("torch",)).items()
    ]
    gelu = row(table_of(factory.write(records)), label="gelu", direction="backward", mode="eager")

    assert gelu["seconds"] == pytest.approx(450e-6)
    assert gelu["x_copy"] == pytest.approx(3.0)
    assert gelu["dispatch_seconds"] == pytest.approx(3e-6)
    assert gelu["x_noop"] == pytest.approx(150)


def test_the_bytes_that_a_backward_pass_moves_are_three_tensors(factory: RunFactory) -> None:
    """A backward pass reads dy and x and writes dx: 12 MB in 300 µs."""
    gelu = row(
        table_of(factory.write(factory.records())), backend="torch", label="gelu", direction="backward", mode="eager"
    )

    assert gelu["bytes_moved"] == 12_000_000
    assert gelu["gigabytes_per_second"] == pytest.approx(40)


def test_compiling_with_empty_and_with_warm_caches_are_told_apart(factory: RunFactory) -> None:
    """Compiling takes 1 s in the first pass and 0.1 s in later ones; break-even uses the first."""
    gelu = row(
        table_of(factory.write(factory.passes(factory.times(), 3, spread=0))),
        **{"backend": "torch", "label": "gelu", "direction": "forward", "mode": "compiled"},
    )

    assert gelu["compile_seconds"] == pytest.approx(1)
    assert gelu["cached_compile_seconds"] == pytest.approx(0.1)
    assert gelu["break_even_calls"] == pytest.approx(1 / 75e-6)


def test_memory_and_time_by_place_are_carried_over(factory: RunFactory) -> None:
    """The most bytes and recompiles of any pass and the medians of host and device time are kept; others are NaN."""
    relu = factory.case("torch", "relu")
    figures: list[tuple[Any, ...]] = [(10, 1, 1e-5, 3e-5), (30, 0, 2e-5, 4e-5), (20, 0, 4e-5, 5e-5)]
    names = ("saved_bytes", "recompiles", "host_seconds", "device_seconds")
    records = [
        factory.timed(relu, 1e-4, n, **dict(zip(names, values, strict=True))) for n, values in enumerate(figures)
    ]
    relu_row = row(table_of(factory.write(records)), label="relu")

    assert [relu_row[name] for name in names] == pytest.approx([30, 1, 2e-5, 4e-5])
    assert math.isnan(relu_row["peak_bytes"])


def test_a_failing_pass_spoils_the_case(factory: RunFactory) -> None:
    """A case with one wrong output has no time, and the reason is that of the failed pass."""
    relu = factory.case("torch", "relu")
    records = [
        factory.timed(relu, 1e-4),
        factory.failed(relu, "wrong", "tail", replicate=1),
        factory.timed(relu, 1e-4, 2),
    ]
    relu_row = row(table_of(factory.write(records)), label="relu")

    assert (relu_row["status"], relu_row["reason"]) == ("wrong", "tail")
    assert math.isnan(relu_row["seconds"])


def test_references_are_no_activations(factory: RunFactory) -> None:
    """Copies and no-ops are rows of the table, and in no panel."""
    table = table_of(factory.write(factory.records()))

    assert {COPY, NOOP} <= set(table["label"])
    assert {label for panel in tables.panels(table) for label in panel.labels} == set(ACTIVATIONS)


def test_two_sides_are_two_rows(factory: RunFactory) -> None:
    """Each side has separate figures, copies and versions."""
    times = factory.times(("torch",))
    twice = slower(times, 1.0, backend="torch")
    records = [*factory.passes(times, 2, spread=0, side="base"), *factory.passes(twice, 2, spread=0, side="head")]
    table = table_of(factory.write_sides(records))
    key = {"label": "relu", "direction": "forward", "mode": "eager"}
    base, head = (row(table, side=side, **key) for side in ("base", "head"))

    assert (base["seconds"], head["seconds"]) == pytest.approx((1e-4, 2e-4))
    assert base["x_copy"] == head["x_copy"] == pytest.approx(1.0)
    assert (base["version"], head["version"]) == ("1.2.3", "1.3.0")


def test_the_noise_floor_is_that_of_the_activations(factory: RunFactory) -> None:
    """Halves of two passes differ by 2 %, two runs of two passes by that over √2; references do not count."""
    relu, copy = factory.case("torch", "relu"), factory.case("torch", COPY)
    records = [
        factory.timed(relu, 1e-4),
        factory.timed(relu, 1.02e-4, 1),
        factory.timed(copy, 1e-4),
        factory.timed(copy, 2e-4, 1),
    ]
    run = load.read(factory.write(records))

    assert math.log1p(tidy.noise_floor(run)) == pytest.approx(math.log(1.02) / math.sqrt(2))
    assert "1.4\u00a0%" in findings.noise(Standings(run))


def test_the_noise_is_that_of_twins_where_there_are_any(factory: RunFactory) -> None:
    """A twin 4 % slower in two replicates is noise of 4 % over √2, in times and in multiples of the copy."""
    relu, copies = factory.case("torch", "relu"), (1e-4, 1e-4, 1e-4)
    records = [
        factory.timed(relu, seconds, n, twin=twin, copy_seconds=copies)
        for n in range(2)
        for seconds, twin in ((1e-4, False), (1.04e-4, True))
    ]
    run = load.read(factory.write(records))
    noise = Standings(run).noise

    assert len(run.records) == len(run.twins) == noise.pairs == 2
    assert math.log1p(noise.ratios) == pytest.approx(math.log(1.04) / math.sqrt(2))
    assert noise.x_copy == pytest.approx(noise.ratios, rel=0.01)
    assert len(tidy.table([run])) == 1


def test_multiples_of_a_copy_are_taken_cycle_by_cycle(factory: RunFactory) -> None:
    """A machine that slows down for a cycle slows the copy too, and the multiple stays 2."""
    relu, copy = factory.case("torch", "relu"), factory.case("torch", COPY)
    blocks, copies = (2e-4, 6e-4, 2e-4), (1e-4, 3e-4, 1e-4)
    records = [
        factory.timed(copy, 5e-4),
        Record.of(relu, "ok", "", blocks, copy_seconds=copies).as_json(),
    ]

    assert row(table_of(factory.write(records)), label="relu")["x_copy"] == pytest.approx(2)


def test_break_even_is_compile_time_over_time_saved(factory: RunFactory) -> None:
    """Compiling takes 1 s and saves 75 µs a call."""
    table = table_of(factory.write(factory.records()))
    gelu = row(table, backend="torch", label="gelu", direction="forward", mode="compiled")

    assert gelu["break_even_calls"] == pytest.approx(1 / 75e-6)


def test_compiling_that_saves_nothing_never_pays(factory: RunFactory) -> None:
    """A compiled case slower than eager breaks even after inf calls."""
    eager, compiled = (factory.case("torch", "relu", mode=mode) for mode in ("eager", "compiled"))
    table = table_of(factory.write([factory.timed(eager, 1e-4), factory.timed(compiled, 2e-4)]))

    assert row(table, mode="compiled")["break_even_calls"] == math.inf


def test_a_copy_of_another_size_is_no_reference(factory: RunFactory) -> None:
    """A case without a copy of its size has a time and no ratio."""
    records = [
        factory.timed(factory.case("torch", COPY, size=1000), 1e-6),
        factory.timed(factory.case("torch", "relu"), 1e-4),
    ]
    relu_row = row(table_of(factory.write(records)), label="relu")

    assert relu_row["seconds"] == pytest.approx(1e-4)
    assert math.isnan(relu_row["x_copy"])


def test_a_winner_is_marked_only_where_intervals_are_apart(factory: RunFactory) -> None:
    """A backend that is twice as fast wins; one that is 0.1 % faster does not."""
    cases = {(b, a): factory.case(b, a) for b in ("torch", "jax") for a in ("relu", "gelu")}
    times = {("torch", "relu"): 1e-4, ("jax", "relu"): 2e-4, ("torch", "gelu"): 1e-4, ("jax", "gelu"): 1.001e-4}
    passes = list(enumerate((0.99, 1.0, 1.01)))
    table = table_of(
        factory.write([factory.timed(c, d * times[key], n) for key, c in cases.items() for n, d in passes])
    )

    assert tables.panels(table)[0].winners() == {"relu": "torch eager"}


def test_means_are_taken_over_what_every_column_has(factory: RunFactory) -> None:
    """If torch lacks gelu, both means are over relu and softmax: 2 and 4 copies of 100 µs."""
    records = factory.records()
    removed = [r for r in records if (r["case"]["backend"], r["case"]["label"]) == ("torch", "gelu")]
    remaining = [r for r in records if r not in removed]
    panel = tables.panels(table_of(factory.write(remaining)))[0]

    assert panel.common() == ["relu", "softmax"]
    assert panel.means("seconds")["numpy eager"] == pytest.approx(math.sqrt(8) * 1e-4)


WRONG_TIMES: dict[str, Any] = {
    "nan": [math.nan],
    "inf": [math.inf],
    "beyond floats": [10**400],
    "negative": [-1.0],
    "zero": [0.0],
    "text": ["fast"],
    "none": [],
    "null": None,
}


@pytest.mark.parametrize("blocks", WRONG_TIMES.values(), ids=WRONG_TIMES)
def test_what_is_no_time_is_set_aside(factory: RunFactory, blocks: Any) -> None:
    """A record with such blocks is damaged and gives no figure."""
    run = load.read(factory.write([*factory.records(("numpy",)), factory.timed(factory.case("jax", "relu"), 1e-4)]))
    assert not run.damaged
    broken = factory.timed(factory.case("jax", "relu"), 1e-4) | {"block_seconds": blocks}
    run = load.read(factory.write([*factory.records(("numpy",)), broken]))

    assert len(run.damaged) == 1
    assert "jax" not in set(tidy.table([run])["backend"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123456, "0.0123"),
        (1.0, "1.00"),
        (99.95, "100"),
        (1234567.0, "1,230,000"),
        (math.nan, ""),
        (math.inf, "never"),
    ],
)
def test_numbers_are_shown_with_three_digits(value: float, text: str) -> None:
    """Numbers have three digits, and NaN is an empty cell."""
    assert formats.digits(value) == text
