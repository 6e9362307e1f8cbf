"""The page that holds every chapter, with the project's own atlas and curves, in a browser."""

from pathlib import Path

import pytest

from tests.browser.conftest import Viewer
from tests.browser.looking import DESKTOP, PHONE_DARK, Screen, faint, sticking_out
from tests.core.sample_run import RunFactory, command

CHAPTERS = ("speed", "agreement", "accuracy", "cards", "guide")


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the page of a made-up run."""
    factory = RunFactory(tmp_path_factory.mktemp("whole") / "run")
    assert command(factory.write(factory.passes(factory.times(("numpy", "torch", "jax")), 2))) == 0
    return factory.folder / "report.html"


@pytest.mark.parametrize("screen", [DESKTOP, PHONE_DARK], ids=["desktop", "phone-dark"])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_fits_and_can_be_read(viewer: Viewer, whole: Path, chapter: str, screen: Screen) -> None:
    """A chapter fits and can be read, and it alone is shown."""
    page = viewer.open(whole, screen, chapter)

    shown = page.locator(".chapter:not([hidden])").all()
    assert [element.get_attribute("id") for element in shown] == [chapter]
    assert sticking_out(page) == []
    assert faint(page) == []


def test_an_address_within_a_chapter_is_found(viewer: Viewer, whole: Path) -> None:
    """A link to a card opens its chapter, and the card lies below the row of chapters."""
    page = viewer.open(whole, DESKTOP, "card-gelu")
    card, row = page.locator("#card-gelu").bounding_box(), page.locator("nav.chapters").bounding_box()

    assert card
    assert row
    assert row["y"] + row["height"] <= card["y"] < DESKTOP.height / 2


def test_two_places_of_one_chapter_are_linked(viewer: Viewer, whole: Path) -> None:
    """A link from the index of the cards to one of them stays in the chapter."""
    page = viewer.open(whole, DESKTOP, "cards")
    page.locator("ul.index a", has_text="mish").click()
    page.wait_for_function("document.querySelector('#card-mish').getBoundingClientRect().top < innerHeight / 2")

    assert page.locator("#cards").is_visible()
