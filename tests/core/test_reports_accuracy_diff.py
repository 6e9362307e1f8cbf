"""Two atlases compared: which subjects changed, and for better or worse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.accuracy.record import Record
from reports.accuracy import compare
from reports.accuracy.changes import Comparison
from tests.core.sample_atlas import records, write
from tests.core.test_reports_accuracy import command

Edit = Callable[[Record], dict[str, Any]]
OWN = ("tanh",)


def changed(tmp_path: Path, edit: Edit, binade: int = 500, **more: Any) -> Comparison:
    """The comparison of a sample with itself, one binade of tanh forward being edited in the new one."""
    old = records(OWN, ("torch",), version="1.0")
    new = records(OWN, ("torch",), version="2.0", **more)
    new[binade] = Record(**{**vars(new[binade]), **edit(new[binade])})
    ends = [write(tmp_path / f"{name}.parquet", own) for name, own in (("old", old), ("new", new))]
    return compare.sides(str(ends[0]), str(ends[1]), ())


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        (lambda _: {}, "SAME"),
        (lambda _: {"digest": "x"}, "EQUAL"),
        (lambda _: {"digest": "x", "worst_ulp": 1e6}, "WORSE"),
        (lambda _: {"digest": "x", "nan": 4, "nan_bits": 1}, "WORSE"),
        (lambda own: {"digest": "x", "worst_ulp": 1e6, "buckets": (own.inputs, 0, 0, 0, 0, 0, 0)}, "MIXED"),
        (lambda own: {"digest": "x", "buckets": (own.inputs, 0, 0, 0, 0, 0, 0)}, "BETTER"),
    ],
)
def test_the_word_of_a_subject(tmp_path: Path, edit: Edit, word: str) -> None:
    """Equal digests are the same whatever else; then categories, the worst error and the share above 1 ulp decide."""
    found = {own.subject["direction"]: own for own in changed(tmp_path, edit).changes}

    assert found["forward"].word == word
    assert found["forward"].changed == (word != "SAME")
    assert found["backward"].word == "SAME"


def test_a_new_category_is_named(tmp_path: Path) -> None:
    """With its count, and the versions of both sides."""
    found = changed(tmp_path, lambda _: {"digest": "x", "zero": 4, "zero_bits": 1})

    assert found.changes[0].categories == ["zero new: 4"]
    assert "torch 1.0" in found.old
    assert "torch 2.0" in found.new


def test_what_has_no_counterpart_is_noted(tmp_path: Path) -> None:
    """Records at other inputs and by another truth."""
    found = changed(tmp_path, lambda _: {"stride": 2}, truth=2)

    assert any("1 binade of NEW without a counterpart" in note for note in found.notes)
    assert any("different versions of the exact value" in note for note in found.notes)


def test_two_versions_within_a_folder(tmp_path: Path, capsys: Any) -> None:
    """Named by version; the terminal and the file tell both, and the status is 0."""
    write(tmp_path / "a.parquet", records(OWN, ("torch",), version="1.0"))
    write(tmp_path / "b.parquet", records(OWN, ("torch",), version="2.0"))

    assert command("--diff", "torch==1.0", "torch==2.0", tmp_path) == 0
    said = capsys.readouterr().out
    assert "2 subjects: 0 less exact" in said
    assert "torch 2.0" in (tmp_path / "accuracy-diff.md").read_text()


@pytest.mark.parametrize("old", ["3.0", "torch==9", "no/such/folder", "two"])
def test_a_side_that_cannot_be_is_one_line(tmp_path: Path, old: str, capsys: Any) -> None:
    """Neither a path nor a version, or a path that holds several versions: status 2, with the versions known."""
    write(tmp_path / "two" / "a.parquet", records(OWN, ("torch",), version="1.0", binades=range(4)))
    write(tmp_path / "two" / "b.parquet", records(OWN, ("torch",), version="2.0", binades=range(4)))
    first = tmp_path / "two" if old == "two" else old

    assert command("--diff", first, "torch==2.0", tmp_path / "two") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
