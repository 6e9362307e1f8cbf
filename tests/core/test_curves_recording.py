"""Curves: measurements of a known function, those of NumPy, and the treatment of failures."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from backends.activation import find
from bench.curves import command, guide, measure, native, store, worker
from bench.curves.subject import ROWS, Values, kinks, subject
from reports.cards import exact

ROOT = Path(__file__).parents[2]
TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32, "float64": np.float64}


def step(bound: float) -> Callable[[Values], Values]:
    """Return the derivative of a function that is constant beyond `bound` on both sides."""
    return lambda x: (np.abs(x) < bound).astype(float)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("bound", [math.pi, 1.0, 1e-3])
def test_the_vanishing_point_is_found_to_the_last_bit(dtype: str, sign: float, bound: float) -> None:
    """The point is the least number of the format at and beyond which the derivative is zero."""
    point = measure.vanished(step(bound), dtype, sign)["from"]
    below = np.nextafter(TYPES[dtype](point), TYPES[dtype](0))

    assert float(below) < bound <= point
    assert point == float(TYPES[dtype](point))


def test_a_side_without_any_slope_and_one_that_ends_in_none() -> None:
    """A side of zeros is marked as whole; a last derivative that is not zero, or NaN, leaves no point."""
    nothing = {"from": None, "nan_from": None, "last": 1.0, "whole": False}
    assert measure.vanished(np.ones_like, "float32", 1.0) == nothing
    assert measure.vanished(np.zeros_like, "float32", -1.0) == nothing | {"from": 0.0, "last": 0.0, "whole": True}
    assert measure.vanished(lambda x: x * math.nan, "float64", 1.0) == nothing | {"nan_from": 0.0, "last": "nan"}


def test_zeros_that_end_in_nan_are_told_beside_it() -> None:
    """Both are reported: from where on derivatives are zero, and from where on they are NaN."""

    def overflowing(x: Values) -> Values:
        return np.where(x > 1e19, math.nan, (x < 3).astype(float))

    points = measure.vanished(overflowing, "float32", 1.0)

    assert points["from"] == 3.0
    assert points["nan_from"] == float(np.nextafter(np.float32(1e19), np.float32(math.inf)))


def test_draws_are_those_of_a_standard_normal() -> None:
    """The draws are symmetric, half of them negative, with unit variance but for the two cut tails."""
    x = measure.normal()

    assert (x == -x[::-1]).all()
    assert abs(x.std() - 1) < 1e-5
    assert (x < 0).mean() == 0.5


def test_the_curves_of_numpy() -> None:
    """relu6 is constant at both ends, has kinks at 0 and 6 with derivative 0, and half of the inputs are dead."""
    variant = worker.record_variant("numpy", find("relu6").variants[0])
    json.dumps(variant, allow_nan=False)
    results = {str(point["x"]): (point["value"], point["derivative"]) for point in variant["points"]["at"]}
    curve = dict(zip(variant["curve"]["x"], variant["curve"]["derivative"], strict=True))

    assert results["6.0"] == (6.0, 0.0)
    assert results["nan"][0] == "nan"
    assert variant["points"]["at"][0]["value_alone"] == 6.0
    assert results["-inf"] == (0.0, 0.0)
    assert {0.0, 6.0}.isdisjoint(curve)
    assert {curve[-1.0], curve[7.0]} == {0.0}
    assert curve[3.0] == 1.0
    assert variant["normal"]["dead"] == pytest.approx(0.5, abs=1e-6)
    vanishing_points = {(v["dtype"], v["side"]): (v["from"], v["whole"]) for v in variant["vanished"]}
    assert vanishing_points["float32", "positive"] == (6.0, False)
    assert vanishing_points["float64", "negative"] == (0.0, True)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax", "glu"])
def test_rows_are_recorded_along_one_entry(name: str) -> None:
    """Value and derivative are those of the exact function of that entry, and kinks are where the derivative jumps."""
    variant = find(name).variants[0]
    x = np.array([-2.0, -0.25, 0.5, 3.0])
    row_subject = subject("numpy", variant)

    assert row_subject.values(x) == pytest.approx([float(exact.along(variant, v)) for v in x], rel=1e-6)
    assert row_subject.derivatives(x) == pytest.approx([exact.derivative(variant, v) for v in x], rel=1e-5)
    for kink in kinks(variant):
        before, after = (exact.derivative(variant, kink + off) for off in (-1e-6, 1e-6))
        assert abs(before - after) > 0.1
    assert variant.activation.kind in ROWS


def test_calls_of_frameworks_are_of_the_catalogue() -> None:
    """Every name is in the catalogue, and every call with Keras' parameters can be written."""
    for calls in native.table().values():
        for name, call in calls.items():
            assert find(name).name == name
            assert call.format_call(as_keras=True).startswith(f"{call.name}(x")


def test_a_default_that_differs_is_found() -> None:
    """A differing default is found by computing: here NumPy's exp in place of tanh."""
    variant = find("tanh").variants[0]
    tanh = subject("numpy", variant)
    assert native.native(tanh, variant, "numpy")["differs"] is False

    calls = {"numpy": {"tanh": native.Native("numpy.exp")}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "table", lambda: calls)
        comparison = native.native(tanh, variant, "numpy")

    assert comparison["differs"]
    assert not comparison["same_as_keras"]
    assert comparison["at"]["x"] == 6.0


def test_what_fails_has_a_reason_and_no_number() -> None:
    """A failed part and an unsupported one have a status and a reason."""

    def broken() -> Any:
        raise ValueError("it broke\nsomewhere")

    def absent() -> Any:
        raise NotImplementedError("it has none")

    assert worker.attempt(broken) == {"status": "error", "reason": "ValueError: somewhere"}
    assert worker.attempt(absent) == {"status": "unsupported", "reason": "it has none"}


def test_a_worker_that_dies_costs_one_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variant in progress gets the reason, and another worker measures the others."""

    def die_at_gelu(_backend: str, ids: list[str], _python: str, place: Path) -> str:
        with (place / "curves.jsonl").open("a") as file:
            for name in ids[: ids.index("gelu") if "gelu" in ids else None]:
                file.write(json.dumps({"id": name, "curve": {"status": "ok"}}) + "\n")
        return "the worker was ended by SIGSEGV"

    monkeypatch.setattr(command, "run_worker", die_at_gelu)
    curves = command.measure("numpy", ["relu", "gelu", "tanh"], sys.executable)

    assert list(curves) == ["relu", "gelu", "tanh"]
    assert command.faults_of(curves) == ["gelu: the worker was ended by SIGSEGV"]


def test_a_worker_that_never_starts_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command gives up after a few attempts, and every variant has a reason."""
    monkeypatch.setattr(command, "run_worker", lambda *_: "no such library")
    curves = command.measure("numpy", [f"v{n}" for n in range(9)], sys.executable)

    assert len(command.faults_of(curves)) == len(curves) == 9
    assert curves["v8"]["reason"] == "given up: no such library"


def test_curves_of_one_version_stand_together(tmp_path: Path) -> None:
    """Another variant is added, another version starts a new file, and no scratch file stays."""
    about = dict.fromkeys(store.ABOUT, "") | {"backend": "numpy", "version": "1", "time": ""}
    store.keep(tmp_path, about, {"relu": {}})
    target = store.keep(tmp_path, about, {"gelu": {}})
    first_store = store.read_file(target)
    store.keep(tmp_path, about | {"version": "2"}, {"tanh": {}})
    last = store.read_file(target)

    assert first_store is not None
    assert last is not None
    assert [*first_store["curves"]] == ["relu", "gelu"]
    assert [*last["curves"]] == ["tanh"]
    assert [path.name for path in tmp_path.iterdir()] == ["numpy.json"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m bench curves` and return its result."""
    command = [sys.executable, "-m", "bench", "curves", *arguments]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_records_in_a_process_of_its_own(tmp_path: Path) -> None:
    """There is one file for each backend, with the version; the guide's calls are always in it."""
    result = run("--backend", "numpy", "--activation", "relu,threshold", "--store", str(tmp_path))
    content = json.loads((tmp_path / "numpy.json").read_text())

    assert result.returncode == 0, result.stderr
    assert content["version"] == np.__version__
    assert [*content["curves"]] == ["relu", "threshold", guide.ID]
    assert str(tmp_path / "numpy.json") in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--backend", "nope"), "unknown backend 'nope' (choose from numpy"),
        (("--activation", "nope"), "unknown activation 'nope' (choose from relu"),
        (("--interpreter", "numpy=/nope"), "no interpreter at '/nope'"),
        (("--nope",), "No such option"),
    ],
)
def test_a_bad_option_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    """The line names the fault and the choices; the status is 2."""
    result = run(*arguments)

    assert result.returncode == 2
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert message in result.stderr


def test_what_fails_in_a_list_is_a_fault_too() -> None:
    """Failures in the guide's sums and in vanishing points are faults of the command."""
    failure = {"status": "error", "reason": "out of luck"}
    curves: dict[str, dict[str, Any]] = {
        "relu": {"id": "relu", "vanished": [failure], "kinks": [0.0]},
        guide.ID: {"id": guide.ID, "sums": [failure]},
    }

    assert command.faults_of(curves) == ["relu: out of luck", "guide: out of luck"]
