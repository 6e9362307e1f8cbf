"""The report of several runs in a browser: it fits, can be read, its trend answers, and hostile names stay text."""

import json
import re
from pathlib import Path

import pytest

from tests.browser.conftest import Viewer
from tests.browser.looking import DESKTOP, PHONE, SIZES, Screen, hard_to_read
from tests.browser.sample_pages import ATTACKS, LONG
from tests.core.sample_run import MACHINE, RunFactory, report, slower

RECORDED = {"schema": 1, "status": 1, "word": "SLOWER", "reason": ATTACKS[0], "base": {"run": ATTACKS[1]}}


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of seven runs of three backends on two machines, one of two sides; the last is slower."""
    folder, runs = tmp_path_factory.mktemp("several"), []
    for day in range(1, 7):
        factory = RunFactory(folder / f"2026010{day}-120000")
        times = factory.times(("numpy", "torch", "jax"))
        times = slower(times, 0.5, activation="gelu") if day == 6 else times
        machine = MACHINE | {"time": f"2026-01-0{day}T12:00:00+00:00", "cpu": "Other CPU" if day == 3 else "Sample CPU"}
        backends = {name: {"version": f"1.{day // 4}.0"} for name in ("numpy", "torch", "jax")}
        environment = {"machine": machine, "backends": backends}
        runs.append(factory.write(factory.passes(times, 3, seed=day), environment=environment))
    sides = RunFactory(folder / "sides")
    both = [record for n, side in enumerate(("base", "head")) for record in sides.passes(times, 3, seed=n, side=side)]
    assert report(*runs, sides.write_sides(both), "--output", folder / "report") == 0
    return folder / "report" / "report.html"


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report in which names, versions, dates, machines and verdicts try to become code, or are very long."""
    folder, runs = tmp_path_factory.mktemp("hostile"), []
    for number, attack in enumerate((*ATTACKS, LONG)):
        factory = RunFactory(folder / attack.replace("/", "|")[:200])
        machine = MACHINE | {"time": attack, "cpu": attack, "python": attack, "commit": attack}
        environment = {"machine": machine, "backends": {"torch": {"version": attack}, "numpy": {"version": attack}}}
        runs.append(factory.write(factory.passes(factory.times(), 2), environment=environment, verdict=RECORDED))
        if not number % 2:
            (runs[-1] / "verdict.json").write_text(json.dumps(attack))
    assert report(*runs, "--output", folder / "report") == 0
    return folder / "report" / "report.html"


@pytest.mark.parametrize("screen", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("sample", ["several", "hostile"])
def test_a_report_of_several_runs_fits_and_can_be_read(
    viewer: Viewer, request: pytest.FixtureRequest, sample: str, screen: Screen
) -> None:
    """The page fits a phone and a desktop, light and dark, with its verdicts unfolded too."""
    page = viewer.open(request.getfixturevalue(sample), screen)
    page.evaluate("document.querySelectorAll('[id^=gate], [id^=gate] details').forEach(box => box.open = true)")

    assert hard_to_read(page) == []
    assert {"Run by run", "Did it get slower?"} <= set(page.locator("h2").all_inner_texts())


def test_a_point_of_the_trend_tells_its_run(viewer: Viewer, several: Path) -> None:
    """Pointing at it shows run, date, version, number of activations, time, multiple of a copy and machine."""
    page = viewer.open(several, DESKTOP)
    page.locator("#chart-trend .mark-symbol.role-mark path").last.hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()

    text = tip.inner_text()
    for pattern in (r"run\s*20260106-120000", r"date\s*2026-01-06 12:00 UTC", r"version\s*1\.1\.0", "Sample CPU"):
        assert re.search(pattern, text), text
    assert re.search(r"geometric mean of 3 activations\s*µs per call\s*\d+\.?\d*\s*times a copy\s*\d\.\d+", text), text


def test_a_line_connects_one_machine_and_an_activation_can_be_chosen(viewer: Viewer, several: Path) -> None:
    """There is a line for each backend, mode and machine, and another activation changes the picture."""
    page = viewer.open(several, PHONE)
    lines = "document.querySelectorAll('#chart-trend .mark-line.role-mark path').length"
    places = "[...document.querySelectorAll('#chart-trend .mark-symbol.role-mark path')].map(p => p.outerHTML).join()"
    first = page.evaluate(places)
    assert page.evaluate(lines) == 10

    page.locator("#chart-trend .vega-bind", has_text="activation").get_by_label("gelu", exact=True).check()
    page.wait_for_function(f"first => {places} !== first", arg=first)
    assert page.evaluate(lines) == 10


def test_hostile_texts_of_several_runs_are_shown_and_never_run(viewer: Viewer, hostile: Path) -> None:
    """Hostile texts run in no place of the page, nor in a tooltip of the trend."""
    page = viewer.open(hostile, DESKTOP)
    for point in page.locator("#chart-trend .mark-symbol.role-mark path").all():
        point.hover(force=True)
    page.evaluate("document.querySelectorAll('details').forEach(box => box.open = true)")

    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator("img, iframe, object, embed, [onload], [onerror], [onmouseover]").count() == 0
    text = page.locator("main").text_content() or ""
    assert [attack for attack in ATTACKS if attack not in text] == []
