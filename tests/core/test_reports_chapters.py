"""The page of the whole report: its chapters, their sources, and its size."""

import re
from pathlib import Path

import pytest

from backends.activation import catalogue
from bench.core.curves import Curve, Native, Normal, Points
from reports.cards import load
from tests.core import sample_curves
from tests.core.sample_run import RunFactory, command, report

CHAPTERS = ["speed", "agreement", "accuracy", "cards", "guide"]
LARGEST = 5_000_000
"""The largest size in bytes of a page that a phone opens without delay."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a run."""
    factory = RunFactory(tmp_path / "run")
    return factory.write(factory.passes(factory.times(), 2))


def chapters(page: Path) -> list[str]:
    """Return the chapters' names in the page's order."""
    return re.findall(r'<section class="chapter (\w+)"', page.read_text())


def test_one_file_holds_every_chapter(folder: Path) -> None:
    """Chapters are linked, no id occurs twice, and the page with all inputs and activations is small enough."""
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
    """Cards have the figures of this run, and of no other."""
    assert command(folder) == 0
    card = (folder / "report.html").read_text().partition('id="card-gelu"')[2].partition('id="card-')[0]

    assert "run: float32, 1e6 elements" in card
    assert re.search(r"numpy eager</th><td>[23]\.\d\d\u00a0×", card)


def test_a_short_report_is_of_the_runs_alone(folder: Path) -> None:
    """A short report has no other chapters and writes no files for them."""
    assert report(folder) == 0

    assert chapters(folder / "report.html") == CHAPTERS[:2]
    assert not (folder / "cards.md").exists()


def test_curves_are_those_named_or_the_project_s(folder: Path, tmp_path: Path) -> None:
    """The page names the backends of the curves."""
    other = sample_curves.write(tmp_path / "other", sample_curves.file("jax"))
    for store, names in (((), ["numpy", "torch", "tensorflow", "jax"]), (("--curves", other), ["jax"])):
        assert command(folder, *store) == 0
        cards = (folder / "report.html").read_text().partition('id="cards"')[2]

        assert re.findall(r'<span><i style="[^"]*"></i>(\w+)', cards) == names


def test_the_project_s_curves_are_whole() -> None:
    """Every backend has the same activations, at least Keras' 30, with every part."""
    collection = load.committed()
    names = {name for name in collection.recordings[0].variants if name in catalogue()}

    assert len(names) >= 30
    for backend in collection.recordings:
        for name in names:
            for part in (Curve, Points, Normal, Native):
                assert backend.part(name, part).status == "ok", (backend.name, name, part)
    assert collection.notes == []


def test_curves_that_are_not_there_are_refused_in_one_line(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The status is 2, and no report is changed."""
    assert command(folder, "--curves", tmp_path / "none") == 2
    assert "holds no curves" in capsys.readouterr().err

    assert not (folder / "report.html").exists()
