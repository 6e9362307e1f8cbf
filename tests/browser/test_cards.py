"""The cards and the guide in a browser: they request nothing, fit, can be read, and the table to choose from sorts."""

from pathlib import Path

import pytest

from backends.activation import catalogue
from tests.browser.conftest import Viewer
from tests.browser.looking import DESKTOP, SIZES, Screen, hard_to_read
from tests.core import sample_curves
from tests.core.sample_run import command
from tests.core.test_reports_guide import deep, guided

GUIDE = ("What the guide claims", "How far a gradient reaches", "Which activation should I use?", "The guide's calls")


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store of curves of two backends, one of them nearly empty, with both pages."""
    folder = tmp_path_factory.mktemp("curves")
    whole, poor = sample_curves.file("torch", relu=deep(1e-9), tanh=deep(0.1)), sample_curves.file("jax")
    whole["curves"]["guide"] = guided()
    poor["curves"] = {"relu": {"id": "relu", "status": "error", "reason": "out of luck"}}
    sample_curves.write(folder, whole, poor)
    for page in ("cards", "guide"):
        assert command(page, "--curves", folder) == 0
    return folder


@pytest.mark.parametrize("name", ["cards", "guide"])
@pytest.mark.parametrize("screen", SIZES.values(), ids=SIZES)
def test_pages_fit_and_can_be_read(viewer: Viewer, store: Path, name: str, screen: Screen) -> None:
    """Both pages fit a phone and a desktop, light and dark."""
    page = viewer.open(store / f"{name}.html", screen)

    assert hard_to_read(page) == []


def test_every_section_is_there(viewer: Viewer, store: Path) -> None:
    """The guide has its sections, and the cards have one section for each activation."""
    guide = viewer.open(store / "guide.html", DESKTOP).locator("h2").all_inner_texts()
    cards = viewer.open(store / "cards.html", DESKTOP).locator("section.card").count()

    assert guide == list(GUIDE)
    assert cards == len(catalogue())


@pytest.mark.parametrize("how", ["click", "Enter"])
def test_the_table_to_choose_from_sorts(viewer: Viewer, store: Path, how: str) -> None:
    """The table sorts by pointer and by key; an activation without a number comes last."""
    page = viewer.open(store / "guide.html", DESKTOP)
    head = page.locator(".sortable thead th", has_text="Glorot")
    if how == "click":
        head.click()
    else:
        head.press(how)

    first = page.locator(".sortable tbody th").all_inner_texts()[:2]
    assert head.get_attribute("aria-sort") == "descending"
    assert first == ["tanh", "relu"]
