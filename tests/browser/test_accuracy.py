"""The page of the atlas in a browser: it requests nothing, fits, can be read, and its tables sort."""

from pathlib import Path

import pytest

from tests.browser.conftest import Viewer
from tests.browser.looking import DESKTOP, SIZES, Screen, faint, hard_to_read
from tests.core.sample_atlas import records, write
from tests.core.sample_run import command

SECTIONS = ("Every binade", "Eager and compiled", "Bugs found", "What the figures mean")


@pytest.fixture(scope="session")
def atlas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of made-up records, eager and compiled."""
    folder = tmp_path_factory.mktemp("atlas")
    stored = [*records(("gelu", "relu")), *records(("gelu", "relu"), mode="compiled")]
    assert command("accuracy", write(folder / "all.parquet", stored), "--out", folder) == 0
    return folder / "accuracy.html"


@pytest.mark.parametrize("screen", SIZES.values(), ids=SIZES)
def test_the_atlas_fits_and_can_be_read(viewer: Viewer, atlas: Path, screen: Screen) -> None:
    """The page fits a phone and a desktop, light and dark, and holds every section."""
    page = viewer.open(atlas, screen)

    assert hard_to_read(page) == []
    assert set(SECTIONS) <= set(page.locator("h2").all_inner_texts())


def test_a_click_on_a_heading_sorts(viewer: Viewer, atlas: Path) -> None:
    """A click sorts the largest first, the next the smallest first, and the heading says which."""
    page = viewer.open(atlas, DESKTOP)
    table = page.locator(".sortable:visible").first
    head = table.locator("thead th", has_text="worst (ulp)")
    cells = "table => [...table.tBodies[0].rows].map(row => parseFloat(row.cells[3].dataset.v)).filter(isFinite)"
    table.locator("thead th").first.click()

    for order, backwards in (("descending", True), ("ascending", False)):
        head.click()
        values = table.evaluate(cells)
        assert head.get_attribute("aria-sort") == order
        assert values == sorted(values, reverse=backwards)
        assert len(set(values)) > 2


def test_a_switch_shows_another_setting(viewer: Viewer, atlas: Path) -> None:
    """One panel is shown at a time."""
    page = viewer.open(atlas, DESKTOP)
    (first,) = page.locator("section:has(> .atlas):visible").all()
    before = first.get_attribute("aria-label")
    page.locator("#setting").select_option(index=1)

    (second,) = page.locator("section:has(> .atlas):visible").all()
    assert second.get_attribute("aria-label") != before


def test_a_strip_tells_input_and_values(viewer: Viewer, atlas: Path) -> None:
    """Pointing at a binade shows the backend, the range and the worst input."""
    page = viewer.open(atlas, DESKTOP)
    strip = page.locator(".strip:visible").first
    width = strip.evaluate("strip => strip.clientWidth")
    strip.hover(position={"x": width * 0.3, "y": 5})

    tip = page.locator("#tip").inner_text()
    assert tip.startswith("numpy")
    assert "binade" in tip


def test_print_is_dark_on_white(viewer: Viewer, atlas: Path) -> None:
    """A print is dark on white whatever the screen's scheme."""
    page = viewer.open(atlas, Screen(1280, 900, "dark", "print"))

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert faint(page) == []
