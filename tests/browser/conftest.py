"""A headless Chromium that opens a page from disk and writes down whatever a page must not do."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, sync_playwright

from tests.browser.looking import Screen

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no browser found: `apt-get install chromium`, or CHROMIUM=/path/to/it"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, or the one that CHROMIUM names; without one a skip, or a failure with REQUIRE_BROWSER."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(MISSING)
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=path)


@dataclass
class Viewer:
    """Opens pages; `faults` holds what they did that they must not."""

    page: Page
    faults: list[str]
    file: str = ""

    def open(self, path: Path, screen: Screen, chapter: str = "") -> Page:
        """The page on this screen, at its first chapter or at the one named, its charts drawn."""
        self.file = path.as_uri()
        self.page.set_viewport_size({"width": screen.width, "height": screen.height})
        self.page.emulate_media(color_scheme=screen.scheme, media=screen.media)
        self.page.goto(f"{self.file}#{chapter}" if chapter else self.file)
        self.drawn()
        return self.page

    def drawn(self) -> None:
        """Wait for the charts of the chapter that is shown."""
        for chart in self.page.locator(".chapter:not([hidden]) .chart").all():
            chart.locator("svg.marks").wait_for()

    def asked(self, request: Request) -> None:
        """Nothing but the file itself may be asked for, on disk or elsewhere."""
        if request.url.partition("#")[0] != self.file and not request.url.startswith("data:"):
            self.faults.append(f"request: {request.url[:200]}")

    def said(self, message: ConsoleMessage) -> None:
        """A sound page says nothing."""
        if message.type in ("error", "warning", "assert"):
            self.faults.append(f"console: {message.text}")

    def interrupted(self, dialog: Dialog) -> None:
        """No page opens one by itself."""
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def viewer(browser: Browser) -> Iterator[Viewer]:
    """Fails the test in the end where a page asked for anything, complained, or opened a dialog."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(30_000)  # a laden machine takes seconds to compile Vega
    own = Viewer(context.new_page(), [])
    context.on("request", own.asked)
    own.page.on("console", own.said)
    own.page.on("pageerror", lambda error: own.faults.append(f"exception: {error}"))
    own.page.on("dialog", own.interrupted)
    own.page.on("popup", lambda page: own.faults.append(f"popup: {page.url}"))
    yield own
    context.close()

    assert own.faults == []
