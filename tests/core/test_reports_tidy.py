"""The figures of the tidy table, of runs whose times can be reckoned by hand."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench import verdicts
from bench.cases import COPY, NOOP
from reports import findings, formats, load, tables, tidy
from tests.core.sample_run import ACTIVATIONS, Maker, slower


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A run's folder to be."""
    return Maker(tmp_path / "run")


def table_of(folder: Path) -> pd.DataFrame:
    """The table of one run."""
    return tidy.table([load.read(folder)])


def row(table: pd.DataFrame, **wanted: Any) -> dict[str, Any]:
    """The one row with these values."""
    for name, value in wanted.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return dict(table.iloc[0])


def test_the_tidy_table_holds_what_is_reckoned_by_hand(maker: Maker) -> None:
    """torch gelu forward eager takes 3 half copies of 100 µs."""
    found = row(
        table_of(maker.write(maker.records())), backend="torch", label="gelu", direction="forward", mode="eager"
    )

    assert found["seconds"] == pytest.approx(150e-6)
    assert found["x_copy"] == pytest.approx(1.5)
    assert found["elements_per_second"] == pytest.approx(1e6 / 150e-6)
    assert found["gigabytes_per_second"] == pytest.approx(8e6 / 150e-6 / 1e9)
    assert found["blocks"] == 3
    assert found["version"] == "1.2.3"
    assert math.isnan(found["break_even_calls"])


def test_a_time_is_the_median_over_passes_of_the_medians_of_their_blocks(maker: Maker) -> None:
    """Passes of 100, 200 and 400 µs: 200 µs from three passes of three blocks."""
    relu = maker.case("torch", "relu")
    records = [maker.timed(relu, seconds, n) for n, seconds in enumerate((4e-4, 1e-4, 2e-4))]
    found = row(table_of(maker.write(records)), label="relu")

    assert found["seconds"] == pytest.approx(2e-4)
    assert (found["passes"], found["blocks"]) == (3, 9)
    assert found["seconds_low"] < 2e-4 < found["seconds_high"]


def test_the_interval_is_that_of_the_passes(maker: Maker) -> None:
    """Ends where `bench.verdicts` puts them; a single pass has none, however many its blocks are."""
    one, two = maker.case("torch", "relu"), maker.case("torch", "gelu")
    figures = {"relu": [1e-4, 1.02e-4, 0.99e-4], "gelu": [2e-4, 2.01e-4, 1.97e-4]}
    records = [maker.timed(case, s, n) for case in (one, two) for n, s in enumerate(figures[case.label])]
    wanted = verdicts.intervals({"any": figures})["relu"]
    found = row(table_of(maker.write(records)), label="relu")
    alone = row(table_of(maker.write(records[:1])), label="relu")

    assert (found["seconds_low"], found["seconds_high"]) == pytest.approx((wanted.low, wanted.high))
    assert math.isnan(alone["seconds_low"])


def test_a_ratio_to_a_reference_is_taken_inside_of_a_pass(maker: Maker) -> None:
    """A machine that slows down from pass to pass leaves × copy and × no-op as they are."""
    drift = (1.0, 1.5, 3.0)
    records = [
        maker.timed(case, seconds * drift[n], n) for n in range(3) for case, seconds in maker.times(("torch",)).items()
    ]
    found = row(table_of(maker.write(records)), label="gelu", direction="backward", mode="eager")

    assert found["seconds"] == pytest.approx(450e-6)
    assert found["x_copy"] == pytest.approx(3.0)
    assert found["dispatch_seconds"] == pytest.approx(3e-6)
    assert found["x_noop"] == pytest.approx(150)


def test_the_bytes_that_a_backward_pass_moves_are_three_tensors(maker: Maker) -> None:
    """dy and x are read, dx is written: 12 MB in 300 µs."""
    found = row(
        table_of(maker.write(maker.records())), backend="torch", label="gelu", direction="backward", mode="eager"
    )

    assert found["bytes_moved"] == 12_000_000
    assert found["gigabytes_per_second"] == pytest.approx(40)


def test_compiling_with_empty_and_with_warm_caches_are_told_apart(maker: Maker) -> None:
    """1 s in the first pass, 0.1 s in the later ones; break-even goes by the first."""
    found = row(
        table_of(maker.write(maker.passes(maker.times(), 3, spread=0))),
        **{"backend": "torch", "label": "gelu", "direction": "forward", "mode": "compiled"},
    )

    assert found["compile_seconds"] == pytest.approx(1)
    assert found["cached_compile_seconds"] == pytest.approx(0.1)
    assert found["break_even_calls"] == pytest.approx(1 / 75e-6)


def test_memory_and_time_by_place_are_carried_over(maker: Maker) -> None:
    """The most bytes and recompiles of any pass, the median of host and device time; what no record tells is NaN."""
    relu = maker.case("torch", "relu")
    told: list[tuple[Any, ...]] = [(10, 1, 1e-5, 3e-5), (30, 0, 2e-5, 4e-5), (20, 0, 4e-5, 5e-5)]
    names = ("saved_bytes", "recompiles", "host_seconds", "device_seconds")
    records = [maker.timed(relu, 1e-4, n, **dict(zip(names, own, strict=True))) for n, own in enumerate(told)]
    found = row(table_of(maker.write(records)), label="relu")

    assert [found[name] for name in names] == pytest.approx([30, 1, 2e-5, 4e-5])
    assert math.isnan(found["peak_bytes"])


def test_a_failing_pass_spoils_the_case(maker: Maker) -> None:
    """One wrong output takes the number away; the reason is that of the pass that failed."""
    relu = maker.case("torch", "relu")
    records = [maker.timed(relu, 1e-4), maker.failed(relu, "wrong", "tail", pass_number=1), maker.timed(relu, 1e-4, 2)]
    found = row(table_of(maker.write(records)), label="relu")

    assert (found["status"], found["reason"]) == ("wrong", "tail")
    assert math.isnan(found["seconds"])


def test_references_are_no_activations(maker: Maker) -> None:
    """Copies and no-ops are rows of the table, and in no panel."""
    table = table_of(maker.write(maker.records()))

    assert {COPY, NOOP} <= set(table["label"])
    assert {label for panel in tables.panels(table) for label in panel.labels} == set(ACTIVATIONS)


def test_two_sides_are_two_rows(maker: Maker) -> None:
    """Each with its own figures, copies and version."""
    times = maker.times(("torch",))
    twice = slower(times, 1.0, backend="torch")
    records = [*maker.passes(times, 2, spread=0, side="base"), *maker.passes(twice, 2, spread=0, side="head")]
    table = table_of(maker.write_sides(records))
    wanted = {"label": "relu", "direction": "forward", "mode": "eager"}
    base, head = (row(table, side=side, **wanted) for side in ("base", "head"))

    assert (base["seconds"], head["seconds"]) == pytest.approx((1e-4, 2e-4))
    assert base["x_copy"] == head["x_copy"] == pytest.approx(1.0)
    assert (base["version"], head["version"]) == ("1.2.3", "1.3.0")


def test_the_noise_floor_is_that_of_the_activations(maker: Maker) -> None:
    """Two passes 2 % apart: halves differ by 2 %, two runs of two passes by the √2-th part; references do not count."""
    relu, copy = maker.case("torch", "relu"), maker.case("torch", COPY)
    records = [
        maker.timed(relu, 1e-4),
        maker.timed(relu, 1.02e-4, 1),
        maker.timed(copy, 1e-4),
        maker.timed(copy, 2e-4, 1),
    ]
    floor = tidy.noise_floor(load.read(maker.write(records)))

    assert math.log1p(floor) == pytest.approx(math.log(1.02) / math.sqrt(2))
    assert "1.4\u00a0%" in findings.noise(floor)


def test_break_even_is_compile_time_over_time_saved(maker: Maker) -> None:
    """1 s of compiling, 75 µs saved a call."""
    table = table_of(maker.write(maker.records()))
    found = row(table, backend="torch", label="gelu", direction="forward", mode="compiled")

    assert found["break_even_calls"] == pytest.approx(1 / 75e-6)


def test_compiling_that_saves_nothing_never_pays(maker: Maker) -> None:
    """Compiled slower than eager breaks even after inf calls."""
    eager, compiled = (maker.case("torch", "relu", mode=mode) for mode in ("eager", "compiled"))
    table = table_of(maker.write([maker.timed(eager, 1e-4), maker.timed(compiled, 2e-4)]))

    assert row(table, mode="compiled")["break_even_calls"] == math.inf


def test_a_copy_of_another_size_is_no_reference(maker: Maker) -> None:
    """Without its own copy a case has a time and no ratio."""
    records = [maker.timed(maker.case("torch", COPY, size=1000), 1e-6), maker.timed(maker.case("torch", "relu"), 1e-4)]
    found = row(table_of(maker.write(records)), label="relu")

    assert found["seconds"] == pytest.approx(1e-4)
    assert math.isnan(found["x_copy"])


def test_a_winner_is_marked_only_where_intervals_are_apart(maker: Maker) -> None:
    """Twice as fast wins; 0.1 % faster does not."""
    cases = {(b, a): maker.case(b, a) for b in ("torch", "jax") for a in ("relu", "gelu")}
    times = {("torch", "relu"): 1e-4, ("jax", "relu"): 2e-4, ("torch", "gelu"): 1e-4, ("jax", "gelu"): 1.001e-4}
    passes = list(enumerate((0.99, 1.0, 1.01)))
    table = table_of(maker.write([maker.timed(c, d * times[key], n) for key, c in cases.items() for n, d in passes]))

    assert tables.panels(table)[0].winners() == {"relu": "torch eager"}


def test_means_are_taken_over_what_every_column_has(maker: Maker) -> None:
    """torch without gelu: both means are over relu and softmax; 2 and 4 copies of 100 µs."""
    records = maker.records()
    gone = [r for r in records if (r["case"]["backend"], r["case"]["label"]) == ("torch", "gelu")]
    kept = [r for r in records if r not in gone]
    panel = tables.panels(table_of(maker.write(kept)))[0]

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
def test_what_is_no_time_is_set_aside(maker: Maker, blocks: Any) -> None:
    """A record with such blocks is damaged; no figure comes of it."""
    run = load.read(maker.write([*maker.records(("numpy",)), maker.timed(maker.case("jax", "relu"), 1e-4)]))
    assert not run.damaged
    broken = maker.timed(maker.case("jax", "relu"), 1e-4) | {"block_seconds": blocks}
    run = load.read(maker.write([*maker.records(("numpy",)), broken]))

    assert len(run.damaged) == 1
    assert "jax" not in set(tidy.table([run])["backend"])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0123456, "0.0123"),
        (1.0, "1.00"),
        (99.95, "100"),
        (1234567.0, "1,230,000"),
        (math.nan, ""),
        (math.inf, "never"),
    ],
)
def test_numbers_are_shown_with_three_digits(value: float, said: str) -> None:
    """NaN is an empty cell."""
    assert formats.digits(value) == said
