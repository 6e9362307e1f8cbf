"""The layout of a case's elements in rows, and the ids of the usual cases."""

import json
from pathlib import Path

import pytest

from bench.core import results, shapes
from bench.core.cases import Case, Choice, plan


def plan_cases(activation: str, **options: object) -> list[Case]:
    """Return the forward cases of one activation on NumPy, and its copies."""
    choice = Choice(backends=("numpy",), activations=(activation,), directions=("forward",), **options)  # type: ignore[arg-type]
    return [case for case in plan(choice.checked()) if case.activation != "noop"]


@pytest.mark.parametrize(
    ("options", "shape", "identity"),
    [
        ({}, (1000, 1000), "1000000-t1"),
        ({"sizes": (1_000,)}, (1, 1000), "1000-t1"),
        ({"sizes": (500,)}, (1, 500), "500-t1"),
        ({"rows": (1_000,)}, (1000, 1000), "1000000-t1"),
        ({"sizes": (2**20,)}, (1024, 1024), "1048576-t1"),
        ({"sizes": (256,)}, (1, 256), "256-t1"),
        ({"matrices": ((1024, 1024),)}, (1024, 1024), "1048576-t1"),
        ({"rows": (128_256,)}, (7, 128_256), "897792-t1-row128256"),
        ({"rows": (1_024,)}, (976, 1024), "999424-t1-row1024"),
        ({"sizes": (1_000,), "rows": (4_096,)}, (1, 4096), "4096-t1-row4096"),
        ({"matrices": ((4096, 4096),)}, (4096, 4096), "16777216-t1-row4096"),
        ({"matrices": ((2, 1000),)}, (2, 1000), "2000-t1"),
    ],
)
def test_rows_of_softmax(options: dict[str, object], shape: tuple[int, int], identity: str) -> None:
    """A copy has as many elements; the id has the length of a row where it is not the usual one."""
    copy, case = plan_cases("softmax", **options)

    assert case.shape == shape
    assert case.id == f"numpy-softmax-forward-eager-cpu-float32-{identity}"
    assert (copy.is_copy, copy.size) == (True, case.size)


def test_elementwise_activations_are_flat_in_every_shape() -> None:
    """They are measured once for a size, however many lengths of rows are chosen."""
    assert [case.shape for case in plan_cases("relu", matrices=((64, 32),))] == [(2048,), (2048,)]
    assert [case.id for case in plan_cases("relu", rows=(1_024, 4_096))] == [case.id for case in plan_cases("relu")]


def test_two_lengths_at_one_size_are_two_cases_with_two_labels() -> None:
    """Two row lengths of one size have two ids and two labels, so that a table has a line for each."""
    cases = [case for case in plan_cases("softmax", matrices=((1024, 1024), (256, 4096))) if not case.is_copy]

    assert [case.label for case in cases] == ["softmax", "softmax in rows of 4096"]
    assert len({case.id for case in cases}) == len({case.size for case in cases}) + 1 == 2


def test_a_plan_with_shapes_survives_its_file(tmp_path: Path) -> None:
    """The plan is the same after loading, and a plan from before cases had rows can be read."""
    choice = Choice(backends=("numpy",), activations=("softmax",), matrices=((64, 32),))
    results.Plan(choice, plan(choice), (results.Side({}),)).save(tmp_path)
    assert plan(results.Plan.load(tmp_path).choice) == results.Plan.load(tmp_path).cases == plan(choice)

    saved = json.loads((tmp_path / "plan.json").read_text())
    for case in saved["cases"]:
        del case["row"]
    (tmp_path / "plan.json").write_text(json.dumps(saved))
    assert {case.row for case in results.Plan.load(tmp_path).cases} == {0}


@pytest.mark.parametrize(
    "text", ["", "x", "1e", "e3", "-1", "1e99", "2^99", "1.5", "9" * 400, "1e3e3", "٣", "nan", "1T"]
)
def test_what_is_no_number_of_elements_is_none(text: str) -> None:
    """A text that is no number, or more than any memory holds, counts as 0."""
    assert shapes.count(text) == 0


def test_gated_rows_are_halved() -> None:
    """The output of glu is half as long along its axis."""
    _, case = plan_cases("glu", rows=(4_096,))

    assert (case.shape, case.output_shape) == ((244, 4096), (244, 2048))
