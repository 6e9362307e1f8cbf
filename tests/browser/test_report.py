"""The report in a browser: it requests nothing, fits, can be read, and its switches work."""

import re
from pathlib import Path
from typing import Literal

import pytest

from tests.browser.conftest import Viewer
from tests.browser.looking import DESKTOP, PHONE, SCHEMES, SIZES, Screen, faint, hard_to_read, sticking_out, violations
from tests.browser.sample_pages import ATTACKS, SAMPLES, write

SECTIONS = {
    "speed": (
        *("Time against a copy", "How far from a copy", "Does compiling pay?", "What does the gradient cost?"),
        *("Size and throughput", "How certain is a time?", "What a call costs before it computes anything"),
        *("Times", "Without a time", "What the figures mean"),
    ),
    "agreement": ("Worst errors by format", "Where the backends differ", "Accuracy of every input"),
}


class Pages(dict[str, Path]):
    """The report of every sample, written on its first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __missing__(self, name: str) -> Path:
        self[name] = write(self.folder, name)
        return self[name]


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Return the reports by the sample's name."""
    return Pages(tmp_path_factory.mktemp("pages"))


@pytest.mark.parametrize("screen", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_report_fits_and_can_be_read(viewer: Viewer, pages: Pages, sample: str, screen: Screen) -> None:
    """The page fits a phone and a desktop, light and dark, whatever was measured."""
    page = viewer.open(pages[sample], screen)

    assert hard_to_read(page) == []


@pytest.mark.parametrize("chapter", SECTIONS)
def test_every_section_is_there(viewer: Viewer, pages: Pages, chapter: str) -> None:
    """Every section is there, and a chart where one is announced, with a text in its place and a table behind it."""
    page = viewer.open(pages["usual"], DESKTOP, chapter)
    charts, headings = page.locator(f"#{chapter} .chart"), page.locator(f"#{chapter} h2")

    assert set(SECTIONS[chapter]) <= set(headings.all_inner_texts())
    for chart in charts.all():
        assert chart.locator("svg.marks").evaluate("svg => svg.clientWidth") > 300
        assert len(chart.get_attribute("aria-label") or "") > 60
    tables = page.locator(f"#{chapter} .chart + details table").count()
    assert tables == charts.count() - page.locator(f"#{chapter} #chart-heat").count()  # its table is Times


@pytest.mark.parametrize("chapter", SECTIONS)
def test_a_page_breaks_no_rule_of_wcag(viewer: Viewer, pages: Pages, chapter: str) -> None:
    """By axe-core: names of links and controls, alternatives of pictures, structure of lists and tables."""
    assert violations(viewer.open(pages["usual"], DESKTOP, chapter)) == []


def test_a_switch_moves_its_like_in_the_other_charts(viewer: Viewer, pages: Pages) -> None:
    """The direction of one chart is that of all, of those drawn later too."""
    page = viewer.open(pages["usual"], DESKTOP)
    page.locator("#chart-heat .vega-bind", has_text="direction ").get_by_label("backward", exact=True).check()
    for name in ("spread", "intervals"):
        switch = page.locator(f"#chart-{name} .vega-bind", has_text="direction ").get_by_label("backward", exact=True)
        page.wait_for_function("input => input.checked", arg=switch.element_handle())
    page.locator("nav.chapters a", has_text="Agreement").click()
    viewer.wait_for_charts()

    later_switch = page.locator("#chart-worst .vega-bind", has_text="direction ").get_by_label("backward", exact=True)
    page.wait_for_function("input => input.checked", arg=later_switch.element_handle())


def test_chapters_are_turned(viewer: Viewer, pages: Pages) -> None:
    """One chapter is shown at a time: by pointer, by key, and by the address and its history."""
    page = viewer.open(pages["usual"], DESKTOP)
    shown = page.locator(".chapter:not([hidden])")
    assert [chapter.get_attribute("id") for chapter in shown.all()] == ["speed"]
    page.locator("nav.chapters a", has_text="Agreement").press("Enter")
    page.locator("#agreement").wait_for(state="visible")
    assert [chapter.get_attribute("id") for chapter in shown.all()] == ["agreement"]
    assert page.locator("nav.chapters a[aria-current]").inner_text() == "Agreement"
    page.go_back()
    page.locator("#speed").wait_for(state="visible")

    assert [chapter.get_attribute("id") for chapter in shown.all()] == ["speed"]


def test_a_switch_changes_the_chart(viewer: Viewer, pages: Pages) -> None:
    """Another direction, size or thread count changes the picture, and switching back restores it."""
    page = viewer.open(pages["usual"], DESKTOP)
    heat = page.locator("#chart-heat")
    tiles = "first => document.querySelector('#chart-heat .mark-text').textContent"
    first = page.evaluate(tiles)

    for name, other, usual in (("direction", "backward", "forward"), ("size", "1e3", "1e6"), ("threads", "2", "1")):
        switch = heat.locator(".vega-bind", has_text=f"{name} ")
        switch.get_by_label(other, exact=True).check()
        page.wait_for_function(f"{tiles} !== first", arg=first)
        switch.get_by_label(usual, exact=True).check()
        page.wait_for_function(f"{tiles} === first", arg=first)


def test_a_click_on_a_heading_sorts(viewer: Viewer, pages: Pages) -> None:
    """The table behind a picture sorts by numbers and not by their text: 999 ns come before 1 µs."""
    page = viewer.open(pages["usual"], DESKTOP)
    box = page.locator("#chart-intervals + details")
    box.locator("summary").click()
    head = box.locator("thead th", has_text="time")
    seconds = "box => [...box.querySelectorAll('tbody tr')].map(row => parseFloat(row.cells[5].dataset.v))"

    for order, backwards in (("descending", True), ("ascending", False)):
        head.click()
        values = box.evaluate(seconds)
        assert head.get_attribute("aria-sort") == order
        assert values == sorted(values, reverse=backwards)
        assert len(set(values)) > 9


def test_a_mode_alone_has_winners_of_its_own(viewer: Viewer, pages: Pages) -> None:
    """With eager alone the compiled columns go, and the star moves to the fastest one remaining."""
    page = viewer.open(pages["usual"], DESKTOP)
    heat = page.locator("#chart-heat")
    assert "★" in (heat.text_content() or "")
    heat.locator(".vega-bind", has_text="mode ").get_by_label("eager", exact=True).check()
    page.wait_for_function("!document.querySelector('#chart-heat svg.marks').textContent.includes('compiled')")

    assert "★" in (heat.text_content() or "")


def test_a_tile_tells_what_it_is(viewer: Viewer, pages: Pages) -> None:
    """Pointing at it shows activation, backend, time and multiple of a copy."""
    page = viewer.open(pages["usual"], DESKTOP)
    page.locator("#chart-heat .mark-rect path").first.hover(force=True)
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()

    assert re.search(r"activation\s*gelu\s*backend\s*numpy", tip.inner_text())


def test_hostile_texts_are_shown_and_never_run(viewer: Viewer, pages: Pages) -> None:
    """Hostile texts run in no place of the page, nor in a tooltip, and can be read."""
    page = viewer.open(pages["hostile"], DESKTOP)
    for tile in page.locator("#chart-heat .mark-rect path").all():
        tile.hover(force=True)
    for box in page.locator(".chapter:not([hidden]) summary").all():
        box.click()
    page.locator("nav.chapters a", has_text="Agreement").click()
    viewer.wait_for_charts()

    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator("img, iframe, object, embed, [onload], [onerror], [onmouseover]").count() == 0
    text = page.locator("main").text_content() or ""
    assert [attack for attack in ATTACKS if attack not in text] == []


def test_a_number_that_is_none_is_not_shown(viewer: Viewer, pages: Pages) -> None:
    """NaN, infinities and missing numbers are shown as dashes or words."""
    page = viewer.open(pages["extreme"], PHONE)

    shown = page.locator("#speed, #speed section, #speed .chart, #speed table").all_inner_texts()
    assert not re.search(r"\b(nan|undefined|null|infinity|inf)\b", "\n".join(shown), re.IGNORECASE)
    assert "Damaged lines, set aside" in page.locator("main").inner_text()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_print_is_dark_on_white(viewer: Viewer, pages: Pages, scheme: Literal["light", "dark"]) -> None:
    """A print is dark on white whatever the screen's scheme, and charts are not cut at the paper's edge."""
    page = viewer.open(pages["usual"], Screen(1280, 900, scheme))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 less its margins, at 96 per inch

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert sticking_out(page) == []
    assert faint(page) == []
    assert page.pdf()[:5] == b"%PDF-"
