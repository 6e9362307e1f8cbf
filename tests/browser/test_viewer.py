"""Tests of the viewer: pages that do what a report must not do are detected."""

from pathlib import Path

import pytest

from tests.browser.conftest import Viewer
from tests.browser.looking import PHONE, faint, hard_to_read, sticking_out, violations

FAULTS = {
    "request": '<img src="http://example.org/x.png">',
    "request: file": '<link rel="stylesheet" href="beside.css">',
    "console": "<script>console.warn('odd')</script>",
    "exception": "<script>nothing.there()</script>",
    "dialog": "<script>alert(1)</script>",
}


@pytest.mark.parametrize(("fault", "markup"), FAULTS.items(), ids=FAULTS)
def test_what_a_page_must_not_do_is_found(viewer: Viewer, tmp_path: Path, fault: str, markup: str) -> None:
    """Each fault is recorded under its own kind."""
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html><body>{markup}")
    viewer.open(path, PHONE)

    assert any(recorded.startswith(fault) for recorded in viewer.faults)
    viewer.faults.clear()


def test_what_sticks_out_and_what_is_faint_is_found(viewer: Viewer, tmp_path: Path) -> None:
    """A box wider than the phone, a chart beyond its edge and grey on grey are found; black on white passes."""
    path = tmp_path / "page.html"
    path.write_text(
        '<!doctype html><body style="background: #fff"><p style="color: #000">plain</p>'
        '<p style="color: #999">grey</p><div style="width: 500px">wide</div>'
        '<div class="chart"><svg class="marks" width="450" height="9"></svg></div>'
    )
    page = viewer.open(path, PHONE)

    assert [text.partition(" ")[0] for text in sticking_out(page)] == ["the", "a"]
    assert [text for text in faint(page) if "grey" in text] == faint(page) != []
    assert [text.partition(":")[0] for text in hard_to_read(page) if "grey" in text] == ["light", "dark"]


def test_what_breaks_a_rule_of_wcag_is_found(viewer: Viewer, tmp_path: Path) -> None:
    """A picture without a text and a page without a language are found."""
    path = tmp_path / "page.html"
    path.write_text('<!doctype html><title>page</title><body><svg role="img"></svg>')

    rules = [text.partition(":")[0] for text in violations(viewer.open(path, PHONE))]
    assert rules == ["html-has-lang", "svg-img-alt"]
