"""Portraits: what is measured of a known function, what NumPy gives, and what becomes of failures."""

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
from bench.portrait import command, guide, measure, native, store, worker
from bench.portrait.subject import ROWS, Values, kinks, subject
from reports.cards import exact

ROOT = Path(__file__).parents[2]
TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "float32": np.float32, "float64": np.float64}


def step(at: float) -> Callable[[Values], Values]:
    """The slope of a function that is level beyond `at` on both sides."""
    return lambda x: (np.abs(x) < at).astype(float)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("bound", [math.pi, 1.0, 1e-3])
def test_the_vanishing_point_is_found_to_the_last_bit(dtype: str, sign: float, bound: float) -> None:
    """The least number of the format at which, and beyond which, the slope is zero."""
    found = measure.vanished(step(bound), dtype, sign)["from"]
    below = np.nextafter(TYPES[dtype](found), TYPES[dtype](0))

    assert float(below) < bound <= found
    assert found == float(TYPES[dtype](found))


def test_a_side_without_any_slope_and_one_that_ends_in_none() -> None:
    """All zero is told as such; a last slope that is not zero, or NaN, leaves no point."""
    nothing = {"from": None, "nan_from": None, "last": 1.0, "whole": False}
    assert measure.vanished(np.ones_like, "float32", 1.0) == nothing
    assert measure.vanished(np.zeros_like, "float32", -1.0) == nothing | {"from": 0.0, "last": 0.0, "whole": True}
    assert measure.vanished(lambda x: x * math.nan, "float64", 1.0) == nothing | {"nan_from": 0.0, "last": "nan"}


def test_zeros_that_end_in_nan_are_told_beside_it() -> None:
    """From where on slopes are zero, and from where on they are NaN."""

    def overflowing(x: Values) -> Values:
        return np.where(x > 1e19, math.nan, (x < 3).astype(float))

    found = measure.vanished(overflowing, "float32", 1.0)

    assert found["from"] == 3.0
    assert found["nan_from"] == float(np.nextafter(np.float32(1e19), np.float32(math.inf)))


def test_draws_are_those_of_a_standard_normal() -> None:
    """Symmetric, of unit variance to within what the two cut tails weigh, and half of them negative."""
    x = measure.normal()

    assert (x == -x[::-1]).all()
    assert abs(x.std() - 1) < 1e-5
    assert (x < 0).mean() == 0.5


def test_a_portrait_of_numpy() -> None:
    """relu6: level at both ends, kinks at 0 and 6 with slope 0, half of the inputs dead."""
    own = worker.portrait("numpy", find("relu6").variants[0])
    json.dumps(own, allow_nan=False)
    at = {str(point["x"]): (point["value"], point["slope"]) for point in own["points"]["at"]}
    curve = dict(zip(own["curve"]["x"], own["curve"]["slope"], strict=True))

    assert at["6.0"] == (6.0, 0.0)
    assert at["nan"][0] == "nan"
    assert own["points"]["at"][0]["value_alone"] == 6.0
    assert at["-inf"] == (0.0, 0.0)
    assert {0.0, 6.0}.isdisjoint(curve)
    assert {curve[-1.0], curve[7.0]} == {0.0}
    assert curve[3.0] == 1.0
    assert own["normal"]["dead"] == pytest.approx(0.5, abs=1e-6)
    gone = {(v["dtype"], v["side"]): (v["from"], v["whole"]) for v in own["vanished"]}
    assert gone["float32", "positive"] == (6.0, False)
    assert gone["float64", "negative"] == (0.0, True)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax", "glu"])
def test_rows_are_portrayed_along_one_entry(name: str) -> None:
    """Value and slope are those of the exact function of that entry, and kinks are where the slope jumps."""
    variant = find(name).variants[0]
    x = np.array([-2.0, -0.25, 0.5, 3.0])
    own = subject("numpy", variant)

    assert own.values(x) == pytest.approx([float(exact.along(variant, v)) for v in x], rel=1e-6)
    assert own.slopes(x) == pytest.approx([exact.slope(variant, v) for v in x], rel=1e-5)
    for kink in kinks(variant):
        before, after = (exact.slope(variant, kink + off) for off in (-1e-6, 1e-6))
        assert abs(before - after) > 0.1
    assert variant.activation.kind in ROWS


def test_calls_of_frameworks_are_of_the_catalogue() -> None:
    """No name is misspelled, and what is passed to agree with Keras is something."""
    for calls in native.table().values():
        for name, call in calls.items():
            assert find(name).name == name
            assert call.spelled(as_keras=True).startswith(f"{call.name}(x")


def test_a_default_that_differs_is_found() -> None:
    """By trying: here NumPy's exp where tanh is asked for."""
    variant = find("tanh").variants[0]
    own = subject("numpy", variant)
    assert native.native(own, variant, "numpy")["differs"] is False

    calls = {"numpy": {"tanh": native.Native("numpy.exp")}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "table", lambda: calls)
        found = native.native(own, variant, "numpy")

    assert found["differs"]
    assert not found["same_as_keras"]
    assert found["at"]["x"] == 6.0


def test_what_fails_has_a_reason_and_no_number() -> None:
    """Of a part, and of what a backend does not have."""

    def broken() -> Any:
        raise ValueError("it broke\nsomewhere")

    def absent() -> Any:
        raise NotImplementedError("it has none")

    assert worker.attempted(broken) == {"status": "error", "reason": "it broke"}
    assert worker.attempted(absent) == {"status": "unsupported", "reason": "it has none"}


def test_a_worker_that_dies_costs_one_portrait(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was at has the reason; the others are portrayed by another worker."""

    def die_at_gelu(_backend: str, ids: list[str], _python: str, place: Path) -> str:
        with (place / "portraits.jsonl").open("a") as file:
            for name in ids[: ids.index("gelu") if "gelu" in ids else None]:
                file.write(json.dumps({"id": name, "curve": {"status": "ok"}}) + "\n")
        return "the worker was ended by SIGSEGV"

    monkeypatch.setattr(command, "run_worker", die_at_gelu)
    found = command.portraits("numpy", ["relu", "gelu", "tanh"], sys.executable)

    assert list(found) == ["relu", "gelu", "tanh"]
    assert command.faults_of(found) == ["gelu: the worker was ended by SIGSEGV"]


def test_a_worker_that_never_starts_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a few times; every variant has a reason."""
    monkeypatch.setattr(command, "run_worker", lambda *_: "no such library")
    found = command.portraits("numpy", [f"v{n}" for n in range(9)], sys.executable)

    assert len(command.faults_of(found)) == len(found) == 9
    assert found["v8"]["reason"] == "given up: no such library"


def test_portraits_of_one_version_stand_together(tmp_path: Path) -> None:
    """Another variant is added; another version starts anew; no scratch file stays."""
    about = dict.fromkeys(store.ABOUT, "") | {"backend": "numpy", "version": "1", "time": ""}
    store.keep(tmp_path, about, {"relu": {}})
    target = store.keep(tmp_path, about, {"gelu": {}})
    both = store.known(target)
    store.keep(tmp_path, about | {"version": "2"}, {"tanh": {}})
    last = store.known(target)

    assert both is not None
    assert last is not None
    assert [*both["portraits"]] == ["relu", "gelu"]
    assert [*last["portraits"]] == ["tanh"]
    assert [path.name for path in tmp_path.iterdir()] == ["numpy.json"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m bench.portrait`."""
    command = [sys.executable, "-m", "bench.portrait", *arguments]
    variables = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_portrays_in_a_process_of_its_own(tmp_path: Path) -> None:
    """One file per backend, with the version; the guide's calls are in it whatever was asked for."""
    done = run("--backend", "numpy", "--activation", "relu,threshold", "--store", str(tmp_path))
    found = json.loads((tmp_path / "numpy.json").read_text())

    assert done.returncode == 0, done.stderr
    assert found["version"] == np.__version__
    assert [*found["portraits"]] == ["relu", "threshold", guide.ID]
    assert str(tmp_path / "numpy.json") in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--backend", "nope"), "unknown backend 'nope' (choose from numpy"),
        (("--activation", "nope"), "unknown activation 'nope' (choose from relu"),
        (("--interpreter", "numpy=/nope"), "no interpreter at '/nope'"),
        (("--nope",), "No such option"),
    ],
)
def test_a_bad_option_is_one_line(arguments: tuple[str, ...], named: str) -> None:
    """Which names the fault and the choices; the status is 2."""
    done = run(*arguments)

    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert named in done.stderr


def test_what_fails_in_a_list_is_a_fault_too() -> None:
    """A sum of the guide's, a vanishing point: the command says so and ends with 1."""
    bad = {"status": "error", "reason": "out of luck"}
    found: dict[str, dict[str, Any]] = {
        "relu": {"id": "relu", "vanished": [bad], "kinks": [0.0]},
        guide.ID: {"id": guide.ID, "sums": [bad]},
    }

    assert command.faults_of(found) == ["relu: out of luck", "guide: out of luck"]
