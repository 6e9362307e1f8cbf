"""Several runs in one report: their order, what changed, the trend, and what the gate says of each."""

import json
import math
import os
import re
from pathlib import Path
from typing import Any

import pytest

from bench.cases import COPY, NOOP, Case
from reports import charts, gate, history, load, tidy, timeline, trend, verdict
from reports.chapter import for_browser
from reports.load import Run
from reports.pictures import Picture
from tests.core.sample_run import MACHINE, Maker, Records, command, report, slower

HOSTILE = "<script>alert(1)<|script><img src=x onerror=alert(2)>"
"""Fit for a folder's name, which no slash is."""


class Lab:
    """Writes runs of one folder, each with a date and what else its environment says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def maker(self, name: str) -> Maker:
        """A run's folder to be."""
        return Maker(self.folder / name)

    def write(
        self, name: str, day: object, records: Records | None = None, version: str = "1.2.3", **more: Any
    ) -> Path:
        """A run of this day; a number is one of January 2026, anything else stands as it is."""
        time = f"2026-01-{day:02}T12:00:00+00:00" if isinstance(day, int) else day
        maker = self.maker(name)
        records = maker.passes(maker.times(), 3) if records is None else records
        backends = {record["case"]["backend"]: {"version": version} for record in records}
        return maker.write(records, environment={"machine": MACHINE | {"time": time} | more, "backends": backends})


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """Where the runs lie."""
    return Lab(tmp_path)


@pytest.fixture
def times(lab: Lab) -> dict[Case, float]:
    """What every case takes."""
    return lab.maker("any").times()


def read(*folders: Path) -> list[Run]:
    """The runs, in this order."""
    return [load.read(folder) for folder in folders]


def told(*folders: Path) -> dict[str, Any]:
    """What the page is told of these runs."""
    runs = read(*folders)
    return dict(history.chapter(runs, tidy.table(runs)).content)


def drawn(*folders: Path) -> Picture:
    """The picture of these runs."""
    runs = read(*folders)
    found = trend.picture(timeline.stops(runs), tidy.table(runs))
    assert found is not None
    return found


def figures(found: Picture) -> dict[tuple[str, str, str], list[float]]:
    """By activation, column and direction, what the table behind the picture says of each run; NaN for a gap."""
    rows = [[cell["text"] for cell in row[:3]] + [cell["order"] for cell in row[3:]] for row in found.rows]
    return {(str(a), str(b), str(c)): own for a, b, c, *own in rows}


def unscripted(folder: Path) -> str:
    """The page without the text of its scripts."""
    return re.sub(r"<script>.*?</script>", "", (folder / "report.html").read_text(), flags=re.DOTALL)


def test_runs_are_ordered_by_date_and_those_without_come_first(lab: Lab) -> None:
    """Whatever their names and the order given; what is no date counts as none, and the text is shown."""
    folders = [
        lab.write(*run) for run in (("a", 9), ("b", "yesterday"), ("c", 3), ("d", None), ("e", "2026-01-04"), ("f", 5))
    ]
    rows = told(*folders)["runs"]

    assert [row["name"] for row in rows] == ["b", "d", "c", "e", "f", "a"]
    assert [row["date"] for row in rows[:3]] == [
        "no date, it says 'yesterday'",
        "no date",
        "2026-01-03 12:00 UTC",
    ]
    assert told(*folders)["undated"] == 2


def test_what_changed_from_the_run_before_is_told_in_words(lab: Lab) -> None:
    """Versions, Python, the checkout, a backend more or less, another machine and back."""
    maker = lab.maker("any")
    rows = told(
        lab.write("a", 1),
        lab.write("b", 2),
        lab.write("c", 3, version="1.3.0", python="3.12.1"),
        lab.write("d", 4, maker.records(("torch", "jax")), "1.3.0", cpu="Other CPU"),
        lab.write("e", 5, version="1.3.0", commit="abcdef0123"),
        lab.write("f", 6, version="1.3.0", commit="1234567890"),
    )["runs"]

    assert [row["changes"] for row in rows[:2]] == [[], []]
    assert rows[2]["changes"] == ["numpy 1.2.3 → 1.3.0", "torch 1.2.3 → 1.3.0"]
    assert rows[3]["changes"] == ["other machine", "no numpy", "jax is new"]
    assert rows[4]["changes"] == ["other machine, that of c", "no jax", "numpy is new"]
    assert rows[5]["changes"] == ["this project abcdef0 → 1234567"]


def test_cases_and_noise_are_counted_for_each_run(lab: Lab) -> None:
    """With a time, without, and the noise of one that has passes to tell it by."""
    maker = lab.maker("any")
    rows = told(
        lab.write("a", 1, [*maker.records(("numpy",)), maker.failed(maker.case("torch", "relu"))]),
        lab.write("b", 2, maker.passes(maker.times(("numpy",)), 3)),
    )["runs"]

    assert [(row["timed"], row["untimed"]) for row in rows] == [(9, 1), (9, 0)]
    assert rows[0]["noise"] == "one pass"
    assert re.fullmatch(r"\d\.\d\s%", rows[1]["noise"])


def test_the_trend_is_the_mean_of_what_all_runs_have(lab: Lab, times: dict[Case, float]) -> None:
    """Of 2, 3 and 4 copies forward on numpy the first run lacks 4: √6 in both, and √24 where all is twice as long."""
    fewer = {case: seconds for case, seconds in times.items() if case.activation != "softmax"}
    twice = {case: seconds * (1 if case.activation == COPY else 2) for case, seconds in times.items()}
    maker = lab.maker("any")
    runs = (fewer, times, twice)
    found = drawn(*(lab.write(str(n), n + 1, maker.passes(own, 1, spread=0)) for n, own in enumerate(runs)))
    rows = figures(found)

    assert rows[trend.ALL, "numpy eager", "forward"] == pytest.approx([6**0.5, 6**0.5, 24**0.5], rel=1e-3)
    assert rows[trend.ALL, "torch compiled", "backward"] == pytest.approx([6**0.5 / 2, 6**0.5 / 2, 6**0.5], rel=1e-3)
    assert rows["softmax", "numpy eager", "forward"] == pytest.approx([math.nan, 4, 8], nan_ok=True)
    assert found.columns == ["activation", "on", "direction", "0", "1", "2"]


def test_the_first_view_of_the_trend_is_the_mean(lab: Lab) -> None:
    """The switches are direction and activation; of settings, those that vary."""
    definition = drawn(lab.write("a", 1), lab.write("b", 2)).chart.to_dict()
    switches = {own["name"]: own["value"] for own in definition["params"]}

    assert switches == {"chosen_direction": "forward", "chosen_activation": trend.ALL}


def test_a_backend_that_some_runs_lack_has_a_line_of_the_others(lab: Lab) -> None:
    """What is common is asked of the runs that measured it."""
    maker = lab.maker("any")
    rows = figures(drawn(lab.write("a", 1), lab.write("b", 2, maker.records(("torch",))), lab.write("c", 3)))

    assert rows[trend.ALL, "numpy eager", "forward"] == pytest.approx(
        [24 ** (1 / 3), math.nan, 24 ** (1 / 3)], rel=0.02, nan_ok=True
    )


def test_lines_do_not_connect_machines(lab: Lab) -> None:
    """Each machine has a line and a shape of its own, and the words say so; nothing is said of one alone."""
    alone = drawn(lab.write("a", 1), lab.write("b", 2))
    folders = [lab.folder / "a", lab.folder / "b", lab.write("c", 3, cpu="Other CPU"), lab.write("d", 4)]
    two, (facts, _) = drawn(*folders), trend.about(timeline.stops(read(*folders)))

    names = [own["machine"].partition(" · ")[0] for own in facts]
    assert names == ["Sample CPU", "Sample CPU", "Other CPU", "Sample CPU"]
    for layer in two.chart.to_dict()["layer"]:
        assert layer["encoding"]["detail"]["field"] == "machine"
    assert "one machine alone" in two.words
    assert "All runs are of one machine" in alone.words


def test_machines_that_look_alike_are_told_apart(lab: Lab) -> None:
    """Two runs that do not name their machine are not of the same one."""
    stops = timeline.stops(read(*(lab.write(name, n + 1, cpu=None) for n, name in enumerate("ab"))))
    _, machines = trend.about(stops)

    assert [stop.machine for stop in stops] == [0, 1]
    assert len(set(machines)) == 2


def test_each_run_is_held_to_the_one_before_on_its_machine(lab: Lab, times: dict[Case, float]) -> None:
    """The last is slower than the first of its machine; the one between is of another, which is said."""
    maker = lab.maker("any")
    later = slower(times, 0.5, backend="torch", activation="gelu", direction="forward", mode="compiled")
    runs = (
        lab.write("a", 1, maker.passes(times, 5)),
        lab.write("b", 2, maker.passes(times, 5, seed=1), cpu="Other CPU"),
        lab.write("c", 3, maker.passes(later, 5, seed=2)),
    )
    last, between, first = told(*runs)["verdicts"]

    assert (last["base"], last["word"]) == ("a", "SLOWER")
    assert last["verdict"]["counts"]["SLOWER"] == 1
    assert "gelu forward on torch compiled" in last["verdict"]["answer"]
    assert [own.what for own in last["verdict"]["changed"]] == ["gelu forward"]
    assert "Not compared with b, the run before it: the machines differ, CPU 'Other CPU'" in last["apart"]
    assert between["verdict"] is None
    assert "the machines differ" in between["apart"]
    assert (first["verdict"], first["apart"]) == (None, "")


def test_a_verdict_is_that_of_the_command(lab: Lab, times: dict[Case, float]) -> None:
    """The same counts and the same sentence as `compare` writes down."""
    maker = lab.maker("any")
    base = lab.write("a", 1, maker.passes(times, 5))
    head = lab.write("b", 2, maker.passes(slower(times, -0.3, activation="softmax"), 5, seed=1))
    assert command("compare", base, head) == 0
    own = told(base, head)["verdicts"][0]

    said = json.loads((head / "verdict.json").read_text())
    assert own["verdict"]["answer"] == said["reason"] == own["recorded"]["answer"]
    assert {name: said["counts"][name] for name in own["verdict"]["counts"]} == own["verdict"]["counts"]
    assert (own["word"], own["recorded"]["word"]) == ("FASTER", "FASTER")
    assert own["recorded"]["against"] == "a (2026-01-01 12:00 UTC)"


def test_the_page_shows_runs_trend_and_verdicts(lab: Lab, times: dict[Case, float], capsys: Any) -> None:
    """In HTML and Markdown; the terminal has the newest answer."""
    maker = lab.maker("any")
    base = lab.write("base", 1, maker.passes(times, 5), "1.0.0")
    head = lab.write("head", 2, maker.passes(slower(times, 0.5, activation="gelu"), 5, seed=1))

    assert report(base, head) == 0
    page, said = unscripted(lab.folder / "report"), (lab.folder / "report" / "report.md").read_text()
    for text in (page, said):
        assert "torch 1.0.0 → 1.2.3" in text
        assert "Yes: 6 of 18 cases got slower" in text
        assert text.index("Run by run") < text.index("Did it get slower?") < text.index("Fastest")
    assert (lab.folder / "report" / "report-trend.svg").exists()
    assert "report-trend.svg" in said
    assert "head against base: Yes: 6 of 18 cases got slower" in " ".join(capsys.readouterr().out.split())


def test_a_run_of_two_sides_has_their_verdict_and_is_head_in_the_trend(lab: Lab, times: dict[Case, float]) -> None:
    """It is compared with no other run, nor is another with it; the trend has what head takes."""
    maker = lab.maker("both")
    head = {case: seconds * (1 if case.activation == COPY else 2) for case, seconds in times.items()}
    both = maker.write_sides([*maker.passes(times, 5, side="base"), *maker.passes(head, 5, seed=1, side="head")])
    runs = (lab.write("a", 1), both, lab.write("c", 3))
    last, sides, _ = told(*runs)["verdicts"]
    rows = figures(drawn(*runs))

    assert (last["base"], sides["base"], sides["sides"], sides["word"]) == ("a", "", True, "SLOWER")
    assert "both, the run before it: that one measured two environments" in last["apart"]
    assert rows["relu", "numpy eager", "forward"] == pytest.approx([2, 4, 2], rel=0.05)
    assert told(*runs)["runs"][1]["versions"] == "numpy 1.2.3 → 1.3.0, torch 1.2.3 → 1.3.0"


GOOD = {"schema": 1, "status": 1, "word": "SLOWER", "reason": HOSTILE, "base": {"run": "old"}, "head": {"run": "b"}}


def test_a_recorded_verdict_is_shown(lab: Lab) -> None:
    """Its answer as text, and with what it compared, though that run is not there."""
    folders = lab.write("a", 1), lab.write("b", 2)
    (folders[1] / "verdict.json").write_text(json.dumps(GOOD))
    own = told(*folders)["verdicts"][0]

    assert own["recorded"] == {"word": "SLOWER", "answer": HOSTILE, "against": "old (not among these runs)"}
    assert report(*folders) == 0
    assert "Recorded verdict, SLOWER:" in unscripted(lab.folder / "report")
    assert not re.search("<(img|script)", unscripted(lab.folder / "report"))


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
def test_a_broken_verdict_is_a_note(lab: Lab, text: str) -> None:
    """The report is written, and says that the file was not used."""
    folders = lab.write("a", 1), lab.write("b", 2)
    (folders[1] / "verdict.json").write_bytes(text.encode(errors="surrogateescape"))

    assert report(*folders) == 0
    assert "verdict.json of b is not shown: " in unscripted(lab.folder / "report")
    assert "Recorded verdict" not in unscripted(lab.folder / "report")


def test_odd_names_in_a_recorded_verdict_are_text(lab: Lab) -> None:
    """Ends that are no objects, names that are no text, half a surrogate pair."""
    folders = lab.write("a", 1), lab.write("b", 2)
    (folders[1] / "verdict.json").write_text(
        json.dumps(GOOD | {"word": 3, "base": [1], "head": {"run": {"x": 1}}, "reason": "\ud800x"})
    )

    assert report(*folders) == 0
    assert "{&#39;x&#39;: 1}" in unscripted(lab.folder / "report")


def test_a_verdict_that_is_no_file_is_not_waited_for(lab: Lab) -> None:
    """A pipe in its place would never end."""
    folders = lab.write("a", 1), lab.write("b", 2)
    os.mkfifo(folders[1] / "verdict.json")

    assert told(*folders)["verdicts"][0]["recorded"] is None


def test_hostile_texts_are_shown_and_never_run(lab: Lab) -> None:
    """In a folder's name, a version, a date, a machine and a recorded verdict."""
    maker = lab.maker("any")
    more = {"cpu": HOSTILE, "python": HOSTILE, "commit": HOSTILE, "cores": HOSTILE, "memory_bytes": HOSTILE}
    folders = lab.write(HOSTILE, HOSTILE, maker.records(), HOSTILE, **more), lab.write("b", 2, maker.records())
    (folders[0] / "verdict.json").write_text(json.dumps(GOOD | {"base": {"run": HOSTILE}}))

    assert report(*folders) == 0
    page, said = lab.folder / "report", (lab.folder / "report" / "report.md").read_text()
    assert (page / "report.html").read_text().count("<script>") == 3
    assert not re.search("<(img|script)", unscripted(page))
    assert not re.search(r"(?<!\\)<(img|script)", said)
    assert "alert(1)" in unscripted(page)


def test_a_name_that_is_no_text_is_reported(lab: Lab) -> None:
    """A folder's name may hold bytes that no file of a report can."""
    folders = lab.write("b\udcff", 1), lab.write("a", 2)

    assert report(*folders) == 0
    assert [row["name"] for row in told(*folders)["runs"]] == ["b ", "a"]


def test_the_same_run_twice_is_refused(lab: Lab, capsys: Any) -> None:
    """One line and status 2."""
    folder = lab.write("a", 1)

    assert report(folder, folder) == 2
    assert "the same name" in capsys.readouterr().err


def test_runs_with_no_case_in_common_are_reported(lab: Lab) -> None:
    """The verdict says that it cannot be told, and each run has its points."""
    maker = lab.maker("any")
    folders = lab.write("a", 1, maker.records(("numpy",))), lab.write("b", 2, maker.records(("jax",)))

    assert report(*folders) == 0
    assert told(*folders)["verdicts"][0]["word"] == "NOTHING IN COMMON"
    assert "the runs have no case in common (backend numpy in base, jax in head)" in unscripted(lab.folder / "report")
    assert math.isnan(figures(drawn(*folders))[trend.ALL, "jax eager", "forward"][0])


def test_what_has_no_common_activation_is_named(lab: Lab) -> None:
    """There is no mean then, and the words say to choose an activation."""
    maker = lab.maker("any")
    copy = maker.timed(maker.case("numpy", COPY), 1e-4)
    runs = [[copy, maker.timed(maker.case("numpy", name), 1e-3)] for name in ("relu", "gelu")]
    found = drawn(*(lab.write(name, n + 1, own) for n, (name, own) in enumerate(zip("ab", runs, strict=True))))

    assert "No activation is common to all runs of numpy eager" in found.words
    assert {key[0] for key in figures(found)} == {"relu", "gelu"}


@pytest.mark.parametrize("copies", [False, True])
def test_a_run_without_a_single_time_is_reported(lab: Lab, copies: bool) -> None:
    """Failures alone, or copies alone, newest or oldest; two of them have no trend, and that is said."""
    maker = lab.maker("any")
    empty = [maker.timed(maker.case("torch", COPY), 1e-4)] if copies else [maker.failed(maker.case("torch", "relu"))]
    folders = [lab.write("a", 1, empty), lab.write("b", 2), lab.write("c", 3, empty), lab.write("d", 4, empty)]

    assert report(*folders[:3]) == report(*folders[1:]) == 0
    assert report(*folders[2:]) == 0
    assert "No run has a time against a copy" in (lab.folder / "report" / "report.html").read_text()


def test_the_newest_run_is_seen_first(lab: Lab) -> None:
    """In the switch of the charts, in the tables and in the sentences, which name it; whatever order was given."""
    folders = lab.write("a", 9), lab.write("z", 3)
    runs = read(*folders)
    shown, rows = history.detailed(runs, tidy.table(runs))
    (switch,) = (own for own in charts.switches(charts.shown(rows)) if own.name == "chosen_run")

    assert [run.name for run in shown] == switch.param.bind.options == ["a", "z"]
    assert switch.param.value == "a"
    assert report(*folders[::-1]) == 0
    said = (lab.folder / "report" / "report.md").read_text()
    assert "- **Fastest**: a: torch compiled" in said
    assert "- **Agreement**: a: All of 18 outputs" in said
    assert "columns in a, time against a copy" in said
    assert said.index("### a · forward") < said.index("### z · forward")


def test_a_page_holds_every_figure_of_the_newest_runs_alone(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there is room for, the newest always; the table of all is in the files, and the page says so."""
    folders = [lab.write(name, n + 1) for n, name in enumerate("abc")]
    monkeypatch.setattr(history, "MOST_CASES", 60)

    assert report(*folders) == 0
    page = unscripted(lab.folder / "report")
    assert "The newest of 3 runs; the figures of the others are in table.parquet" in page
    assert "c · forward" in page
    assert "a · forward" not in page
    assert (lab.folder / "report" / "table.csv").read_text().count("\na,") == 26
    monkeypatch.setattr(history, "MOST_CASES", 1)
    runs = read(*folders)
    assert [run.name for run in history.detailed(runs, tidy.table(runs))[0]] == ["c"]


def test_damaged_lines_of_every_run_are_named(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the older ones too, whose figures the page does not hold."""
    folders = [lab.write(name, n + 1) for n, name in enumerate("ab")]
    with (folders[0] / "records.jsonl").open("a") as file:
        file.write("[1, 2]\n")
    monkeypatch.setattr(history, "MOST_CASES", 1)

    assert report(*folders) == 0
    assert "a: records.jsonl line 79" in unscripted(lab.folder / "report")


def test_older_verdicts_are_cut(lab: Lab, times: dict[Case, float]) -> None:
    """Of all but the newest the largest changes alone, and how many more there are."""
    maker = lab.maker("any")
    half = slower(times, -0.5, direction="forward") | {c: s for c, s in times.items() if c.activation == COPY}
    runs = [maker.passes(own, 5, seed=n) for n, own in enumerate((times, half, times))]
    newest, older, _ = told(*(lab.write(str(n), n + 1, own) for n, own in enumerate(runs)))["verdicts"]

    changed = older["verdict"]["counts"]["FASTER"]
    assert len(newest["verdict"]["changed"]) == newest["verdict"]["counts"]["SLOWER"] == changed == 9
    assert (len(older["verdict"]["changed"]), older["verdict"]["left_out"]) == (
        min(9, gate.MOST),
        max(0, 9 - gate.MOST),
    )


def test_a_report_of_one_run_has_no_history(lab: Lab) -> None:
    """Nothing of it is on the page, nor is its picture among the files."""
    folder = lab.write("a", 1)
    (folder / verdict.NAMES[0]).write_text("{")

    assert report(folder) == 0
    assert "Run by run" not in unscripted(folder)
    assert 'href="#history"' not in unscripted(folder)
    assert not (folder / "report-trend.svg").exists()


def test_ten_runs_of_the_quick_profile_take_little_room(lab: Lab) -> None:
    """What the trend embeds of 434 activations, backends and modes in ten runs stays below a megabyte by far."""
    maker = lab.maker("any")
    backends = tuple(f"backend{n}" for n in range(40))
    folders = [lab.write(str(n), n + 1, maker.records(backends)) for n in range(10)]

    assert len(figures(drawn(*folders))) > 448
    assert len(json.dumps(for_browser(drawn(*folders).chart))) < 400_000


def test_a_run_too_large_for_a_page_shows_its_first_settings(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest size first, each row once; how many cases are left to the table is said, and none is lost there."""
    maker = lab.maker("any")
    records = [r for size in (1000, 1_000_000) for r in maker.records(size=size)]
    folder = lab.write("a", 1, list({json.dumps(r["case"]): r for r in records}.values()))
    table = tidy.table(read(folder))
    monkeypatch.setattr(history, "MOST_CASES", 20)
    fit = history.fitting(table)

    assert set(fit.loc[fit["elements_per_second"].notna() & ~fit["activation"].isin([COPY, NOOP]), "size"]) == {10**6}
    assert not fit.index.has_duplicates
    assert report(folder) == 0
    assert f"the other {len(table) - len(fit)} cases are in table.parquet" in unscripted(folder)
    assert len((folder / "table.csv").read_text().splitlines()) == len(table) + 1
