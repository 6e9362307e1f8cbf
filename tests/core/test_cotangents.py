"""Infinite and NaN cotangents: what is recorded is what the reports show."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.setting import Setting
from reports import cotangents
from reports.fault import BadRun
from tests import recorded_tables
from tests.behaviour import Behaviour

PRODUCT = {"-8.0, cotangent inf": ["nan"], "-8.0, cotangent nan": ["nan"]}
MASK = {"-8.0, cotangent inf": ["-0"], "-8.0, cotangent nan": ["0"]}
MIXED = {"-8.0, cotangent inf": ["0"], "-8.0, cotangent nan": ["nan"]}
FINITE = {"0.0": ["0", "1"]}


def shown(folder: Path, **recorded: dict[str, Any]) -> list[cotangents.Gradient]:
    """Return what the reports read of the conventions of some backends."""
    for backend, subjects in recorded.items():
        Behaviour("conventions", backend, Setting("1.0", "release", "amd", "avx2"), subjects).write(folder)
    path = folder / "cotangents.json"
    path.write_text(recorded_tables.text(cotangents.PATH, folder))
    return cotangents.recorded(path)


def test_the_file_is_that_of_the_records() -> None:
    """`python -m tests.recorded_tables` writes it anew."""
    assert cotangents.PATH.read_text() == recorded_tables.text(cotangents.PATH)


def test_activations_with_one_convention_stand_together(tmp_path: Path) -> None:
    """A zero's sign is no other convention, and what has no unbounded cotangent is left out."""
    found = shown(
        tmp_path,
        one={"relu": MASK | FINITE, "relu6": MASK, "tanh": FINITE, "elu": MIXED},
        two={"relu": PRODUCT, "relu6": PRODUCT, "elu": PRODUCT},
    )

    assert cotangents.columns(found) == ["one 1.0 (release, amd avx2)", "two 1.0 (release, amd avx2)"]
    first, second = cotangents.conventions(found)
    assert (first.activations, first.cells) == (("relu", "relu6"), ("0", "NaN"))
    assert (second.activations, second.cells) == (("elu",), ("inf: 0; NaN: NaN", "NaN"))


def test_two_builds_are_two_columns(tmp_path: Path) -> None:
    """Whatever else their settings share."""
    for build, result in (("cpu", MASK), ("cu130", PRODUCT)):
        Behaviour("conventions", "one", Setting("1.0", build, "amd", "avx2"), {"relu": result}).write(tmp_path)
    (only,) = cotangents.conventions(shown(tmp_path))

    assert only.cells == ("0", "NaN")


def test_inputs_that_differ_are_named(tmp_path: Path) -> None:
    """On either side of an activation with two flat parts."""
    both = {"-8.0, cotangent inf": ["0"], "8.0, cotangent inf": ["nan"]}
    (only,) = cotangents.conventions(shown(tmp_path, one={"hard_tanh": both}))

    assert only.cells == ("0 at -8.0, NaN at 8.0",)


@pytest.mark.parametrize("rows", [[{}], [1], [{"backend": "x"}]])
def test_a_file_that_holds_something_else_is_named(tmp_path: Path, rows: Any) -> None:
    """With its path."""
    path = tmp_path / "cotangents.json"
    path.write_text(json.dumps({"rows": rows}))

    with pytest.raises(BadRun, match=r"cotangents\.json"):
        cotangents.recorded(path)
