"""Fixtures that install the dummy backend as a separate package and run the command with it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.selfcheck import plugin

ROOT = Path(__file__).parent.parent.parent
# a shell starts background jobs with interrupts ignored, and commands under test would inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Bench:
    """The command `python -m bench` with a dummy backend and a temporary results folder."""

    site: Path
    results: Path
    variables: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ("-m", "bench")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the command."""
        return subprocess.Popen(
            [sys.executable, *self.prefix, "--no-report", "--results", str(self.results), *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{self.site}", **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, **variables: str) -> "CommandResult":
        """Run the command and return its result."""
        self.variables = variables
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate(timeout=300)  # a comparison with its report took 80 s on two quiet cores
            except BaseException:
                process.send_signal(signal.SIGTERM)
                raise
        return CommandResult(process.returncode, out, err, self.results)

    def small(self, *arguments: str, **variables: str) -> "CommandResult":
        """Measure relu and linear on the dummy backend with the smoke profile."""
        return self("--backend", "dummy", "--activation", "relu,linear", "--profile", "smoke", *arguments, **variables)


@dataclass
class CommandResult:
    """The exit status and output of a finished command, and the folder of its results."""

    status: int
    out: str
    err: str
    results: Path

    @property
    def folder(self) -> Path:
        """The folder of the only run."""
        (run,) = self.results.iterdir()
        return run

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records of the only run, without those of twins."""
        return [row for row in map(json.loads, self.lines) if not row["twin"]]

    @property
    def lines(self) -> list[str]:
        """The lines of the only run's records."""
        return (self.folder / "records.jsonl").read_text().splitlines()

    def record(self, label: str, mode: str = "eager", direction: str = "forward") -> dict[str, Any]:
        """Return the record of one case in the first replicate; a failure is recorded there too."""
        values = (label, mode, direction)
        keys = ("label", "mode", "direction")
        (row,) = (r for r in self.records if tuple(r["case"][k] for k in keys) == values and not r["replicate"])
        return row


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of installed packages that contains the dummy backend."""
    return plugin.install(tmp_path_factory.mktemp("packages") / "site", "dummy", "tests.core.dummy_backend")


@pytest.fixture
def bench(site: Path, tmp_path: Path) -> Bench:
    """Return the command, with nothing measured yet."""
    return Bench(site, tmp_path / "results")
