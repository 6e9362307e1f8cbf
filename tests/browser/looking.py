"""What a reader sees: screens, what sticks out of them, and text too faint to read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page


@dataclass(frozen=True)
class Screen:
    """Where a page is looked at."""

    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"


DESKTOP, PHONE = Screen(1280, 900), Screen(390, 844)
SCREENS = {
    "desktop": DESKTOP,
    "desktop-dark": Screen(1280, 900, "dark"),
    "phone": PHONE,
    "phone-dark": Screen(390, 844, "dark"),
}


def script(name: str) -> str:
    """A function of the page's, from its file."""
    return (Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8")


def sticking_out(page: Page) -> list[str]:
    """What is wider than the screen; tables may scroll in a box of their own."""
    found: list[str] = page.evaluate(script("overflow"))
    return found


def faint(page: Page, least: float = 4.5) -> list[str]:
    """Texts whose contrast is below what WCAG asks of body text, with it; the whole page is brought into view."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    page.set_viewport_size({"width": width, "height": height})
    found: list[str] = page.evaluate(script("faint"), least)
    return found
