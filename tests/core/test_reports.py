"""The files of a report: what they show, and that no text in a record can break them."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bench.core.cases import COPY
from bench.core.divergences import DivergenceRecord
from reports.data import load, tidy
from reports.page import charts, script
from reports.recorded import differences
from reports.speed import chapter, runs
from tests.core.sample_run import RunFactory, report, slower

PICTURES = {
    f"report-{name}.svg" for name in ("heat", "spread", "compiling", "backward", "intervals", "dispatch", "worst")
}
FILES = {"report.html", "report.md", "summary.md", "table.csv", "table.json", "table.parquet"} | PICTURES
HOSTILE = "</script><script>alert(1)</script><img src=http://example.org/x onerror=alert(2)>\x1b[31m|`"


@pytest.fixture
def factory(tmp_path: Path) -> RunFactory:
    """Return a factory for one run's folder."""
    return RunFactory(tmp_path / "run")


def table_of(folder: Path) -> pd.DataFrame:
    """Return the table of one run."""
    return tidy.table([load.read(folder)])


def unscripted(folder: Path) -> str:
    """Return the page without the text of its scripts."""
    return re.sub(r"<script>.*?</script>", "", (folder / "report.html").read_text(), flags=re.DOTALL)


def test_a_report_is_these_files_and_nothing_else_changes(factory: RunFactory, capsys: Any) -> None:
    """The records stay byte for byte the same, and no scratch file is left."""
    records = factory.records()
    folder = factory.write(records)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert report(folder) == 0
    assert {path.name for path in folder.iterdir()} == FILES | before.keys()
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert str(folder / "report.html") in capsys.readouterr().out
    assert len(pd.read_parquet(folder / "table.parquet")) == len(pd.read_csv(folder / "table.csv")) == len(records)


def test_several_runs_stand_in_one_table(factory: RunFactory) -> None:
    """The report of two runs lies beside them and names each run in its table."""
    second_run = RunFactory(factory.folder.parent / "other")

    assert report(factory.write(factory.records()), second_run.write(second_run.records(("numpy",)))) == 0
    table = pd.read_csv(factory.folder.parent / "report" / "table.csv")
    assert set(table["run"]) == {"run", "other"}


def test_a_run_of_several_thread_counts_shows_each(factory: RunFactory) -> None:
    """Threads are a switch of the charts, and each count has separate tables."""
    folder = factory.write([*factory.records(), *factory.records(threads=2)])

    assert report(folder) == 0
    page = unscripted(folder)
    assert "chosen_threads" in [switch.name for switch in charts.switches(charts.shown(table_of(folder)))]
    assert "1e6 elements · cpu · 1 thread" in page
    assert "1e6 elements · cpu · 2 threads" in page


def test_the_cost_of_a_call_has_a_table_of_its_own(factory: RunFactory) -> None:
    """The dispatch cost of 1 and 2 µs is shown by backend and mode, and the no-op is no activation."""
    folder = factory.write(factory.records())

    assert report(folder) == 0
    markdown = (folder / "report.md").read_text()
    section = markdown[markdown.index("## What a call costs before it computes anything") :]
    for direction, cost in (("forward", "1.00 µs"), ("backward", "2.00 µs")):
        assert f"| a call | torch compiled | {direction} | {cost} |" in section
    assert "noop" not in markdown
    assert "1.00 µs" in unscripted(folder)


def test_every_report_states_its_noise(factory: RunFactory, capsys: Any) -> None:
    """The noise is in the header, in the findings and on the terminal; a single pass cannot show it."""
    folder = factory.write(factory.passes(factory.times(), 4))
    assert report(folder) == 0
    texts = [(folder / "report.md").read_text(), unscripted(folder), capsys.readouterr().out]
    for text in texts:
        assert re.search(r"two runs of identical code differ by up to \d\.\d\s%", text)
    assert texts[1].count("identical code differ by up to") == 2

    assert report(factory.write(factory.records())) == 0
    assert "cannot say how far two of its figures differ by chance" in unscripted(folder)


def test_the_terminal_ends_with_what_matters(factory: RunFactory, capsys: Any) -> None:
    """The output ends with means, extremes, noise, the number of cases, and the report's path."""
    folder = factory.write([*factory.passes(factory.times(), 3), factory.failed(factory.case("jax", "relu"))])

    assert report(folder) == 0
    lines = capsys.readouterr().out.splitlines()
    tail = "\n".join(lines[-14:])
    for text in ("geometric mean of", "against a copy, least", "Noise:", "1 case error on jax", "27 cases: 26 ok"):
        assert text in tail
    assert lines[-1] == f"report: {folder / 'report.html'}"


@pytest.mark.parametrize("beside", [False, True])
def test_what_the_harness_measured_of_itself_is_shown(factory: RunFactory, beside: bool) -> None:
    """The self-check is read from the run's or the results folder; failures are shown, and markup stays text."""
    row = {"what": "spin 50 µs", "asked": "50 µs ± 2 %", "seen": "<b>57 µs</b>", "holds": False}
    checks = {"time": "2026-01-02T03:04:05+00:00", "machine": {}, "rows": [row, "nonsense"]}
    folder = factory.write(factory.records(), **({} if beside else {"selfcheck": checks}))
    if beside:
        (folder.parent / "selfcheck.json").write_text(json.dumps(checks))

    assert report(folder) == 0
    assert "The harness measured" in unscripted(folder)
    assert "&lt;b&gt;57 µs" in unscripted(folder)
    assert "| spin 50 µs | 50 µs ± 2 % | \\<b\\>57 µs\\</b\\> | **no** |" in (folder / "report.md").read_text()


def test_the_report_of_two_sides_opens_with_its_verdicts(factory: RunFactory) -> None:
    """The report begins with the answer and the case that got slower."""
    times = factory.times(("torch",))
    head = slower(times, 0.2, activation="gelu", direction="forward", mode="eager")
    sides = [*factory.passes(times, 5, side="base"), *factory.passes(head, 5, seed=1, side="head")]
    folder = factory.write_sides(sides, base="torch==2.12.0", head="torch==2.13.0")

    assert report(folder) == 0
    page, markdown = unscripted(folder), (folder / "report.md").read_text()
    for text in (page, markdown):
        assert text.index("Did it get slower?") < text.index("1 of 12 cases got slower") < text.index("1e6 elements")
        assert "torch==2.12.0 → torch==2.13.0" in text
        assert "torch 1.2.3 → 1.3.0" in text


def test_the_page_asks_the_network_for_nothing(factory: RunFactory) -> None:
    """The page has no address outside of scripts, no element that loads one, and a policy against it."""
    assert report(factory.write(factory.records())) == 0
    page = unscripted(factory.folder)

    assert "default-src 'none'" in page
    assert not re.search(r"<(link|iframe|object|embed|img|script)\b|\b(src|srcset|action)=|url\(", page)
    assert "http" not in page.replace("http-equiv", "")


def test_hostile_texts_are_shown_and_never_run(factory: RunFactory, capsys: Any) -> None:
    """Markup in a label, a backend's name, a reason or a version opens no element anywhere."""
    records = factory.records()
    for record in records[:3]:
        record["case"] |= {"label": HOSTILE, "backend": HOSTILE, "direction": HOSTILE, "id": HOSTILE}
    records.append(factory.failed(factory.case("torch", "relu", mode="eager", size=7), reason=HOSTILE))
    divergences = [{"backend": HOSTILE, "activation": HOSTILE, "reason": HOSTILE, "dtypes": HOSTILE, "low": HOSTILE}]
    environment = {"machine": {"cpu": HOSTILE}, "backends": {"torch": {"version": HOSTILE}, "numpy": 3}}
    folder = factory.write(records, HOSTILE, divergences=divergences, environment=environment)

    assert report(folder) == 0
    page = (folder / "report.html").read_text()
    assert page.count("<script>") == page.count("</script>") == 3
    assert "alert(1)" in unscripted(folder)
    assert not re.search("<(img|script)", unscripted(folder))
    assert not re.search(r"(?<!\\)<img", (folder / "report.md").read_text())
    assert "\x1b[31m" not in capsys.readouterr().out


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_one_backend_alone_gives_a_sound_report(factory: RunFactory, backend: str) -> None:
    """A report of one backend, with nothing to compare, is complete."""
    assert report(factory.write(factory.records((backend,)))) == 0
    assert "gelu" in (factory.folder / "report.md").read_text()


def test_a_run_of_failures_says_why(factory: RunFactory, capsys: Any) -> None:
    """Every place that a reader looks at has the reason, and none has a number."""
    records = [factory.failed(factory.case("torch", name), "unsupported", "no compiler") for name in ("relu", "gelu")]

    assert report(factory.write(records)) == 0
    output = capsys.readouterr().out
    for text in (output, *((factory.folder / f"report.{kind}").read_text() for kind in ("html", "md"))):
        assert "no compiler" in text
        assert "unsupported" in text
    assert not re.search(r"\bnan\b", output + unscripted(factory.folder) + (factory.folder / "report.md").read_text())


def test_a_run_with_copies_alone_is_reported(factory: RunFactory) -> None:
    """An interrupted run without activations has a report."""
    assert report(factory.write([factory.timed(factory.case("torch", COPY), 1e-4)])) == 0
    assert "No activation was measured" in (factory.folder / "report.html").read_text()


DAMAGED = {
    "cut short": '{"case": {"backend": "tor',
    "no object": "[1, 2]",
    "no record": '{"name": "something else"}',
    "not text": "\x00\x01",
    "half a pair": '{"case": {}, "status": "\\ud800", "schema": 2}',
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_is_named_and_the_others_are_used(factory: RunFactory, capsys: Any, line: str) -> None:
    """The report names the ignored line."""
    records = factory.records()

    assert report(factory.write(records, line)) == 0
    assert "1 damaged line" in capsys.readouterr().out
    assert f"records.jsonl line {len(records) + 1}" in (factory.folder / "report.md").read_text()


def test_bad_input_is_one_line_and_status_2(factory: RunFactory, capsys: Any) -> None:
    """Each error names the file or the choice at fault, and nothing is written."""
    good = factory.records()
    beside = factory.folder.parent
    faults = {
        "is no folder of a run": beside / "nowhere",
        "records.jsonl cannot be read": Path(__file__).parent,
        "holds no record": RunFactory(beside / "foreign").write([], '{"name": "something else"}'),
        "schema 99": RunFactory(beside / "schema").write([good[0] | {"schema": 99}]),
        "environment.json cannot be read": RunFactory(beside / "cut").write(good, environment='{"machine": '),
        "divergences.json cannot be read": RunFactory(beside / "cut2").write(good, divergences="no"),
    }
    for fault, folder in faults.items():
        assert report(folder) == 2
        error = capsys.readouterr().err
        assert fault in error
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert not (folder / "report.html").exists()


def test_an_unwritable_output_is_one_line_and_status_2(factory: RunFactory, capsys: Any) -> None:
    """A file in place of the output folder is an error of one line."""
    folder = factory.write(factory.records())
    blocked = folder / "records.jsonl"

    assert report(folder, "--output", blocked) == 2
    assert capsys.readouterr().err.startswith(f"error: cannot write to {blocked}")


@pytest.mark.parametrize("arguments", [(), ("--nonsense",), ("run", "run")])
def test_usage_faults_are_one_line(capsys: Any, arguments: tuple[str, ...]) -> None:
    """A missing run, an unknown option and a missing folder are errors of one line."""
    assert report(*arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_divergences_are_told_in_words(factory: RunFactory) -> None:
    """The table has the backend, the dtype, the inputs and the kind of a divergence, once."""
    entry = {
        "backend": "torch",
        "activation": "gelu",
        "check": "keras_value",
        "dtypes": ["float32"],
        "modes": ["eager"],
    }
    entry |= {"kind": "upstream", "reason": "erf", "upstream": "", "low": "-inf", "high": -4.0}  # type: ignore[dict-item]  # mixed
    run = load.read(factory.write(factory.records(), divergences=[entry, entry]))

    (divergence,) = differences.find_divergences([run])
    assert (divergence.what, divergence.where) == ("keras value · float32 · eager", "up to -4")
    assert divergence.kind == "upstream to fix"


def test_ranges_without_a_finite_bound_are_counted() -> None:
    """Four ranges whose bounds are all texts have no range around them."""
    bounds = (("-inf", "inf"), ("nan", "nan"), ("inf", "inf"), ("-inf", "-inf"))
    entries = [DivergenceRecord(low=low, high=high) for low, high in bounds]

    assert differences.where(entries) == "4 ranges"


def test_an_infinite_bound_is_a_bound_of_the_range_around_all() -> None:
    """The range around four others reaches as far as the farthest of them."""
    bounds: list[tuple[float | str, float | str]] = [("-inf", -1.9), (0.0, 1.0), (2.0, 3.0), (255.0, 1.3e154)]
    entries = [DivergenceRecord(low=low, high=high) for low, high in bounds]

    assert differences.where(entries) == "4 ranges up to 1.3e+154"


def test_versions_are_told_from_base_to_head(factory: RunFactory) -> None:
    """Whichever side has the first record: either may finish a case before the other."""
    times = factory.times(("torch",))
    sides = [record for side in ("head", "base") for record in factory.passes(times, 1, side=side)]
    run = load.read(factory.write_sides(sides))

    assert runs.versions(run, tidy.table([run])) == "torch 1.2.3 → 1.3.0"


def test_charts_hold_no_number_that_json_has_not(factory: RunFactory) -> None:
    """NaN and infinities of the table become null."""
    run = load.read(factory.write([*factory.records(), factory.failed(factory.case("jax", "relu"))]))
    table = tidy.table([run])

    for chart in chapter.chapter([run], table).definitions.values():
        definition = json.loads(str(script.embedded(chart)))
        assert definition["width"] == "container"


def test_switches_are_there_for_what_varies(factory: RunFactory) -> None:
    """There is always a switch for the direction, and one for the size if there are two."""
    one = charts.shown(table_of(factory.write(factory.records())))
    two = charts.shown(table_of(factory.write([*factory.records(), *factory.records(size=1000)])))

    assert [switch.name for switch in charts.switches(one)] == ["chosen_direction"]
    assert [switch.name for switch in charts.switches(two)] == ["chosen_direction", "chosen_size"]


def test_what_was_planned_and_not_measured_says_so(factory: RunFactory, capsys: Any) -> None:
    """The report of an interrupted run says how many cases are missing, even if it is all of them."""
    records = factory.records()
    cases = [record["case"] for record in records]
    plan = {"choice": {}, "sides": {"": {}}, "cases": [*cases, {"id": "no case"}, 3]}
    for count in (0, len(records) - 4):
        folder = factory.write(records[:count], plan=plan)

        assert report(folder) == 0
        missing = len(records) - count
        for text in (capsys.readouterr().out, *((folder / f"report.{kind}").read_text() for kind in ("html", "md"))):
            assert f"{missing} not run" in text
            assert "the run ended before it; python -m bench --resume RUN goes on" in text
