"""The files of a report: what they show, and what nothing in a record can do to them."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.cases import COPY
from reports import charts, differences, load, render, script, tidy
from tests.core.sample_run import Maker, report, slower

PICTURES = {
    f"report-{name}.svg" for name in ("heat", "spread", "compiling", "backward", "intervals", "dispatch", "worst")
}
FILES = {"report.html", "report.md", "summary.md", "table.csv", "table.json", "table.parquet"} | PICTURES
HOSTILE = "</script><script>alert(1)</script><img src=http://example.org/x onerror=alert(2)>\x1b[31m|`"


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    """A run's folder to be."""
    return Maker(tmp_path / "run")


def table_of(folder: Path) -> pd.DataFrame:
    """The table of one run."""
    return tidy.table([load.read(folder)])


def unscripted(folder: Path) -> str:
    """The page without the text of its scripts."""
    return re.sub(r"<script>.*?</script>", "", (folder / "report.html").read_text(), flags=re.DOTALL)


def test_a_report_is_these_files_and_nothing_else_changes(maker: Maker, capsys: Any) -> None:
    """The records stay as they were, byte for byte, and no scratch file is left."""
    records = maker.records()
    folder = maker.write(records)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert report(folder) == 0
    assert {path.name for path in folder.iterdir()} == FILES | before.keys()
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert str(folder / "report.html") in capsys.readouterr().out
    assert len(pd.read_parquet(folder / "table.parquet")) == len(pd.read_csv(folder / "table.csv")) == len(records)


def test_several_runs_stand_in_one_table(maker: Maker) -> None:
    """The report of two runs lies beside them and tells them apart."""
    other = Maker(maker.folder.parent / "other")

    assert report(maker.write(maker.records()), other.write(other.records(("numpy",)))) == 0
    table = pd.read_csv(maker.folder.parent / "report" / "table.csv")
    assert set(table["run"]) == {"run", "other"}


def test_a_run_of_several_thread_counts_shows_each(maker: Maker) -> None:
    """Threads are a switch of the charts, and each count has tables of its own."""
    folder = maker.write([*maker.records(), *maker.records(threads=2)])

    assert report(folder) == 0
    page = unscripted(folder)
    assert "chosen_threads" in [switch.name for switch in charts.switches(charts.shown(table_of(folder)))]
    assert "1e6 elements · cpu · 1 thread" in page
    assert "1e6 elements · cpu · 2 threads" in page


def test_the_cost_of_a_call_has_a_table_of_its_own(maker: Maker) -> None:
    """The no-op's 1 and 2 µs, by backend and mode; it is no activation."""
    folder = maker.write(maker.records())

    assert report(folder) == 0
    said = (folder / "report.md").read_text()
    section = said[said.index("## What a call costs before it computes anything") :]
    for direction, said in (("forward", "1.00 µs"), ("backward", "2.00 µs")):
        assert f"| a call | torch compiled | {direction} | {said} |" in section
    assert "noop" not in said
    assert "1.00 µs" in unscripted(folder)


def test_every_report_states_its_noise(maker: Maker, capsys: Any) -> None:
    """In the header, in the findings and on the terminal; a run of one pass says that it cannot."""
    folder = maker.write(maker.passes(maker.times(), 4))
    assert report(folder) == 0
    said = [(folder / "report.md").read_text(), unscripted(folder), capsys.readouterr().out]
    for text in said:
        assert re.search(r"two runs of identical code differ by up to \d\.\d\s%", text)
    assert said[1].count("identical code differ by up to") == 2

    assert report(maker.write(maker.records())) == 0
    assert "cannot say how far two of its figures differ by chance" in unscripted(folder)


def test_the_terminal_ends_with_what_matters(maker: Maker, capsys: Any) -> None:
    """Means, extremes, noise, how many cases, and the report's path last."""
    folder = maker.write([*maker.passes(maker.times(), 3), maker.failed(maker.case("jax", "relu"))])

    assert report(folder) == 0
    lines = capsys.readouterr().out.splitlines()
    tail = "\n".join(lines[-14:])
    for wanted in ("geometric mean of", "against a copy, least", "Noise:", "1 case error on jax", "27 cases: 26 ok"):
        assert wanted in tail
    assert lines[-1] == f"report: {folder / 'report.html'}"


@pytest.mark.parametrize("beside", [False, True])
def test_what_the_harness_measured_of_itself_is_shown(maker: Maker, beside: bool) -> None:
    """From the run's folder, or from the one of all results; what does not hold says so, and markup stays text."""
    row = {"what": "spin 50 µs", "asked": "50 µs ± 2 %", "seen": "<b>57 µs</b>", "holds": False}
    checks = {"time": "2026-01-02T03:04:05+00:00", "machine": {}, "rows": [row, "nonsense"]}
    folder = maker.write(maker.records(), **({} if beside else {"selfcheck": checks}))
    if beside:
        (folder.parent / "selfcheck.json").write_text(json.dumps(checks))

    assert report(folder) == 0
    assert "The harness measured" in unscripted(folder)
    assert "&lt;b&gt;57 µs" in unscripted(folder)
    assert "| spin 50 µs | 50 µs ± 2 % | \\<b\\>57 µs\\</b\\> | no |" in (folder / "report.md").read_text()


def test_the_report_of_two_sides_opens_with_its_verdicts(maker: Maker) -> None:
    """Before anything else: the answer, and which case got slower."""
    times = maker.times(("torch",))
    head = slower(times, 0.2, activation="gelu", direction="forward", mode="eager")
    sides = [*maker.passes(times, 5, side="base"), *maker.passes(head, 5, seed=1, side="head")]
    folder = maker.write_sides(sides, base="torch==2.12.0", head="torch==2.13.0")

    assert report(folder) == 0
    page, said = unscripted(folder), (folder / "report.md").read_text()
    for text in (page, said):
        assert text.index("Did it get slower?") < text.index("1 of 12 cases got slower") < text.index("1e6 elements")
        assert "torch==2.12.0 → torch==2.13.0" in text
        assert "torch 1.2.3 → 1.3.0" in text


def test_the_page_asks_the_network_for_nothing(maker: Maker) -> None:
    """Outside of the scripts no address; in the page no element that loads one, and a policy against it."""
    assert report(maker.write(maker.records())) == 0
    page = unscripted(maker.folder)

    assert "default-src 'none'" in page
    assert not re.search(r"<(link|iframe|object|embed|img|script)\b|\b(src|srcset|action)=|url\(", page)
    assert "http" not in page.replace("http-equiv", "")


def test_hostile_texts_are_shown_and_never_run(maker: Maker, capsys: Any) -> None:
    """Markup in a label, a backend's name, a reason or a version opens no element anywhere."""
    records = maker.records()
    for record in records[:3]:
        record["case"] |= {"label": HOSTILE, "backend": HOSTILE, "direction": HOSTILE, "id": HOSTILE}
    records.append(maker.failed(maker.case("torch", "relu", mode="eager", size=7), reason=HOSTILE))
    apart = [{"backend": HOSTILE, "activation": HOSTILE, "reason": HOSTILE, "dtypes": HOSTILE, "low": HOSTILE}]
    environment = {"machine": {"cpu": HOSTILE}, "backends": {"torch": {"version": HOSTILE}, "numpy": 3}}
    folder = maker.write(records, HOSTILE, divergences=apart, environment=environment)

    assert report(folder) == 0
    page = (folder / "report.html").read_text()
    assert page.count("<script>") == page.count("</script>") == 3
    assert "alert(1)" in unscripted(folder)
    assert not re.search("<(img|script)", unscripted(folder))
    assert not re.search(r"(?<!\\)<img", (folder / "report.md").read_text())
    assert "\x1b[31m" not in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_one_backend_alone_gives_a_sound_report(maker: Maker, backend: str) -> None:
    """Nothing to compare with is no fault."""
    assert report(maker.write(maker.records((backend,)))) == 0
    assert "gelu" in (maker.folder / "report.md").read_text()


def test_a_run_of_failures_says_why(maker: Maker, capsys: Any) -> None:
    """No number anywhere, and the reason in every place a reader looks."""
    records = [maker.failed(maker.case("torch", name), "unsupported", "no compiler") for name in ("relu", "gelu")]

    assert report(maker.write(records)) == 0
    said = capsys.readouterr().out
    for text in (said, *((maker.folder / f"report.{kind}").read_text() for kind in ("html", "md"))):
        assert "no compiler" in text
        assert "unsupported" in text
    assert not re.search(r"\bnan\b", said + unscripted(maker.folder) + (maker.folder / "report.md").read_text())


def test_a_run_with_copies_alone_is_reported(maker: Maker) -> None:
    """An interrupted run may hold no activation yet."""
    assert report(maker.write([maker.timed(maker.case("torch", COPY), 1e-4)])) == 0
    assert "No activation was measured" in (maker.folder / "report.html").read_text()


DAMAGED = {
    "cut short": '{"case": {"backend": "tor',
    "no object": "[1, 2]",
    "no record": '{"name": "something else"}',
    "not text": "\x00\x01",
    "half a pair": '{"case": {}, "status": "\\ud800", "schema": 2}',
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_is_named_and_the_others_are_used(maker: Maker, capsys: Any, line: str) -> None:
    """The report says which line was set aside."""
    records = maker.records()

    assert report(maker.write(records, line)) == 0
    assert "1 damaged line" in capsys.readouterr().out
    assert f"records.jsonl line {len(records) + 1}" in (maker.folder / "report.md").read_text()


def test_bad_input_is_one_line_and_status_2(maker: Maker, capsys: Any) -> None:
    """Each names the file or the choice at fault, and writes nothing."""
    good = maker.records()
    beside = maker.folder.parent
    faults = {
        "is no folder of a run": beside / "nowhere",
        "records.jsonl cannot be read": Path(__file__).parent,
        "holds no record": Maker(beside / "foreign").write([], '{"name": "something else"}'),
        "schema 99": Maker(beside / "schema").write([good[0] | {"schema": 99}]),
        "environment.json cannot be read": Maker(beside / "cut").write(good, environment='{"machine": '),
        "divergences.json cannot be read": Maker(beside / "cut2").write(good, divergences="no"),
    }
    for fault, folder in faults.items():
        assert report(folder) == 2
        said = capsys.readouterr().err
        assert fault in said
        assert said.startswith("error: ")
        assert said.count("\n") == 1
        assert not (folder / "report.html").exists()


def test_an_unwritable_output_is_one_line_and_status_2(maker: Maker, capsys: Any) -> None:
    """A file where the folder should be."""
    folder = maker.write(maker.records())
    blocked = folder / "records.jsonl"

    assert report(folder, "--output", blocked) == 2
    assert capsys.readouterr().err.startswith(f"error: cannot write to {blocked}")


@pytest.mark.parametrize("arguments", [(), ("--nonsense",), ("run", "run")])
def test_usage_faults_are_one_line(capsys: Any, arguments: tuple[str, ...]) -> None:
    """No run, an unknown option, a folder that is not there."""
    assert report(*arguments) == 2
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
    run = load.read(maker.write([*maker.records(), maker.failed(maker.case("jax", "relu"))]))
    table = tidy.table([run])

    for chart in render.speed([run], table).configured.values():
        definition = json.loads(str(script.embedded(chart.to_dict())))
        assert definition["width"] == "container"


def test_switches_are_there_for_what_varies(maker: Maker) -> None:
    """Direction always here, the size once there are two."""
    one = charts.shown(table_of(maker.write(maker.records())))
    two = charts.shown(table_of(maker.write([*maker.records(), *maker.records(size=1000)])))

    assert [switch.name for switch in charts.switches(one)] == ["chosen_direction"]
    assert [switch.name for switch in charts.switches(two)] == ["chosen_direction", "chosen_size"]


def test_what_was_planned_and_not_measured_says_so(maker: Maker, capsys: Any) -> None:
    """A run that ended before its first case has a sound report, one that ended later names what is missing."""
    records = maker.records()
    planned = [record["case"] for record in records]
    plan = {"choice": {}, "sides": {"": {}}, "cases": [*planned, {"id": "no case"}, 3]}
    for measured in (0, len(records) - 4):
        folder = maker.write(records[:measured], plan=plan)

        assert report(folder) == 0
        missing = len(records) - measured
        for text in (capsys.readouterr().out, *((folder / f"report.{kind}").read_text() for kind in ("html", "md"))):
            assert f"{missing} not run" in text
            assert "the run ended before it; python -m bench --resume goes on" in text
