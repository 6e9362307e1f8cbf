"""The ratchet, and what the recorded figures of our own code must be."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests import budgets
from tests.budgets import Budget, Figures, Setting

SETTING = Setting("1.2", "avx512", "Maker")
FIGURES: Figures = {"b value": {"ulp": 2.5, "zero": 3.0}, "a value": {"ulp": 1 / 3, "nan": 0.0}}
GOALS = {"value": 4.0, "slope": 8.0}
HALF_GOAL = 1.0
"""Ulp over 1 + condition number; float16 and bfloat16 are computed in float32 and rounded once."""
WRONG = ("nan", "infinite", "zero", "sign", "nonzero")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A recorded budget."""
    budget = budgets.load(tmp_path / "sweep.json", SETTING)
    budget.settle(FIGURES)
    budget.record()
    return tmp_path / "sweep.json"


def found(path: Path, setting: Setting = SETTING, **changed: float) -> list[str]:
    """What is said of the same figures with a few of `b value` changed."""
    return budgets.load(path, setting).settle(FIGURES | {"b value": FIGURES["b value"] | changed})


def test_file(path: Path) -> None:
    """One key a line, sorted, zeros left out, and the same bytes when nothing has changed."""
    before = path.read_text()
    budget = budgets.load(path, SETTING)

    assert before.splitlines()[2:4] == ['"a value": {"ulp": 0.33333333},', '"b value": {"ulp": 2.5, "zero": 3.0}']
    assert budget.settle(FIGURES) == []
    assert budget.gone() == []
    budget.record()
    assert path.read_text() == before


def test_worse_and_better_fail(path: Path) -> None:
    """Where it was recorded either is told, with what was recorded and what was found."""
    assert found(path) == []
    assert found(path, ulp=2.6) == ["b value: ulp is worse, recorded 2.5, found 2.6"]
    assert found(path, zero=2) == ["b value: zero is better, recorded 3, found 2"]
    assert found(path, sign=1) == ["b value: sign is worse, recorded 0, found 1"]
    assert found(path, ulp=float("nan")) == ["b value: ulp is worse, recorded 2.5, found nan"]


@pytest.mark.parametrize("change", [{"version": "1.3"}, {"instruction_set": "avx2"}, {"vendor": "Other"}])
def test_elsewhere_only_worse_fails(path: Path, change: dict[str, str]) -> None:
    """Another version, instruction set or maker: better passes, and so does what is a little worse."""
    other = replace(SETTING, **change)

    assert found(path, other, ulp=0.5) == found(path, other, ulp=3.5) == []
    assert found(path, other, ulp=5.0) == ["b value: ulp is worse, recorded 2.5, found 5"]
    assert found(path, other, nan=1) == ["b value: nan is worse, recorded 0, found 1"]


def test_unknown_key(path: Path) -> None:
    """What nothing is recorded for fails; what was recorded and is gone is told."""
    budget = budgets.load(path, SETTING)

    assert budget.settle({"c value": {"ulp": 1.0}}) == ["c value: nothing recorded, found ulp 1"]
    assert budget.gone() == ["b value: recorded, found nowhere", "a value: recorded, found nowhere"][::-1]


def test_a_part_is_recorded_beside_the_rest(path: Path) -> None:
    """After some of the tests alone, the others' figures stay; those of another setting do not."""
    for setting, keys in ((SETTING, ["a value", "b value"]), (replace(SETTING, version="2"), ["a value"])):
        budget = budgets.load(path, setting)
        budget.settle({"a value": {"ulp": 0.25}})
        budget.record()

        assert list(json.loads(path.read_text())["figures"]) == keys


def recorded(sweep: str) -> Budget:
    """Of the NumPy backend."""
    return budgets.load(budgets.FOLDER / f"{sweep}-numpy.json", SETTING)


@pytest.mark.parametrize("sweep", ["rows", "float64"])
def test_our_own_code_is_within_its_goals(sweep: str) -> None:
    """NumPy: nothing categorically wrong, 4 ulp and 8 for slopes times 1 + condition, 1 in half precision."""
    figures = recorded(sweep).recorded
    assert figures
    for key, each in figures.items():
        _, direction, dtype, *_ = key.split(" ")
        goal = HALF_GOAL if dtype in ("float16", "bfloat16") else GOALS[direction]
        assert not set(each) & set(WRONG), key
        assert each.get("scaled", 0.0) <= goal, key
