"""Tests that the documents name files, sessions and columns that exist."""

import re
from pathlib import Path

import pytest

from reports.metrics import METRICS

ROOT = Path(__file__).parents[2]
FOLDERS = (".", "backends", "bench", "bench/accuracy", "reports")
DOCUMENTS = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.md"))]
MOST_README_BYTES = 8000


def ids(path: Path) -> str:
    """Return the path of a document from the repository's root."""
    return str(path.relative_to(ROOT))


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_links_lead_to_files(path: Path) -> None:
    """Every relative link leads to a file or folder, and every heading that it names is there."""
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text()):
        name, _, heading = target.partition("#")
        file = path.parent / name if name else path
        assert file.exists(), target
        if heading:
            assert heading in anchors(file.read_text())


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_sessions_exist(path: Path) -> None:
    """Every `nox -s SESSION` is a session of the noxfile."""
    noxfile = (ROOT / "noxfile.py").read_text()
    sessions = set(re.findall(r"^def (\w+)\(session: nox", noxfile, re.MULTILINE))
    sessions |= set(re.findall(r'name="([\w-]+)"', noxfile))

    assert set(re.findall(r"nox -s ([a-z][\w-]*)", path.read_text())) <= sessions


def test_every_column_is_documented() -> None:
    """The README of the reports has a row for every metric, with its unit and meaning."""
    text = (ROOT / "reports" / "README.md").read_text()

    assert [m.column for m in METRICS if f"| `{m.column}` | {m.unit} | {m.meaning} |" not in text] == []


def test_the_readme_is_short() -> None:
    """The README is read on three screens; the rest lies beside the code."""
    assert len((ROOT / "README.md").read_bytes()) < MOST_README_BYTES
