"""The golden files: complete, of the pinned versions and readable; a changed number is noticed."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backends.activation import Variant, find
from tests import golden, probes
from tests.golden import __main__, apart, live, recipe
from tests.golden.signatures import VARIANTS

ROOT = Path(__file__).parents[2]
GELU = find("gelu").variants[0]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a copy of the files that a test may damage."""
    for backend in golden.KERAS_BACKENDS:
        path = golden.path_of(backend)
        (tmp_path / path.name).write_text(path.read_text())
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_every_variant_is_recorded(variant: Variant) -> None:
    """Every Keras backend and dtype is recorded at today's probe points, or with Keras' reason for refusing."""
    stored = golden.read(variant)

    for dtype in golden.DTYPES:
        np.testing.assert_array_equal(stored.inputs[dtype], probes.points(variant, dtype))
        np.testing.assert_array_equal(stored.special.inputs[dtype], probes.special(variant))
        for key in ((backend, dtype) for backend in golden.KERAS_BACKENDS):
            assert (key in stored.values) != (key in stored.refused)
            assert (key in stored.gradients) == (key in stored.values and key[0] != "numpy")


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_lengths_match(variant: Variant) -> None:
    """There is a value for each cotangent and a gradient for each input."""
    stored = golden.read(variant)

    for points in (stored, stored.special):
        for (_, dtype), y in points.values.items():
            assert y.shape == points.cotangents[dtype].shape
        for (_, dtype), dx in points.gradients.items():
            assert dx.shape == points.inputs[dtype].shape


@pytest.mark.parametrize("keras_backend", golden.KERAS_BACKENDS)
def test_versions_are_the_pinned_ones(keras_backend: str) -> None:
    """The files name the versions that made them, which are those of constraints.txt."""
    pins = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line[:40])
    versions = golden.load(golden.path_of(keras_backend))["header"]["versions"]

    assert versions["keras"] == recipe.KERAS
    packages = {"keras", "numpy", recipe.FRAMEWORKS[keras_backend]}
    assert {p: versions[p] for p in packages} == {p: pins[p] for p in packages}


def test_nothing_is_recorded_twice_or_left_over() -> None:
    """The files hold the variants of the catalogue, in its order, and no others."""
    for backend in golden.KERAS_BACKENDS:
        assert list(golden.load(golden.path_of(backend))["variants"]) == [v.id for v in VARIANTS]


def test_keras_backends_apart_is_up_to_date() -> None:
    """The comparison is what the files give."""
    rows = json.loads(apart.PATH.read_text())["rows"]

    assert rows == [json.loads(json.dumps(dataclasses.asdict(line))) for line in apart.lines()]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) // 2], "torch.json: "),
        (lambda _: "[]", "torch.json: not a file of golden values"),
        (lambda text: text.replace('"format": 2', '"format": 1'), "torch.json: format 1, not 2"),
        (lambda text: text.replace("-89.0,", "-89.5,"), "torch.json: gelu in float64: other inputs"),
        (lambda text: text.replace("[-89.0,", '["many",'), "torch.json: gelu in float64: could not convert"),
        (lambda text: text.replace("[-89.0,", "["), "torch.json: gelu in float64: zip"),
    ],
    ids=["truncated", "foreign", "old", "other inputs", "no number", "short line"],
)
def test_a_damaged_file_is_refused_in_one_line(folder: Path, damage: Any, words: str) -> None:
    """The error is one line that names the file and the fault."""
    path = folder / "torch.json"
    path.write_text(damage(path.read_text()))

    with pytest.raises(golden.Damaged) as caught:
        golden.read(GELU, ("jax", "torch"))
    assert str(caught.value).startswith(words)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused_in_one_line(folder: Path) -> None:
    """The error names the missing file."""
    (folder / "jax.json").unlink()

    with pytest.raises(golden.Damaged, match=r"jax\.json"):
        golden.read(GELU)


@pytest.mark.parametrize("exact", [True, False], ids=["exact", "other instruction set"])
@pytest.mark.parametrize("column", ["value", "gradient"])
@pytest.mark.parametrize("dtype", golden.DTYPES)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.id)
def test_a_changed_number_is_noticed(variant: Variant, dtype: str, column: str, exact: bool) -> None:
    """A change by one ulp is noticed where all must be exact, by 1e-5 elsewhere, and a NaN in both cases."""
    stored = live.stored_columns(golden.read(variant), "torch", dtype)
    tampered = {name: array.copy() for name, array in stored.items()}
    with np.errstate(divide="ignore"):  # near 1: neither zero nor subnormal
        where = np.unravel_index(np.nanargmin(np.abs(np.log2(np.abs(stored[column])))), stored[column].shape)

    assert not list(live.differences(stored, tampered, dtype, exact=exact))
    number = np.asarray(stored[column][where], dtype)
    for changed in (np.nextafter(number, np.inf) if exact else number * (1 + 1e-5), np.nan):
        tampered[column][where] = changed
        (difference,) = live.differences(stored, tampered, dtype, exact=exact)
        assert difference.words.startswith(f"{column}: 1 of ")


def test_what_is_written_reads_back_bit_for_bit() -> None:
    """Signed zeros, subnormals, NaN and infinities read back bit for bit from the shortest decimals."""
    for dtype in golden.DTYPES:
        info = np.finfo(dtype)
        x = np.array([-0.0, 0.1, 1 / 3, info.max, info.smallest_subnormal, np.inf, -np.inf, np.nan], dtype)
        read = np.array(json.loads(json.dumps(__main__.numbers(x))), np.float64).astype(dtype)

        np.testing.assert_array_equal(read.view(f"u{x.itemsize}"), x.view(f"u{x.itemsize}"))


def test_the_files_are_what_the_recipe_would_write() -> None:
    """The files equal the text that the recipe writes for the numbers read back, byte for byte."""
    for backend in golden.KERAS_BACKENDS:
        stored = golden.load(golden.path_of(backend))
        sections = {v.id: {d: _section(v, backend, d) for d in golden.DTYPES} for v in VARIANTS}
        made_by = {name: stored["header"][name] for name in ("versions", "setting")}
        written = "\n".join(__main__.lines(backend, made_by, sections)) + "\n"

        assert written == golden.path_of(backend).read_text()


def _section(variant: Variant, backend: str, dtype: str) -> dict[str, Any]:
    stored = golden.read(variant)
    returned = stored.returned[backend, dtype]
    columns = {
        name: [
            array.astype(returned if column == "value" else dtype)
            for column, array in live.stored_columns(points, backend, dtype).items()
        ]
        for name, points in (("points", stored), ("special", stored.special))
    }
    return {"returned": returned, **columns}
