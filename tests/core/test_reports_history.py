"""Several runs in one report: their order, their changes, the trend, and the verdict on each."""

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest

from bench.core.cases import COPY, NOOP, Case
from reports.comparison import verdict, verdict_tables
from reports.data import load, tidy
from reports.data.load import Run
from reports.history import gate, gate_section, history, timeline, trend
from reports.history.gate import RunVerdict
from reports.page import charts
from reports.page.chapter import for_browser
from reports.page.section import Section, Table, Words
from reports.speed import fitting
from tests.core.sample_run import MACHINE, Records, RunFactory, command, report, slower
from tests.core.section_parts import chart_of, figures_of, rows_of, words_of
from tests.core.test_reports import unscripted

HOSTILE = "<script>alert(1)<|script><img src=x onerror=alert(2)>"
"""A hostile text that can be a folder's name, as it holds no slash."""


class RunSeries:
    """A factory of runs in one folder, each with a date and further facts of its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def factory(self, name: str) -> RunFactory:
        """Return a factory for one run's folder."""
        return RunFactory(self.folder / name)

    def write(
        self, name: str, day: object, records: Records | None = None, version: str = "1.2.3", **more: Any
    ) -> Path:
        """Write a run of this day; a number is a day of January 2026, anything else is written unchanged."""
        time = f"2026-01-{day:02}T12:00:00+00:00" if isinstance(day, int) else day
        factory = self.factory(name)
        records = factory.passes(factory.times(), 3) if records is None else records
        backends = {record["case"]["backend"]: {"version": version} for record in records}
        return factory.write(records, environment={"machine": MACHINE | {"time": time} | more, "backends": backends})


@pytest.fixture
def series(tmp_path: Path) -> RunSeries:
    """Return the factory of runs."""
    return RunSeries(tmp_path)


@pytest.fixture
def times(series: RunSeries) -> dict[Case, float]:
    """Return the time of every case."""
    return series.factory("any").times()


def read(*folders: Path) -> list[Run]:
    """Return the runs in this order."""
    return [load.read(folder) for folder in folders]


def verdicts(*folders: Path) -> list[RunVerdict]:
    """Return the verdicts on these runs, newest first."""
    return gate.judge_all(timeline.stops(read(*folders)))[::-1]


def run_rows(*folders: Path) -> list[dict[str, Any]]:
    """Return the rows of the table of these runs, oldest first."""
    runs = read(*folders)
    rows = history.run_rows(gate.judge_all(timeline.stops(runs)), tidy.table(runs)).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows[::-1]]


def recorded(*folders: Path) -> gate.RecordedVerdict | None:
    """Return the verdict that lies beside the newest of these runs."""
    stops = timeline.stops(read(*folders))
    return gate.recorded(stops[-1], {stop.run.name: stop.date for stop in stops})[0]


def trend_section(*folders: Path) -> Section | None:
    """Return the section of the trend of these runs."""
    runs = read(*folders)
    return trend.chart_section(timeline.stops(runs), tidy.table(runs))


def figures(section: Section | None) -> dict[tuple[str, str, str], list[float]]:
    """Return the chart's table by activation, column and direction: a figure for each run, NaN for a gap."""
    return {
        (row[0].text, row[1].text, row[2].text): [math.nan if cell.order is None else cell.order for cell in row[3:]]
        for row in rows_of(section)
    }


def test_runs_are_ordered_by_date_and_those_without_come_first(series: RunSeries) -> None:
    """Names and the given order do not matter; a text that is no date is shown, and counts as none."""
    folders = [
        series.write(*run)
        for run in (("a", 9), ("b", "yesterday"), ("c", 3), ("d", None), ("e", "2026-01-04"), ("f", 5))
    ]
    rows = run_rows(*folders)

    assert [row["name"] for row in rows] == ["b", "d", "c", "e", "f", "a"]
    assert [row["date"] for row in rows[:3]] == [
        "no date, it says 'yesterday'",
        "no date",
        "2026-01-03 12:00 UTC",
    ]
    assert "; 2 without a date count as the oldest" in history.order_words(timeline.stops(read(*folders)))


def test_what_changed_from_the_run_before_is_told_in_words(series: RunSeries) -> None:
    """Versions, the checkout, added and missing backends and another machine are changes."""
    factory = series.factory("any")
    rows = run_rows(
        series.write("a", 1),
        series.write("b", 2),
        series.write("c", 3, version="1.3.0", python="3.12.1"),
        series.write("d", 4, factory.records(("torch", "jax")), "1.3.0", cpu="Other CPU"),
        series.write("e", 5, version="1.3.0", commit="abcdef0123"),
        series.write("f", 6, version="1.3.0", commit="1234567890"),
    )

    assert [row["changes"] for row in rows[:2]] == ["the first", "nothing"]
    assert rows[2]["changes"] == "numpy 1.2.3 → 1.3.0; torch 1.2.3 → 1.3.0"
    assert rows[3]["changes"] == "other machine; no numpy; jax is new"
    assert rows[4]["changes"] == "other machine, that of c; no jax; numpy is new"
    assert rows[5]["changes"] == "this project abcdef0 → 1234567"


def test_cases_and_noise_are_counted_for_each_run(series: RunSeries) -> None:
    """Cases with and without a time are counted, and the noise is shown where there are several passes."""
    factory = series.factory("any")
    rows = run_rows(
        series.write("a", 1, [*factory.records(("numpy",)), factory.failed(factory.case("torch", "relu"))]),
        series.write("b", 2, factory.passes(factory.times(("numpy",)), 3)),
    )

    assert [(row["timed"], row["untimed"]) for row in rows] == [(9, 1), (9, 0)]
    noise = history.COLUMNS[-1]
    assert noise.format(rows[0]["noise"]) == "one pass"
    assert re.fullmatch(r"\d\.\d\s%", noise.format(rows[1]["noise"]))


def test_the_trend_is_the_mean_of_what_all_runs_have(series: RunSeries, times: dict[Case, float]) -> None:
    """Of 2, 3 and 4 copies forward on numpy the first run lacks 4: √6 in both, and √24 where all is twice as long."""
    fewer = {case: seconds for case, seconds in times.items() if case.activation != "softmax"}
    twice = {case: seconds * (1 if case.activation == COPY else 2) for case, seconds in times.items()}
    factory = series.factory("any")
    runs = (fewer, times, twice)
    chart = trend_section(
        *(series.write(str(n), n + 1, factory.passes(run_times, 1, spread=0)) for n, run_times in enumerate(runs))
    )
    rows = figures(chart)

    assert rows[trend.ALL, "numpy eager", "forward"] == pytest.approx([6**0.5, 6**0.5, 24**0.5], rel=1e-3)
    assert rows[trend.ALL, "torch compiled", "backward"] == pytest.approx([6**0.5 / 2, 6**0.5 / 2, 6**0.5], rel=1e-3)
    assert rows["softmax", "numpy eager", "forward"] == pytest.approx([math.nan, 4, 8], nan_ok=True)
    assert [column.heading for column in figures_of(chart).columns] == ["activation", "on", "direction", "0", "1", "2"]


def test_the_first_view_of_the_trend_is_the_mean(series: RunSeries) -> None:
    """The switches are direction, activation, and settings that vary."""
    definition = chart_of(trend_section(series.write("a", 1), series.write("b", 2))).definition.to_dict()
    switches = {switch["name"]: switch["value"] for switch in definition["params"]}

    assert switches == {"chosen_direction": "forward", "chosen_activation": trend.ALL}


def test_a_backend_that_some_runs_lack_has_a_line_of_the_others(series: RunSeries) -> None:
    """The common cases are those of the runs that measured the backend."""
    factory = series.factory("any")
    rows = figures(
        trend_section(series.write("a", 1), series.write("b", 2, factory.records(("torch",))), series.write("c", 3))
    )

    assert rows[trend.ALL, "numpy eager", "forward"] == pytest.approx(
        [24 ** (1 / 3), math.nan, 24 ** (1 / 3)], rel=0.02, nan_ok=True
    )


def test_lines_do_not_connect_machines(series: RunSeries) -> None:
    """Each machine has a separate line and shape, and the text says whether there are several."""
    alone = trend_section(series.write("a", 1), series.write("b", 2))
    folders = [series.folder / "a", series.folder / "b", series.write("c", 3, cpu="Other CPU"), series.write("d", 4)]
    chart, (facts, _) = trend_section(*folders), trend.about(timeline.stops(read(*folders)))

    names = [fact["machine"].partition(" · ")[0] for fact in facts]
    assert names == ["Sample CPU", "Sample CPU", "Other CPU", "Sample CPU"]
    for layer in chart_of(chart).definition.to_dict()["layer"]:
        assert layer["encoding"]["detail"]["field"] == "machine"
    assert "one machine alone" in words_of(chart)
    assert "All runs are of one machine" in words_of(alone)


def test_machines_that_look_alike_are_told_apart(series: RunSeries) -> None:
    """Two runs that do not name their machine are not of the same one."""
    stops = timeline.stops(read(*(series.write(name, n + 1, cpu=None) for n, name in enumerate("ab"))))
    _, machines = trend.about(stops)

    assert [stop.machine for stop in stops] == [0, 1]
    assert len(set(machines)) == 2


def test_each_run_is_held_to_the_one_before_on_its_machine(series: RunSeries, times: dict[Case, float]) -> None:
    """The last run is compared with the first of its machine; the one between is of another, which is noted."""
    factory = series.factory("any")
    slower_times = slower(times, 0.5, backend="torch", activation="gelu", direction="forward", mode="compiled")
    runs = (
        series.write("a", 1, factory.passes(times, 5)),
        series.write("b", 2, factory.passes(times, 5, seed=1), cpu="Other CPU"),
        series.write("c", 3, factory.passes(slower_times, 5, seed=2)),
    )
    last, between, first = verdicts(*runs)

    assert (last.base, last.word) == ("a", "SLOWER")
    assert last.comparison is not None
    assert last.result is not None
    assert last.comparison.counts["SLOWER"] == 1
    assert "gelu forward on torch compiled" in last.result.answer
    assert list(verdict_tables.judged_cases(last.comparison, ("SLOWER", "FASTER")).rows["what"]) == ["gelu forward"]
    assert "Not compared with b, the run before it: the machines differ, CPU 'Other CPU'" in last.reason
    assert between.comparison is None
    assert "the machines differ" in between.reason
    assert (first.comparison, first.reason) == (None, "")


def test_a_verdict_is_that_of_the_command(series: RunSeries, times: dict[Case, float]) -> None:
    """Counts and sentence are those that `compare` writes."""
    factory = series.factory("any")
    base = series.write("a", 1, factory.passes(times, 5))
    head = series.write("b", 2, factory.passes(slower(times, -0.3, activation="softmax"), 5, seed=1))
    assert command("compare", base, head) == 0
    newest, earlier = verdicts(base, head)[0], recorded(base, head)

    stored = json.loads((head / "verdict.json").read_text())
    assert newest.comparison is not None
    assert newest.result is not None
    assert earlier is not None
    assert newest.result.answer == stored["reason"] == earlier.answer
    assert {name: stored["counts"][name] for name in newest.comparison.counts} == newest.comparison.counts
    assert (newest.word, earlier.word) == ("FASTER", "FASTER")
    assert earlier.against == "a (2026-01-01 12:00 UTC)"


def test_the_page_shows_runs_trend_and_verdicts(series: RunSeries, times: dict[Case, float], capsys: Any) -> None:
    """HTML and Markdown show all three, and the terminal the newest answer."""
    factory = series.factory("any")
    base = series.write("base", 1, factory.passes(times, 5), "1.0.0")
    head = series.write("head", 2, factory.passes(slower(times, 0.5, activation="gelu"), 5, seed=1))

    assert report(base, head) == 0
    page, markdown = unscripted(series.folder / "report"), (series.folder / "report" / "report.md").read_text()
    for text in (page, markdown):
        assert "torch 1.0.0 → 1.2.3" in text
        assert "Yes: 6 of 18 cases got slower" in text
        assert text.index("Run by run") < text.index("Did it get slower?") < text.index("Fastest")
    assert (series.folder / "report" / "report-trend.svg").exists()
    assert "report-trend.svg" in markdown
    assert "head against base: Yes: 6 of 18 cases got slower" in " ".join(capsys.readouterr().out.split())


def test_a_run_of_two_sides_has_their_verdict_and_is_head_in_the_trend(
    series: RunSeries, times: dict[Case, float]
) -> None:
    """Such a run is not compared with other runs; the trend has the times of head."""
    factory = series.factory("both")
    head = {case: seconds * (1 if case.activation == COPY else 2) for case, seconds in times.items()}
    two_sides = factory.write_sides(
        [*factory.passes(times, 5, side="base"), *factory.passes(head, 5, seed=1, side="head")]
    )
    runs = (series.write("a", 1), two_sides, series.write("c", 3))
    last, sides, _ = verdicts(*runs)
    rows = figures(trend_section(*runs))

    assert (last.base, sides.base, sides.stop.run.alternated, sides.word) == ("a", "", True, "SLOWER")
    assert "both, the run before it: that one measured two environments" in last.reason
    assert rows["relu", "numpy eager", "forward"] == pytest.approx([2, 4, 2], rel=0.05)
    assert run_rows(*runs)[1]["versions"] == "numpy 1.2.3 → 1.3.0, torch 1.2.3 → 1.3.0"


GOOD = {"schema": 1, "status": 1, "word": "SLOWER", "reason": HOSTILE, "base": {"run": "old"}, "head": {"run": "b"}}


def test_a_recorded_verdict_is_shown(series: RunSeries) -> None:
    """The answer is shown as text, with the run that was compared even if it is not among these."""
    folders = series.write("a", 1), series.write("b", 2)
    (folders[1] / "verdict.json").write_text(json.dumps(GOOD))

    assert recorded(*folders) == gate.RecordedVerdict("SLOWER", HOSTILE, "old (not among these runs)")
    assert report(*folders) == 0
    assert "Recorded verdict, SLOWER:" in unscripted(series.folder / "report")
    assert not re.search("<(img|script)", unscripted(series.folder / "report"))


BROKEN = {
    "no JSON": "{",
    "no object": "[1]",
    "empty": "",
    "another version": json.dumps(GOOD | {"schema": 99}),
    "no status": json.dumps(GOOD | {"status": True}),
    "unknown status": json.dumps(GOOD | {"status": 7}),
    "no answer": json.dumps(GOOD | {"reason": ["x"]}),
    "deep": "[" * 100_000,
    "no text": "\udcff",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_verdict_is_a_note(series: RunSeries, text: str) -> None:
    """The report is written and notes that the file was not used."""
    folders = series.write("a", 1), series.write("b", 2)
    (folders[1] / "verdict.json").write_bytes(text.encode(errors="surrogateescape"))

    assert report(*folders) == 0
    assert "verdict.json of b is not shown: " in unscripted(series.folder / "report")
    assert "Recorded verdict" not in unscripted(series.folder / "report")


def test_odd_names_in_a_recorded_verdict_are_text(series: RunSeries) -> None:
    """Sides that are no objects, names that are no text, and lone surrogates are shown as text."""
    folders = series.write("a", 1), series.write("b", 2)
    (folders[1] / "verdict.json").write_text(
        json.dumps(GOOD | {"word": 3, "base": [1], "head": {"run": {"x": 1}}, "reason": "\ud800x"})
    )

    assert report(*folders) == 0
    assert "{'x': 1}" in unscripted(series.folder / "report")


def test_a_verdict_that_is_no_file_is_not_waited_for(series: RunSeries) -> None:
    """A pipe in place of the file is not read."""
    folders = series.write("a", 1), series.write("b", 2)
    os.mkfifo(folders[1] / "verdict.json")

    assert recorded(*folders) is None


def test_hostile_texts_are_shown_and_never_run(series: RunSeries) -> None:
    """Markup in a folder's name, a version, a date, a machine and a recorded verdict stays text."""
    factory = series.factory("any")
    more = {"cpu": HOSTILE, "python": HOSTILE, "commit": HOSTILE, "cores": HOSTILE, "memory_bytes": HOSTILE}
    folders = (
        series.write(HOSTILE, HOSTILE, factory.records(), HOSTILE, **more),
        series.write("b", 2, factory.records()),
    )
    (folders[0] / "verdict.json").write_text(json.dumps(GOOD | {"base": {"run": HOSTILE}}))

    assert report(*folders) == 0
    page, markdown = series.folder / "report", (series.folder / "report" / "report.md").read_text()
    assert (page / "report.html").read_text().count("<script>") == 3
    assert not re.search("<(img|script)", unscripted(page))
    assert not re.search(r"(?<!\\)<(img|script)", markdown)
    assert "alert(1)" in unscripted(page)


def test_a_name_that_is_no_text_is_reported(series: RunSeries) -> None:
    """Bytes in a folder's name that no file of a report can hold are left out."""
    folders = series.write("b\udcff", 1), series.write("a", 2)

    assert report(*folders) == 0
    assert [row["name"] for row in run_rows(*folders)] == ["b ", "a"]


def test_the_same_run_twice_is_refused(series: RunSeries, capsys: Any) -> None:
    """The error is one line with status 2."""
    folder = series.write("a", 1)

    assert report(folder, folder) == 2
    assert "the same name" in capsys.readouterr().err


def test_runs_with_no_case_in_common_are_reported(series: RunSeries) -> None:
    """The verdict says that nothing can be compared, and each run has its points."""
    factory = series.factory("any")
    folders = series.write("a", 1, factory.records(("numpy",))), series.write("b", 2, factory.records(("jax",)))

    assert report(*folders) == 0
    assert verdicts(*folders)[0].word == "NOTHING IN COMMON"
    assert "the runs have no case in common (backend numpy in base, jax in head)" in unscripted(
        series.folder / "report"
    )
    assert math.isnan(figures(trend_section(*folders))[trend.ALL, "jax eager", "forward"][0])


def test_what_has_no_common_activation_is_named(series: RunSeries) -> None:
    """There is no mean, and the text says to choose an activation."""
    factory = series.factory("any")
    copy = factory.timed(factory.case("numpy", COPY), 1e-4)
    runs = [[copy, factory.timed(factory.case("numpy", name), 1e-3)] for name in ("relu", "gelu")]
    chart = trend_section(
        *(series.write(name, n + 1, run_records) for n, (name, run_records) in enumerate(zip("ab", runs, strict=True)))
    )

    assert "No activation is common to all runs of numpy eager" in words_of(chart)
    assert {key[0] for key in figures(chart)} == {"relu", "gelu"}


@pytest.mark.parametrize("copies", [False, True])
def test_a_run_without_a_single_time_is_reported(series: RunSeries, copies: bool) -> None:
    """Runs of only failures or only copies are reported; two of them have no trend, and the page says so."""
    factory = series.factory("any")
    empty = (
        [factory.timed(factory.case("torch", COPY), 1e-4)]
        if copies
        else [factory.failed(factory.case("torch", "relu"))]
    )
    folders = [
        series.write("a", 1, empty),
        series.write("b", 2),
        series.write("c", 3, empty),
        series.write("d", 4, empty),
    ]

    assert report(*folders[:3]) == report(*folders[1:]) == 0
    assert report(*folders[2:]) == 0
    assert "No run has a time against a copy" in (series.folder / "report" / "report.html").read_text()


def test_the_newest_run_is_seen_first(series: RunSeries) -> None:
    """The charts' switch, the tables and the sentences begin with the newest run, whatever order was given."""
    folders = series.write("a", 9), series.write("z", 3)
    runs = read(*folders)
    detailed_runs, rows = fitting.detailed(runs, tidy.table(runs))
    (switch,) = (s for s in charts.switches(charts.shown(rows)) if s.name == "chosen_run")

    assert [run.name for run in detailed_runs] == switch.param.bind.options == ["a", "z"]
    assert switch.param.value == "a"
    assert report(*folders[::-1]) == 0
    markdown = (series.folder / "report" / "report.md").read_text()
    assert "- **Fastest**: a: torch compiled" in markdown
    assert "- **Agreement**: a: All of 18 outputs" in markdown
    assert "columns in a, time against a copy" in markdown
    assert markdown.index("<summary>a · forward") < markdown.index("<summary>z · forward")


def test_a_page_holds_every_figure_of_the_newest_runs_alone(series: RunSeries, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page holds as many runs as fit, at least the newest, and refers to the table file for the others."""
    folders = [series.write(name, n + 1) for n, name in enumerate("abc")]
    monkeypatch.setattr(fitting, "MOST_CASES", 60)

    assert report(*folders) == 0
    page = unscripted(series.folder / "report")
    assert "The newest of 3 runs; the figures of the others are in table.parquet" in page
    assert "c · forward" in page
    assert "a · forward" not in page
    assert (series.folder / "report" / "table.csv").read_text().count("\na,") == 26
    monkeypatch.setattr(fitting, "MOST_CASES", 1)
    runs = read(*folders)
    assert [run.name for run in fitting.detailed(runs, tidy.table(runs))[0]] == ["c"]


def test_damaged_lines_of_every_run_are_named(series: RunSeries, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damaged lines of older runs are named too, although the page lacks their figures."""
    folders = [series.write(name, n + 1) for n, name in enumerate("ab")]
    with (folders[0] / "records.jsonl").open("a") as file:
        file.write("[1, 2]\n")
    monkeypatch.setattr(fitting, "MOST_CASES", 1)

    assert report(*folders) == 0
    assert "a: records.jsonl line 79" in unscripted(series.folder / "report")


def test_older_verdicts_are_cut(series: RunSeries, times: dict[Case, float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Older verdicts show their largest changes, and how many more there are."""
    factory = series.factory("any")
    half = slower(times, -0.5, direction="forward") | {c: s for c, s in times.items() if c.activation == COPY}
    runs = [factory.passes(run_times, 5, seed=n) for n, run_times in enumerate((times, half, times))]
    newest, older, _ = verdicts(*(series.write(str(n), n + 1, run_records) for n, run_records in enumerate(runs)))
    monkeypatch.setattr(gate_section, "MOST_CASES", 4)
    shown = [
        list(gate_section.contents(verdict, place, {"0": "", "1": ""})) for place, verdict in enumerate((newest, older))
    ]
    changed = [next(block for block in blocks if isinstance(block, Section)) for blocks in shown]
    lengths = [len(block.rows) for section in changed for block in section.blocks if isinstance(block, Table)]
    rest = [block.text for section in changed for block in section.blocks if isinstance(block, Words)]

    assert newest.comparison is not None
    assert older.comparison is not None
    assert newest.comparison.counts["SLOWER"] == older.comparison.counts["FASTER"] == 9
    assert lengths == [9, 4]
    assert [text.partition(" more")[0] for text in rest] == ["5"]


def test_a_report_of_one_run_has_no_history(series: RunSeries) -> None:
    """Neither the page nor the files contain anything of the history."""
    folder = series.write("a", 1)
    (folder / verdict.NAMES[0]).write_text("{")

    assert report(folder) == 0
    assert "Run by run" not in unscripted(folder)
    assert 'href="#history"' not in unscripted(folder)
    assert not (folder / "report-trend.svg").exists()


def test_ten_runs_of_the_quick_profile_take_little_room(series: RunSeries) -> None:
    """The trend's data of more than 448 lines in ten runs stays far below a megabyte."""
    factory = series.factory("any")
    backends = tuple(f"backend{n}" for n in range(40))
    folders = [series.write(str(n), n + 1, factory.records(backends)) for n in range(10)]

    assert len(figures(trend_section(*folders))) > 448
    assert len(json.dumps(for_browser(chart_of(trend_section(*folders)).definition.to_dict()))) < 400_000


def test_a_run_too_large_for_a_page_shows_its_first_settings(
    series: RunSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page shows the largest size first and how many cases it omits; the table file has all."""
    factory = series.factory("any")
    records = [r for size in (1000, 1_000_000) for r in factory.records(size=size)]
    folder = series.write("a", 1, list({json.dumps(r["case"]): r for r in records}.values()))
    table = tidy.table(read(folder))
    monkeypatch.setattr(fitting, "MOST_CASES", 20)
    fit = fitting.fitting(table)

    assert set(fit.loc[fit["elements_per_second"].notna() & ~fit["activation"].isin([COPY, NOOP]), "size"]) == {10**6}
    assert not fit.index.has_duplicates
    assert report(folder) == 0
    assert f"the other {len(table) - len(fit)} cases are in table.parquet" in unscripted(folder)
    assert len((folder / "table.csv").read_text().splitlines()) == len(table) + 1
