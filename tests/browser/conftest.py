"""A headless Chromium that opens a page from disk and records whatever a page must not do."""

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
    """Yield the system's Chromium, or the one that CHROMIUM names; without one skip, or fail with REQUIRE_BROWSER."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        (pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip)(MISSING)
    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=path)


@dataclass
class Viewer:
    """A page and its faults: `faults` holds what it did that a page must not do."""

    page: Page
    faults: list[str]
    file: str = ""

    def open(self, path: Path, screen: Screen, chapter: str = "") -> Page:
        """Return the page on this screen, at its first chapter or at the one named, with its charts drawn."""
        self.file = path.as_uri()
        self.page.set_viewport_size({"width": screen.width, "height": screen.height})
        self.page.emulate_media(color_scheme=screen.scheme, media=screen.media)
        self.page.goto(f"{self.file}#{chapter}" if chapter else self.file)
        self.wait_for_charts()
        return self.page

    def wait_for_charts(self) -> None:
        """Wait for the charts of the chapter that is shown."""
        for chart in self.page.locator(".chapter:not([hidden]) .chart").all():
            chart.locator("svg.marks").wait_for()

    def record_request(self, request: Request) -> None:
        """Record a request for anything but the file itself, on disk or elsewhere."""
        if request.url.partition("#")[0] != self.file and not request.url.startswith("data:"):
            self.faults.append(f"request: {request.url[:200]}")

    def record_message(self, message: ConsoleMessage) -> None:
        """Record an error, a warning or a failed assertion on the console."""
        if message.type in ("error", "warning", "assert"):
            self.faults.append(f"console: {message.text}")

    def record_dialog(self, dialog: Dialog) -> None:
        """Record a dialog that the page opened, and close it."""
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def viewer(browser: Browser) -> Iterator[Viewer]:
    """Yield a viewer; fail the test at its end where a page requested anything, complained, or opened a dialog."""
    context = browser.new_context(offline=True)
    context.set_default_timeout(30_000)  # a busy machine takes seconds to compile Vega
    viewer = Viewer(context.new_page(), [])
    context.on("request", viewer.record_request)
    viewer.page.on("console", viewer.record_message)
    viewer.page.on("pageerror", lambda error: viewer.faults.append(f"exception: {error}"))
    viewer.page.on("dialog", viewer.record_dialog)
    viewer.page.on("popup", lambda page: viewer.faults.append(f"popup: {page.url}"))
    yield viewer
    context.close()

    assert viewer.faults == []
