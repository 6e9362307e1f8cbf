"""The accuracy atlas: its page and tables of made-up records, and the input that it refuses."""

import itertools
import json
import math
import re
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from backends.activation import parse_variant
from bench.accuracy.record import Record
from bench.core.cli import run_cli
from bench.reference import truth
from reports.__main__ import main
from reports.accuracy import agreement, atlas, bits, classes, conventions, failures, load, rankings, runs, subjects
from reports.recorded import bugs
from tests.core import sample_atlas
from tests.core.sample_atlas import records, write

TANH = ("tanh", "forward", "torch")


def command(*arguments: object) -> int:
    """Run `python -m reports accuracy` in this process and return its exit status."""
    with mock.patch.object(sys, "argv", ["reports", "accuracy", *map(str, arguments)]):
        return run_cli(main)


def rows_of(path: Path) -> pd.DataFrame:
    """Return the records of a file in the form in which reports compare them."""
    return atlas.tidy(load.read([path]).rows)


@pytest.fixture(scope="module")
def atlas_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with every binade of three activations on four backends, in two files."""
    folder = tmp_path_factory.mktemp("atlas")
    write(folder / "one.parquet", records(names=("numpy", "torch")))
    write(folder / "deeper" / "two.parquet", records(names=("tensorflow", "jax")))
    return folder


@pytest.fixture(scope="module")
def setting(atlas_folder: Path) -> atlas.Setting:
    """Return the records of that folder as one setting."""
    (setting,) = atlas.settings(rows_of(atlas_folder))
    return setting


def tips(page: str) -> list[Any]:
    """Return the contents of a page's tooltips, a list of strips for each picture."""
    return [json.loads(text) for text in re.findall(r'<script type="application/json">(.*?)</script>', page)]


def test_the_files_are_written_and_fetch_nothing(atlas_folder: Path, tmp_path: Path, capsys: Any) -> None:
    """Page, Markdown and table are written without links to other hosts, and the terminal names the page."""
    assert command(atlas_folder, "--out", tmp_path) == 0
    page = (tmp_path / "accuracy.html").read_text()

    assert {path.name for path in tmp_path.iterdir()} == {"accuracy.html", "accuracy.md", "accuracy.csv"}
    assert not re.search(r"(src|href)=[\"']?(https?:|//)", page)
    assert len(page) < 3_000_000
    assert str(tmp_path / "accuracy.html") in capsys.readouterr().out
    assert len(pd.read_csv(tmp_path / "accuracy.csv")) == 3 * 2 * 4
    assert "| gelu |" in (tmp_path / "accuracy.md").read_text()


def test_every_strip_covers_the_real_line(atlas_folder: Path, tmp_path: Path) -> None:
    """The segments of a strip join without a gap from 0 to 512, whatever their classes."""
    assert command(atlas_folder, "--out", tmp_path) == 0
    page = (tmp_path / "accuracy.html").read_text()

    assert len(tips(page)) == 3 * 2
    for strip in tips(page):
        for parts in strip:
            assert parts["start"][0] == 0
            assert parts["start"] == sorted(set(parts["start"]))
            assert len(parts["letter"]) == len(parts["start"])
            assert all(a != b for a, b in itertools.pairwise(parts["letter"]))
    pictures = re.findall(r'viewBox="0 0 (\d+) \d+".*?</svg>', page)
    assert set(pictures) == {"988"}  # 512 binades, 2 * 34 of them eight times as wide
    for path in re.findall(r'viewBox="0 0 988 \d+".*?</svg>', page):
        assert sum(int(length) for length in re.findall(r"M\d+ \d+h(\d+)v", path)) == 4 * 988


def test_places_follow_the_real_line() -> None:
    """-max is leftmost, -0 and +0 meet in the middle, and 1 lies where its exponent says."""
    assert [bits.place(b, "float32") for b in (511, 256, 0, 255)] == [0, 255, 256, 511]
    assert bits.place_of(0.0, "float32") == 256
    assert bits.place_of(1.0, "float32") == 256 + 127
    assert bits.place_of(-1.0, "float16") == 32 - 15


@pytest.mark.parametrize("x", [0.0, -0.0, 1.0, -2.5, 1e-40, 3e38, float("inf")])
def test_bits_are_read_as_the_format_means_them(x: float) -> None:
    """Bits of float32 have the value that NumPy reads."""
    number = np.float32(x)

    assert bits.value(int(number.view(np.uint32)), "float32") == number
    assert np.signbit(bits.value(int(number.view(np.uint32)), "float32")) == np.signbit(number)


def classified(**fields: Any) -> str:
    """Return the letter of one record's error class."""
    key: dict[str, Any] = {
        "activation": "relu",
        "direction": "forward",
        "dtype": "float32",
        "backend": "torch",
        "version": "1",
    }
    record = Record(**key, **sample_atlas.KEYS, mode="eager", binade=100, inputs=8, **fields)
    return classes.CLASSES[int(classes.classify(pd.DataFrame([record]))[0])].letter


def test_a_category_comes_before_any_distance() -> None:
    """One NaN decides the class of its binade; edges belong to the better class; subnormals count last."""
    assert classified(worst_ulp=0.5) == "a"
    assert classified(worst_ulp=0.500001) == "b"
    assert classified(worst_ulp=1e9) == "g"
    assert classified(worst_ulp=0.5, zero=1) == "Z"
    assert classified(worst_ulp=0.5, zero=1, nan=1) == "N"
    assert classified(subnormal=8, flushed=8) == "w"
    assert classified(subnormal=8, strict_ulp=0.5, contracted_ulp=0.5) == "s"
    assert classified(subnormal=8, strict_ulp=9.0, contracted_ulp=9.0) == "x"
    assert classified() == "o"


def test_what_was_not_computed_is_hatched(tmp_path: Path) -> None:
    """Binades without a record are separate segments."""
    rows = rows_of(write(tmp_path / "x.parquet", records(("relu",), ("torch",), binades=range(100, 120))))
    segments = runs.runs(runs.columns(rows[rows["direction"] == "forward"]), "float32")

    assert [(run.start, run.length) for run in segments if run.letter == "-"] == [(0, 356), (376, 136)]


def test_a_tooltip_names_its_figures(tmp_path: Path) -> None:
    """A run has the figures of its worst binade by the names of the records, and none that is 0."""
    edited = records(("tanh",), ("torch",), binades=[130, 131])
    figures = {"worst_ulp": 0.75, "worst_bits": 7, "worst_got": 2.0, "worst_truth": math.inf, "nan": 3, "nan_bits": 9}
    edited[0] = Record(**{**vars(edited[0]), **figures, "not_monotone": 0})
    rows = rows_of(write(tmp_path / "x.parquet", edited))
    first, nan, *_ = runs.runs(runs.columns(rows[rows["direction"] == "forward"]), "float32")

    assert (first.letter, first.tip) == ("-", {})
    assert nan.tip == figures | {"worst_truth": "inf"}
    assert runs.table([first, nan]) == {
        "start": [0, 386],
        "letter": "-N",
        **{name: {1: value} for name, value in nan.tip.items()},
    }


def test_sampled_figures_say_so_everywhere(tmp_path: Path) -> None:
    """Sampled figures are marked as lower bounds in page and Markdown; a complete record takes precedence."""
    write(tmp_path / "coarse.parquet", records(("relu",), ("torch",), stride=64))
    assert command(tmp_path) == 0
    for name in ("accuracy.html", "accuracy.md"):
        assert "lower bound, every 64th input" in (tmp_path / name).read_text()
    assert "≥" in (tmp_path / "accuracy.md").read_text()

    write(tmp_path / "fine.parquet", records(("relu",), ("torch",)))
    assert command(tmp_path) == 0
    assert "lower bound, every" not in (tmp_path / "accuracy.html").read_text()


def test_a_subject_is_the_sum_and_the_maximum_of_its_binades(atlas_folder: Path) -> None:
    """Counts are added, and the worst error comes with its own input."""
    rows = rows_of(atlas_folder)
    tanh = rows[(rows["activation"] == "tanh") & (rows["direction"] == "forward") & (rows["column"] == "torch")]
    (subject,) = (
        s for s in atlas.plain(subjects.subjects(rows)) if (s["activation"], s["direction"], s["column"]) == TANH
    )

    assert subject["inputs"] == tanh["inputs"].sum() == 2**32
    assert subject["worst_ulp"] == tanh["worst_ulp"].max()
    assert subject["worst_bits"] == tanh["worst_bits"][tanh["worst_ulp"] == tanh["worst_ulp"].max()].iloc[0]
    assert subject["complete"]


def test_failures_are_groups_with_an_input(atlas_folder: Path) -> None:
    """The made-up tail of gelu has zeros on torch, NaN on TensorFlow and wrong signs on JAX, with their shares."""
    listed = failures.failures(subjects.subjects(rows_of(atlas_folder)))
    kinds = {
        (group.column, group.kind): group
        for group in listed
        if group.activation == "gelu" and group.direction == "forward"
    }

    assert {("torch", "zero"), ("tensorflow", "nan"), ("jax", "sign")} <= set(kinds)
    assert kinds["torch", "zero"].share == pytest.approx(kinds["torch", "zero"].inputs / 2**32)
    x = kinds["torch", "zero"].x
    assert x is not None
    assert x < 0


def test_the_two_weightings_rank_apart(tmp_path: Path) -> None:
    """Errors where most bit patterns are put one backend last, errors near 1 the other."""
    original = records(("relu",), ("torch", "jax"), binades=[130, 200, 201])
    buckets = (100, 0, 50, 0, 0, 0, 0)
    edits: dict[tuple[str, int], dict[str, Any]] = {
        ("torch", 200): {"buckets": buckets},
        ("torch", 201): {"buckets": buckets},
        ("jax", 130): {"normal_over": 0.2},
    }
    plain: dict[str, Any] = {"buckets": (150, 0, 0, 0, 0, 0, 0), "normal_over": 0.0, "normal_mass": 0.3}
    changed = [Record(**{**vars(r), **plain, **edits.get((r.backend, r.binade), {})}) for r in original]
    table = subjects.subjects(rows_of(write(tmp_path / "x.parquet", changed)))
    forward = table[table["direction"] == "forward"]

    assert [r.column for r in rankings.ranking(forward, "over")] == ["jax", "torch"]
    assert [r.column for r in rankings.ranking(forward, "over_normal")] == ["torch", "jax"]


@pytest.mark.parametrize(
    ("name", "forward", "backward"),
    [("tanh", "odd", "even"), ("linear", "odd", "even"), ("gelu", "", ""), ("sigmoid", "", "even"), ("relu", "", "")],
)
def test_parity_is_read_off_exact_values(name: str, forward: str, backward: str) -> None:
    """Odd functions have even derivatives; sigmoid has only an even derivative."""
    assert agreement.parity(parse_variant(name), "forward") == forward
    assert agreement.parity(parse_variant(name), "backward") == backward


def test_broken_symmetry_is_counted(tmp_path: Path) -> None:
    """One mirrored binade with another digest is counted."""
    edited = records(("tanh",), ("torch",))
    edited[300] = Record(**{**vars(edited[300]), "magnitude_digest": "other"})
    (setting,) = atlas.settings(rows_of(write(tmp_path / "x.parquet", edited)))
    asymmetries = {a.direction: a for a in agreement.asymmetries(setting)}

    assert (asymmetries["forward"].binades, asymmetries["forward"].differ) == (255, 1)
    assert asymmetries["backward"].differ == 0


def test_agreement_counts_equal_digests(setting: atlas.Setting) -> None:
    """The made-up backends agree nowhere; each agrees with itself everywhere."""
    assert all(pair.same == 0 for pair in agreement.pairs(setting))
    torch = setting.rows[setting.rows["column"] == "torch"]
    itself = agreement.compare(torch, torch, "torch", "torch")
    assert itself.binades == itself.same == len(torch)


def test_a_slope_outside_of_the_valid_stands_out(setting: atlas.Setting) -> None:
    """relu'(0) may be 0 to 1; the sample's derivative at infinity, infinity, is wrong."""
    assert conventions.between(conventions.valid("relu", "backward", 0.0)) == "0 to 1"
    assert conventions.valid("relu", "forward", float("-inf")) == (0.0, 0.0)
    assert conventions.is_valid(0.5, (0.0, 1.0), "float32")
    assert not conventions.is_valid(2.0, (0.0, 1.0), "float32")
    rows = conventions.rows(setting)
    backward = rows[(rows["activation"] == "relu") & (rows["x"] == math.inf) & (rows["direction"] == "backward")]
    assert (backward[[f"{column} mark" for column in setting.columns]] == "fault").to_numpy().any()


def test_other_bits_of_the_same_input_are_told(tmp_path: Path, capsys: Any) -> None:
    """Two records of one key with different digests are reported as not deterministic."""
    originals = records(("relu",), ("torch",))
    write(tmp_path / "a.parquet", originals)
    write(tmp_path / "b.parquet", [Record(**{**vars(originals[7]), "digest": "other"})])

    assert command(tmp_path) == 0
    assert "Computed again with other bits: torch-relu-forward-float32-eager" in " ".join(
        capsys.readouterr().out.split()
    )


def test_markup_in_a_record_stays_text(tmp_path: Path) -> None:
    """Names from a file are escaped in the page."""
    hostile = records(("</script><b>x",), ("torch",), binades=range(5), version="<i>", build="<u>")
    write(tmp_path / "x.parquet", hostile)

    assert command(tmp_path) == 0
    page = (tmp_path / "accuracy.html").read_text()
    assert not any(mark in page for mark in ("</script><b>", "<i>", "<u>"))


@pytest.mark.parametrize("content", ["none", "text", "columns", "missing", "dtype"])
def test_what_cannot_be_read_is_one_line(tmp_path: Path, content: str, capsys: Any) -> None:
    """The exit status is 2, and one line names the fault."""
    path = tmp_path / "x.parquet"
    if content == "text":
        path.write_text("no Parquet")
    if content == "columns":
        pd.DataFrame({"a": [1]}).to_parquet(path)
    if content == "dtype":
        write(path, [Record(**{**vars(records(("relu",), ("torch",), binades=[1])[0]), "dtype": "int8"})])
    argument = tmp_path / "nothing" if content == "missing" else tmp_path

    assert command(argument) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize("bug", bugs.read_bugs(), ids=lambda bug: bug.id)
def test_the_exact_value_of_a_bug_is_exact(bug: bugs.Bug) -> None:
    """Interval arithmetic gives the same nine digits, and the script shows something else."""
    function, x = truth.value if bug.direction == "forward" else truth.slope, float.fromhex(bug.x)
    exact = x if math.isnan(x) else float(function(parse_variant(bug.activation), x))

    assert f"{exact:.9g}" == bug.exact
    assert f"{float(bug.printed):.9g}" != bug.exact
    assert bug.reason


def test_the_sample_is_the_same_every_time() -> None:
    """The sample is seeded by the subjects' names."""
    assert repr(records(("tanh",), ("jax",))) == repr(sample_atlas.records(("tanh",), ("jax",)))
