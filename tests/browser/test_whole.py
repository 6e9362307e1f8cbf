"""The page that holds every chapter, with the project's own atlas and portraits, in a browser."""

from pathlib import Path

import pytest

from tests.browser.conftest import Viewer
from tests.browser.looking import DESKTOP, SCREENS, Screen, faint, sticking_out
from tests.core.sample_run import Maker, command

CHAPTERS = ("speed", "agreement", "accuracy", "cards", "guide")


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a made-up run."""
    maker = Maker(tmp_path_factory.mktemp("whole") / "run")
    assert command(maker.write(maker.passes(maker.times(("numpy", "torch", "jax")), 2))) == 0
    return maker.folder / "report.html"


@pytest.mark.parametrize("screen", [SCREENS["desktop"], SCREENS["phone-dark"]], ids=["desktop", "phone-dark"])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_fits_and_can_be_read(viewer: Viewer, whole: Path, chapter: str, screen: Screen) -> None:
    """Nothing asked for, no complaint, and it alone is shown."""
    page = viewer.open(whole, screen, chapter)

    assert [own.get_attribute("id") for own in page.locator(".chapter:not([hidden])").all()] == [chapter]
    assert sticking_out(page) == []
    assert faint(page) == []


def test_an_address_within_a_chapter_is_found(viewer: Viewer, whole: Path) -> None:
    """A card can be linked to: its chapter opens, and it lies below the row of chapters."""
    page = viewer.open(whole, DESKTOP, "card-gelu")
    card, row = page.locator("#card-gelu").bounding_box(), page.locator("nav.chapters").bounding_box()

    assert card
    assert row
    assert row["y"] + row["height"] <= card["y"] < DESKTOP.height / 2


def test_two_places_of_one_chapter_are_linked(viewer: Viewer, whole: Path) -> None:
    """From the index of the cards to one of them, without a turn to another chapter."""
    page = viewer.open(whole, DESKTOP, "cards")
    page.locator("ul.index a", has_text="mish").click()
    page.wait_for_function("document.querySelector('#card-mish').getBoundingClientRect().top < innerHeight / 2")

    assert page.locator("#cards").is_visible()
