"""What reports keep on disk: it is made once, and anew where a file that it is made of has changed."""

from pathlib import Path

import pandas as pd
import pytest

from bench.reference import cache
from reports.accuracy import load, subjects, summary
from reports.accuracy.render import chapter, committed
from reports.page import store
from tests.core.sample_atlas import records, write


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of caches."""
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_it_is_made_once(tmp_path: Path) -> None:
    """And again after a change of a file, or of the code."""
    path = tmp_path / "records"
    makes = []

    def make() -> bytes:
        makes.append(path.read_bytes())
        return makes[-1]

    for content in (b"one", b"one", b"two"):
        path.write_bytes(content)
        assert store.load_or_make("sample", [path], make) == content

    assert makes == [b"one", b"two"]


def test_other_code_makes_it_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of this project's packages are part of the key, committed records among them."""
    assert store.load_or_make("sample", [], lambda: b"one") == b"one"
    monkeypatch.setattr(store, "code_digest", lambda: b"other")

    assert store.load_or_make("sample", [], lambda: b"two") == b"two"
    assert {path.suffix for path in store.sources()} >= {".py", ".j2", ".json", ".parquet"}


def test_few_files_stay(folder: Path, tmp_path: Path) -> None:
    """The oldest files of a kind are removed, and those of another kind stay."""
    store.load_or_make("other", [], lambda: b"other")
    for number in range(store.MOST_FILES + 3):
        (tmp_path / "records").write_bytes(bytes([number]))
        store.load_or_make("sample", [tmp_path / "records"], lambda: b"content")

    names = [path.name.partition("-")[0] for path in (folder / "reports").iterdir()]
    assert (names.count("sample"), names.count("other")) == (store.MOST_FILES, 1)


def test_the_atlas_is_shown_as_it_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chapter and subjects from disk are those that the records give."""
    write(tmp_path / "atlas" / "sample.parquet", records(["tanh", "gelu"], ["numpy", "torch"]))
    monkeypatch.setattr(load, "ATLAS", tmp_path / "atlas")
    rows = summary.records.__wrapped__(load.ATLAS).rows
    direct = chapter(rows, subjects.subjects(rows))

    for _ in range(2):
        shown, stored = committed.__wrapped__(), summary.subject_rows.__wrapped__(load.ATLAS)
        assert shown is not None
        assert stored is not None
        assert (shown.body, shown.markdown, shown.style) == (direct.body, direct.markdown, direct.style)
        pd.testing.assert_frame_equal(stored, subjects.subjects(rows))
