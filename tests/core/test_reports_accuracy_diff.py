"""The comparison of two atlases: which subjects changed, and whether for better or worse."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.table import Table

from bench.accuracy.record import Record
from reports.accuracy import changes, compare
from reports.accuracy.changes import Comparison
from reports.page import html, markdown, terminal
from tests.core.sample_atlas import records, write
from tests.core.test_reports_accuracy import command

Edit = Callable[[Record], dict[str, Any]]
ACTIVATIONS = ("tanh",)


def changed(tmp_path: Path, edit: Edit, binade: int = 500, **more: Any) -> Comparison:
    """Return the comparison of a sample with itself, one binade of tanh forward being edited in the new one."""
    old = records(ACTIVATIONS, ("torch",), version="1.0")
    new = records(ACTIVATIONS, ("torch",), version="2.0", **more)
    new[binade] = Record(**{**vars(new[binade]), **edit(new[binade])})
    paths = [write(tmp_path / f"{name}.parquet", rows) for name, rows in (("old", old), ("new", new))]
    return compare.sides(str(paths[0]), str(paths[1]), ())


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        (lambda _: {}, "SAME"),
        (lambda _: {"digest": "x"}, "EQUAL"),
        (lambda _: {"digest": "x", "worst_ulp": 1e6}, "WORSE"),
        (lambda _: {"digest": "x", "nan": 4, "nan_bits": 1}, "WORSE"),
        (lambda record: {"digest": "x", "worst_ulp": 1e6, "buckets": (record.inputs, 0, 0, 0, 0, 0, 0)}, "MIXED"),
        (lambda record: {"digest": "x", "buckets": (record.inputs, 0, 0, 0, 0, 0, 0)}, "BETTER"),
    ],
)
def test_the_word_of_a_subject(tmp_path: Path, edit: Edit, word: str) -> None:
    """Equal digests are SAME; then error classes, the worst error and the share above 1 ulp decide."""
    by_direction = {change.subject["direction"]: change for change in changed(tmp_path, edit).changes}

    assert by_direction["forward"].word == word
    assert by_direction["forward"].changed == (word != "SAME")
    assert by_direction["backward"].word == "SAME"


def test_a_new_category_is_named(tmp_path: Path) -> None:
    """The error class is named with its count, and both sides with their versions."""
    comparison = changed(tmp_path, lambda _: {"digest": "x", "zero": 4, "zero_bits": 1})

    assert comparison.changes[0].categories == ["zero new: 4"]
    assert "torch 1.0" in comparison.old
    assert "torch 2.0" in comparison.new


def test_one_description_is_rendered_three_times(tmp_path: Path) -> None:
    """The page, Markdown and the terminal show both figures of a subject, and how many more there are."""
    comparison = changed(tmp_path, lambda _: {"digest": "x", "worst_ulp": 1e6})
    (worse, same) = comparison.changes
    twice = dataclasses.replace(comparison, changes=(worse, worse, same))
    blocks = (changes.section(twice, most=1),)
    grids = [line for line in terminal.render(blocks) if isinstance(line, Table)]

    assert "1.00e6" in html.render(blocks)
    assert "| 🔺 **worse** | tanh forward | torch float32 eager | 1 (of 512) |" in markdown.render(blocks)
    assert "1 more in accuracy-diff.md." in markdown.render(blocks)
    assert [grid.row_count for grid in grids] == [1]


def test_what_has_no_counterpart_is_noted(tmp_path: Path) -> None:
    """Records at other inputs and of another version of the exact value are noted."""
    comparison = changed(tmp_path, lambda _: {"stride": 2}, truth=2)

    assert any("1 binade of NEW without a counterpart" in note for note in comparison.notes)
    assert any("different versions of the exact value" in note for note in comparison.notes)


def test_two_versions_within_a_folder(tmp_path: Path, capsys: Any) -> None:
    """Versions in one folder can be compared; the terminal and the file name both, and the status is 0."""
    write(tmp_path / "a.parquet", records(ACTIVATIONS, ("torch",), version="1.0"))
    write(tmp_path / "b.parquet", records(ACTIVATIONS, ("torch",), version="2.0"))

    assert command("--diff", "torch==1.0", "torch==2.0", tmp_path) == 0
    output = capsys.readouterr().out
    assert "2 subjects: 0 less exact" in output
    assert "torch 2.0" in (tmp_path / "accuracy-diff.md").read_text()


@pytest.mark.parametrize("old", ["3.0", "torch==9", "no/such/folder", "two"])
def test_a_side_that_cannot_be_is_one_line(tmp_path: Path, old: str, capsys: Any) -> None:
    """A side that is neither a path nor one version is refused with status 2 in one line."""
    write(tmp_path / "two" / "a.parquet", records(ACTIVATIONS, ("torch",), version="1.0", binades=range(4)))
    write(tmp_path / "two" / "b.parquet", records(ACTIVATIONS, ("torch",), version="2.0", binades=range(4)))
    first = tmp_path / "two" if old == "two" else old

    assert command("--diff", first, "torch==2.0", tmp_path / "two") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
