"""The functions for notebooks: what they return, and how the fault of a command reaches the caller."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import altair as alt
import pandas as pd
import pytest

import activation_bench as ab
from activation_bench import api
from reports.data.tidy import COLUMNS
from tests.core.conftest import ROOT

SMALL: dict[str, api.Value] = {"backend": "dummy", "activation": ["relu", "linear"], "direction": "forward"}


@pytest.fixture
def folder(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of commands that find the dummy backend."""
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_is_a_table_and_a_chart(folder: Path) -> None:
    """The table has a row per case, the run is kept in the working directory, and no backend is imported."""
    table = ab.bench(**SMALL, profile="smoke", run="mine")

    assert list(table.columns) == COLUMNS
    assert {"relu", "linear", "copy", "noop"} == set(table["activation"])
    assert (table["status"] == "ok").all()
    assert (folder / "results" / "mine" / "records.jsonl").is_file()

    chart = ab.chart(table)
    assert isinstance(chart, alt.LayerChart)
    assert "relu" in chart.to_json()


def test_a_failed_case_is_a_row(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001  # its folder
    """With its status, without a time, and without an exception."""
    monkeypatch.setenv("DUMMY_FAULT", "value")
    table = ab.bench(**SMALL, profile="smoke", mode="eager").set_index("activation")

    assert table.loc["relu", "status"] == "wrong"
    assert table["seconds"].isna()["relu"]
    assert table.loc["linear", "status"] == "ok"


def test_a_sweep_is_a_table_of_subjects(folder: Path) -> None:
    """A row for each, with its worst error."""
    sweep: dict[str, api.Value] = {"judge": "tests.core.fake_judge", "no_dashboard": True, "dtype": "float16"}
    table = ab.accuracy(**SMALL, **sweep)

    assert set(table["activation"]) == {"relu", "linear"}
    assert table["worst_ulp"].notna().all()
    assert (folder / "results" / "accuracy").is_dir()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"backend": "foo"}, "unknown backend 'foo' (choose from "), ({"nonsense": 1}, "No such option '--nonsense'")],
)
def test_bad_input_is_an_exception(options: dict[str, api.Value], message: str, folder: Path) -> None:
    """It has the line and the exit status of the command."""
    with pytest.raises(ab.CommandFailed) as raised:
        ab.bench(**options)

    assert str(raised.value).startswith(message)
    assert raised.value.status == 2
    assert not (folder / "results").exists()


def test_a_table_of_something_else_is_refused(folder: Path) -> None:  # noqa: ARG001  # its working directory
    """The message names a column that is not there."""
    with pytest.raises(ab.CommandFailed, match="is no table of a report: it lacks run, "):
        ab.chart(pd.DataFrame({"x": [1.0]}))


def test_an_interrupt_is_handed_on(folder: Path) -> None:
    """The run keeps its results, and the caller gets the interrupt."""

    def interrupt() -> None:
        while not list(folder.glob("results/mine/raw/*.log")):
            threading.Event().wait(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        ab.bench(**SMALL, run="mine")
    assert (folder / "results" / "mine" / "plan.json").is_file()


def test_options_are_those_of_the_command_line() -> None:
    """Flags, lists, numbers, repeated pairs, and underscores for dashes."""
    options: dict[str, api.Value] = {"all_cases": True, "list": False, "size": [1000, 1e6], "shard_timeout": 2.5}
    options |= {"interpreter": {"torch": Path("/a"), "jax": "/b"}}

    assert list(api.arguments(options)) == [
        *("--all-cases", "--size=1000,1000000.0", "--shard-timeout=2.5"),
        *("--interpreter=torch=/a", "--interpreter=jax=/b"),
    ]


def test_importing_it_imports_the_standard_library_alone() -> None:
    """The console command imports it, too, and must name a missing package in one line."""
    code = "import activation_bench, sys; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    result = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert not set(result.stdout.split()) & {"bench", "backends", "reports", "numpy", "pandas", "altair", "click"}
