"""The page that holds everything: its chapters, what they are made of, and how large they are together."""

import re
from pathlib import Path

import pytest

from backends.activation import catalogue
from reports.cards import load
from tests.core import sample_portraits
from tests.core.sample_run import Maker, command, report

CHAPTERS = ["speed", "agreement", "accuracy", "cards", "guide"]
LARGEST = 5_000_000
"""Bytes of a page that a phone opens without waiting."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a run."""
    maker = Maker(tmp_path / "run")
    return maker.write(maker.passes(maker.times(), 2))


def chapters(page: Path) -> list[str]:
    """Their names, in the page's order."""
    return re.findall(r'<section class="chapter (\w+)"', page.read_text())


def test_one_file_holds_every_chapter(folder: Path) -> None:
    """Linked from one another, without an id twice, and small enough with all inputs and all activations in it."""
    assert command(folder) == 0
    page = (folder / "report.html").read_text()
    outside = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    ids = re.findall(r'\bid="([^"]+)"', outside)

    assert chapters(folder / "report.html") == CHAPTERS
    assert re.findall(r'<a href="#(\w+)">', page[: page.index("</nav>")]) == CHAPTERS
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', outside)) <= set(ids)
    assert len(page.encode()) < LARGEST
    assert {"accuracy.md", "cards.md", "guide.md"} <= {path.name for path in folder.iterdir()}


def test_cards_show_what_this_run_costs(folder: Path) -> None:
    """No figure of another run."""
    assert command(folder) == 0
    card = (folder / "report.html").read_text().partition('id="card-gelu"')[2].partition("</article>")[0]

    assert "run: float32, 1e6 elements" in card
    assert re.search(r"numpy eager</th><td>[23]\.\d\d\u00a0×", card)


def test_a_short_report_is_of_the_runs_alone(folder: Path) -> None:
    """And writes no file of other chapters."""
    assert report(folder) == 0

    assert chapters(folder / "report.html") == CHAPTERS[:2]
    assert not (folder / "cards.md").exists()


def test_portraits_are_those_named_or_the_project_s(folder: Path, tmp_path: Path) -> None:
    """Who sat for them stands on the page."""
    other = sample_portraits.write(tmp_path / "other", sample_portraits.file("jax"))
    for store, names in (((), ["numpy", "torch", "tensorflow", "jax"]), (("--portrait", other), ["jax"])):
        assert command(folder, *store) == 0
        cards = (folder / "report.html").read_text().partition('id="cards"')[2]

        assert re.findall(r'<span class="who"><i style="[^"]*"></i>(\w+)', cards) == names


def test_the_project_s_portraits_are_whole() -> None:
    """The same activations on every backend, Keras' 30 at least, each part of them."""
    gallery = load.committed()
    names = {name for name in gallery.sitters[0].portraits if name in catalogue()}

    assert len(names) >= 30
    for own in gallery.sitters:
        for name in names:
            for part in ("curve", "points", "normal", "native"):
                assert own.part(name, part)["status"] == "ok", (own.name, name, part)
    assert gallery.notes == []


def test_portraits_that_are_not_there_are_refused_in_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With status 2, and no report is touched."""
    assert command(folder, "--portrait", tmp_path / "none") == 2
    assert "holds no portraits" in capsys.readouterr().err

    assert not (folder / "report.html").exists()
