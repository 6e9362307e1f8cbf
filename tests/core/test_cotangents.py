"""Infinite and NaN cotangents: the reports show what is recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.core.setting import Setting
from reports.fault import BadRun
from reports.recorded import cotangents
from tests import recorded_tables
from tests.behaviour import Behaviour

PRODUCT = {"-8.0, cotangent inf": ["nan"], "-8.0, cotangent nan": ["nan"]}
MASK = {"-8.0, cotangent inf": ["-0"], "-8.0, cotangent nan": ["0"]}
MIXED = {"-8.0, cotangent inf": ["0"], "-8.0, cotangent nan": ["nan"]}
FINITE = {"0.0": ["0", "1"]}


def read_gradients(folder: Path, **recorded: dict[str, Any]) -> list[cotangents.Gradient]:
    """Return the conventions of some backends as the reports read them."""
    for backend, subjects in recorded.items():
        Behaviour("conventions", backend, Setting("1.0", "release", "amd", "avx2"), subjects).write(folder)
    path = folder / "cotangents.json"
    path.write_text(recorded_tables.text(cotangents.PATH, folder))
    return cotangents.recorded(path)


def test_the_file_is_that_of_the_records() -> None:
    """The committed file is what `python -m tests.recorded_tables` writes."""
    assert cotangents.PATH.read_text() == recorded_tables.text(cotangents.PATH)


def test_activations_with_one_convention_stand_together(tmp_path: Path) -> None:
    """Signs of zeros are ignored, and activations without unbounded cotangents are left out."""
    gradients = read_gradients(
        tmp_path,
        one={"relu": MASK | FINITE, "relu6": MASK, "tanh": FINITE, "elu": MIXED},
        two={"relu": PRODUCT, "relu6": PRODUCT, "elu": PRODUCT},
    )

    assert cotangents.columns(gradients) == ["one 1.0 (release, amd avx2)", "two 1.0 (release, amd avx2)"]
    first, second = cotangents.conventions(gradients)
    assert (first.activations, first.cells) == (("relu", "relu6"), ("0", "NaN"))
    assert (second.activations, second.cells) == (("elu",), ("inf: 0; NaN: NaN", "NaN"))


def test_two_builds_are_two_columns(tmp_path: Path) -> None:
    """Two builds are two columns, even if their settings agree otherwise."""
    for build, result in (("cpu", MASK), ("cu130", PRODUCT)):
        Behaviour("conventions", "one", Setting("1.0", build, "amd", "avx2"), {"relu": result}).write(tmp_path)
    (convention,) = cotangents.conventions(read_gradients(tmp_path))

    assert convention.cells == ("0", "NaN")


def test_inputs_that_differ_are_named(tmp_path: Path) -> None:
    """Inputs on the two sides of an activation with two flat parts are named if their results differ."""
    results = {"-8.0, cotangent inf": ["0"], "8.0, cotangent inf": ["nan"]}
    (convention,) = cotangents.conventions(read_gradients(tmp_path, one={"hard_tanh": results}))

    assert convention.cells == ("0 at -8.0, NaN at 8.0",)


@pytest.mark.parametrize("rows", [[{}], [1], [{"backend": "x"}]])
def test_a_file_that_holds_something_else_is_named(tmp_path: Path, rows: Any) -> None:
    """The error names the file's path."""
    path = tmp_path / "cotangents.json"
    path.write_text(json.dumps({"rows": rows}))

    with pytest.raises(BadRun, match=r"cotangents\.json"):
        cotangents.recorded(path)
