"""A reader's view of a page: screens, elements that stick out of them, and text too faint to read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


@dataclass(frozen=True)
class Screen:
    """The size, colour scheme and medium of a screen."""

    width: int
    height: int
    scheme: Literal["light", "dark"] = "light"
    media: Literal["screen", "print"] = "screen"


DESKTOP, PHONE = Screen(1280, 900), Screen(390, 844)
SIZES = {"desktop": DESKTOP, "phone": PHONE}
PHONE_DARK = Screen(390, 844, "dark")
LEAST_CONTRAST = 4.5
"""WCAG's minimum for body text."""
AXE = {"runOnly": ["wcag2a", "wcag2aa"], "rules": {"color-contrast": {"enabled": False}}, "resultTypes": ["violations"]}
"""The rules of axe-core; `faint` judges contrast, also of texts in charts."""
WITHOUT_MARKS = {"exclude": [["svg.marks"]]}
"""Vega gives a role to each mark; a chart as a whole has its text."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def script(name: str) -> str:
    """Return a JavaScript function from its file."""
    return (Path(__file__).parent / f"{name}.js").read_text(encoding="utf-8")


def sticking_out(page: Page) -> list[str]:
    """Return the elements wider than the screen; tables may scroll in a box of their own."""
    boxes: list[str] = page.evaluate(script("overflow"))
    return boxes


def hard_to_read(page: Page) -> list[str]:
    """Return what sticks out and what is too faint in both schemes, on which nothing but a page's styles depends."""
    texts: list[str] = []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        texts += (f"{scheme}: {text}" for text in (*sticking_out(page), *faint(page)))
    return texts


def faint(page: Page) -> list[str]:
    """Return the texts with a contrast below the minimum; the whole page is brought into view."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    page.set_viewport_size({"width": width, "height": height})
    texts: list[str] = page.evaluate(script("faint"), LEAST_CONTRAST)
    return texts


def violations(page: Page) -> list[str]:
    """Return the rules of WCAG 2 at levels A and AA that the page breaks, each with an element that breaks it."""
    response = Axe().run(page, WITHOUT_MARKS, AXE).response
    return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in response["violations"]]
