"""What a report says about runs whose times can be reckoned by hand."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.cases import COPY
from reports import charts, differences, formats, load, render, tables
from reports.__main__ import guarded
from tests.core.sample_run import Maker

FILES = {"report.html", "report.md", "table.csv", "table.parquet"}
HOSTILE = "</script><script>alert(1)</script><img src=http://example.org/x onerror=alert(2)>\x1b[31m|`"


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A run's folder to be."""
    return Maker(tmp_path / "run")


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`python -m reports` with these arguments; returns its exit status."""

    def call(*arguments: Any) -> int:
        monkeypatch.setattr("sys.argv", ["reports", *map(str, arguments)])
        return guarded()

    return call


def tidy(folder: Path) -> pd.DataFrame:
    """The table of one run."""
    return load.tidy([load.read(folder)])


def unscripted(folder: Path) -> str:
    """The page without the text of its scripts."""
    return re.sub(r"<script>.*?</script>", "", (folder / "report.html").read_text(), flags=re.DOTALL)


def row(table: pd.DataFrame, **wanted: Any) -> dict[str, Any]:
    """The one row with these values."""
    for name, value in wanted.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return dict(table.iloc[0])


def test_the_tidy_table_holds_what_is_reckoned_by_hand(maker: Maker) -> None:
    """torch gelu forward eager takes 3 half copies of 100 µs."""
    found = row(tidy(maker.write(maker.records())), backend="torch", label="gelu", direction="forward", mode="eager")

    assert found["seconds"] == pytest.approx(150e-6)
    assert found["x_copy"] == pytest.approx(1.5)
    assert found["elements_per_second"] == pytest.approx(1e6 / 150e-6)
    assert found["gigabytes_per_second"] == pytest.approx(8e6 / 150e-6 / 1e9)
    assert found["blocks"] == 3
    assert found["version"] == "1.2.3"
    assert math.isnan(found["break_even_calls"])


def test_the_interval_is_that_of_student_on_logarithms(maker: Maker) -> None:
    """Blocks at 0.99, 1, 1.01: s = 0.0100005 on logarithms, t(2) = 4.3027, half width 0.024843."""
    found = row(tidy(maker.write(maker.records())), backend="torch", label="gelu", direction="forward", mode="eager")

    assert math.log(found["seconds_high"] / found["seconds"]) == pytest.approx(0.024843, rel=1e-3)
    assert found["seconds_low"] * found["seconds_high"] == pytest.approx(found["seconds"] ** 2)


def test_break_even_is_compile_time_over_time_saved(maker: Maker) -> None:
    """1 s of compiling, 75 µs saved a call."""
    table = tidy(maker.write(maker.records()))
    found = row(table, backend="torch", label="gelu", direction="forward", mode="compiled")

    assert found["break_even_calls"] == pytest.approx(1 / 75e-6)


def test_compiling_that_saves_nothing_never_pays(maker: Maker) -> None:
    """Compiled slower than eager breaks even after inf calls."""
    eager, compiled = (maker.case("torch", "relu", mode=mode) for mode in ("eager", "compiled"))
    table = tidy(maker.write([maker.timed(eager, 1e-4), maker.timed(compiled, 2e-4)]))

    assert row(table, mode="compiled")["break_even_calls"] == math.inf


def test_passes_are_pooled_and_a_failing_one_spoils_the_case(maker: Maker) -> None:
    """Two good passes make six blocks; one wrong output takes the number away."""
    relu, gelu = maker.case("torch", "relu"), maker.case("torch", "gelu")
    good = [maker.timed(relu, 1e-4, 0), maker.timed(relu, 2e-4, 1), maker.timed(gelu, 1e-4)]
    table = tidy(maker.write([*good, maker.failed(gelu, "wrong", "tail") | {"pass_number": 1}]))

    assert row(table, label="relu")["blocks"] == 6
    assert row(table, label="relu")["seconds"] == pytest.approx(1.5e-4, rel=0.02)
    assert row(table, label="gelu")["status"] == "wrong"
    assert math.isnan(row(table, label="gelu")["seconds"])


def test_a_copy_of_another_size_is_no_reference(maker: Maker) -> None:
    """Without its own copy a case has a time and no ratio."""
    records = [maker.timed(maker.case("torch", COPY, size=1000), 1e-6), maker.timed(maker.case("torch", "relu"), 1e-4)]
    found = row(tidy(maker.write(records)), label="relu")

    assert found["seconds"] == pytest.approx(1e-4)
    assert math.isnan(found["x_copy"])


def test_a_winner_is_marked_only_where_intervals_are_apart(maker: Maker) -> None:
    """Twice as fast wins; 0.1 % faster does not."""
    cases = {(b, a): maker.case(b, a) for b in ("torch", "jax") for a in ("relu", "gelu")}
    times = {("torch", "relu"): 1e-4, ("jax", "relu"): 2e-4, ("torch", "gelu"): 1e-4, ("jax", "gelu"): 1.001e-4}
    table = tidy(maker.write([maker.timed(case, times[key]) for key, case in cases.items()]))

    assert tables.panels(table)[0].winners() == {"relu": "torch eager"}


def test_means_are_taken_over_what_every_column_has(maker: Maker) -> None:
    """torch without gelu: both means are over relu and softmax; 2 and 4 copies of 100 µs."""
    records = maker.records()
    gone = [r for r in records if (r["case"]["backend"], r["case"]["label"]) == ("torch", "gelu")]
    kept = [r for r in records if r not in gone]
    panel = tables.panels(tidy(maker.write(kept)))[0]

    assert panel.common() == ["relu", "softmax"]
    assert panel.means("seconds")["numpy eager"] == pytest.approx(math.sqrt(8) * 1e-4)


def test_a_report_is_four_files_and_nothing_else_changes(maker: Maker, command: Any, capsys: Any) -> None:
    """The records stay as they were, byte for byte, and no scratch file is left."""
    folder = maker.write(maker.records())
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert command(folder) == 0
    assert {path.name for path in folder.iterdir()} == FILES | before.keys()
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert str(folder / "report.html") in capsys.readouterr().out
    assert len(pd.read_parquet(folder / "table.parquet")) == len(pd.read_csv(folder / "table.csv")) == 20


def test_several_runs_stand_in_one_table(maker: Maker, command: Any) -> None:
    """The report of two runs lies beside them and tells them apart."""
    other = Maker(maker.folder.parent / "other")

    assert command(maker.write(maker.records()), other.write(other.records(("numpy",)))) == 0
    table = pd.read_csv(maker.folder.parent / "report" / "table.csv")
    assert set(table["run"]) == {"run", "other"}


def test_the_page_asks_the_network_for_nothing(maker: Maker, command: Any) -> None:
    """Outside of the scripts no address; in the page no element that loads one, and a policy against it."""
    assert command(maker.write(maker.records())) == 0
    page = unscripted(maker.folder)

    assert "default-src 'none'" in page
    assert not re.search(r"<(link|iframe|object|embed|img|script)\b|\b(src|srcset|action)=|url\(", page)
    assert "http" not in page.replace("http-equiv", "")


def test_hostile_texts_are_shown_and_never_run(maker: Maker, command: Any, capsys: Any) -> None:
    """Markup in a label, a backend's name, a reason or a version opens no element anywhere."""
    records = maker.records()
    for record in records[:3]:
        record["case"] |= {"label": HOSTILE, "backend": HOSTILE, "direction": HOSTILE, "id": HOSTILE}
    records.append(maker.failed(maker.case("torch", "relu", mode="eager", size=7), reason=HOSTILE))
    apart = [{"backend": HOSTILE, "activation": HOSTILE, "reason": HOSTILE, "dtypes": HOSTILE, "low": HOSTILE}]
    environment = {"machine": {"cpu": HOSTILE}, "backends": {"torch": {"version": HOSTILE}, "numpy": 3}}
    folder = maker.write(records, HOSTILE, divergences=apart, environment=environment)

    assert command(folder) == 0
    page = (folder / "report.html").read_text()
    assert page.count("<script>") == page.count("</script>") == 2
    assert "alert(1)" in unscripted(folder)
    assert not re.search("<(img|script)", unscripted(folder))
    assert not re.search(r"(?<!\\)<img", (folder / "report.md").read_text())
    assert "\x1b[31m" not in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_one_backend_alone_gives_a_sound_report(maker: Maker, command: Any, backend: str) -> None:
    """Nothing to compare with is no fault."""
    assert command(maker.write(maker.records((backend,)))) == 0
    assert "gelu" in (maker.folder / "report.md").read_text()


def test_a_run_of_failures_says_why(maker: Maker, command: Any, capsys: Any) -> None:
    """No number anywhere, and the reason in every place a reader looks."""
    records = [maker.failed(maker.case("torch", name), "unsupported", "no compiler") for name in ("relu", "gelu")]

    assert command(maker.write(records)) == 0
    said = capsys.readouterr().out
    for text in (said, *((maker.folder / f"report.{kind}").read_text() for kind in ("html", "md"))):
        assert "no compiler" in text
        assert "unsupported" in text
    assert not re.search(r"\bnan\b", said + unscripted(maker.folder) + (maker.folder / "report.md").read_text())


def test_a_run_with_copies_alone_is_reported(maker: Maker, command: Any) -> None:
    """An interrupted run may hold no activation yet."""
    assert command(maker.write([maker.timed(maker.case("torch", COPY), 1e-4)])) == 0
    assert "No activation was measured" in (maker.folder / "report.html").read_text()


DAMAGED = {
    "cut short": '{"case": {"backend": "tor',
    "no object": "[1, 2]",
    "no record": '{"name": "something else"}',
    "not text": "\x00\x01",
    "half a pair": '{"case": {}, "status": "\\ud800", "schema": 1}',
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_is_named_and_the_others_are_used(maker: Maker, command: Any, capsys: Any, line: str) -> None:
    """The report says which line was set aside."""
    assert command(maker.write(maker.records(), line)) == 0
    assert "1 damaged line" in capsys.readouterr().out
    assert "records.jsonl line 21" in (maker.folder / "report.md").read_text()


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
    assert "jax" not in set(load.tidy([run])["backend"])


def test_bad_input_is_one_line_and_status_2(maker: Maker, command: Any, capsys: Any) -> None:
    """Each names the file or the choice at fault, and writes nothing."""
    good = maker.records()
    beside = maker.folder.parent
    faults = {
        "is no folder of a run": beside / "nowhere",
        "records.jsonl cannot be read": Path(__file__).parent,
        "holds no record": Maker(beside / "foreign").write([], '{"name": "something else"}'),
        "schema '99'": Maker(beside / "schema").write([good[0] | {"schema": 99}]),
        "environment.json cannot be read": Maker(beside / "cut").write(good, environment='{"machine": '),
        "divergences.json cannot be read": Maker(beside / "cut2").write(good, divergences="no"),
    }
    for fault, folder in faults.items():
        assert command(folder) == 2
        said = capsys.readouterr().err
        assert fault in said
        assert said.startswith("error: ")
        assert said.count("\n") == 1
        assert not (folder / "report.html").exists()


def test_an_unwritable_output_is_one_line_and_status_2(maker: Maker, command: Any, capsys: Any) -> None:
    """A file where the folder should be."""
    folder = maker.write(maker.records())
    blocked = folder / "records.jsonl"

    assert command(folder, "--output", blocked) == 2
    assert capsys.readouterr().err.startswith(f"error: cannot write to {blocked}")


@pytest.mark.parametrize("arguments", [(), ("--nonsense",), ("run", "run")])
def test_usage_faults_are_one_line(command: Any, capsys: Any, arguments: tuple[str, ...]) -> None:
    """No run, an unknown option, a folder that is not there."""
    assert command(*arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_departures_are_told_in_words(maker: Maker) -> None:
    """Whose, in which dtype, at which inputs, and why."""
    entry = {
        "backend": "torch",
        "activation": "gelu",
        "check": "keras_value",
        "dtypes": ["float32"],
        "modes": ["eager"],
    }
    entry |= {"kind": "upstream", "reason": "erf", "upstream": "", "low": "-inf", "high": -4.0}  # type: ignore[dict-item]  # mixed
    run = load.read(maker.write(maker.records(), divergences=[entry, entry]))

    (found,) = differences.departures([run])
    assert (found.what, found.where) == ("keras value · float32 · eager", "up to -4")
    assert found.kind == "upstream to fix"


def test_charts_hold_no_number_that_json_has_not(maker: Maker) -> None:
    """NaN and infinities of the table become null."""
    table = tidy(maker.write([*maker.records(), maker.failed(maker.case("jax", "relu"))]))

    for chart in render.drawn(table).values():
        definition = json.loads(str(render.embedded(chart.to_dict())))
        assert definition["width"] == "container"


def test_switches_are_there_for_what_varies(maker: Maker) -> None:
    """Direction always here, the size once there are two."""
    one = charts.shown(tidy(maker.write(maker.records())))
    two = charts.shown(tidy(maker.write([*maker.records(), *maker.records(size=1000)])))

    assert [switch.name for switch in charts.switches(one)] == ["chosen_direction"]
    assert [switch.name for switch in charts.switches(two)] == ["chosen_direction", "chosen_size"]


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
