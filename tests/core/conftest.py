"""The dummy backend, installed as a package of its own would be, and the command run with it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench import plugin

ROOT = Path(__file__).parent.parent.parent
# a shell starts background jobs deaf to interrupts, and commands under test would inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass
class Bench:
    """`python -m bench` with a dummy backend, its results in a folder of their own."""

    site: Path
    results: Path
    variables: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ("-m", "bench")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command, running."""
        return subprocess.Popen(
            [sys.executable, *self.prefix, "--no-report", "--results", str(self.results), *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{self.site}", **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, **variables: str) -> "Ended":
        """The command to its end."""
        self.variables = variables
        with self.start(*arguments) as process:
            try:
                out, err = process.communicate(timeout=300)  # a comparison with its report took 80 s on two quiet cores
            except BaseException:
                process.send_signal(signal.SIGTERM)
                raise
        return Ended(process.returncode, out, err, self.results)

    def small(self, *arguments: str, **variables: str) -> "Ended":
        """Relu and linear on the dummy backend, in the smoke profile."""
        return self("--backend", "dummy", "--activation", "relu,linear", "--profile", "smoke", *arguments, **variables)


@dataclass
class Ended:
    """What the command said, and what it left."""

    status: int
    out: str
    err: str
    results: Path

    @property
    def folder(self) -> Path:
        """Of the only run."""
        (only,) = self.results.iterdir()
        return only

    @property
    def records(self) -> list[dict[str, Any]]:
        """Of the only run."""
        return [json.loads(line) for line in (self.folder / "records.jsonl").read_text().splitlines()]

    def about(self, label: str, mode: str = "eager", direction: str = "forward") -> dict[str, Any]:
        """The record of one case in the first pass, where a failure is recorded too."""
        wanted = (label, mode, direction)
        keys = ("label", "mode", "direction")
        (row,) = (r for r in self.records if tuple(r["case"][k] for k in keys) == wanted and not r["pass_number"])
        return row


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages with the dummy backend's in it."""
    return plugin.install(tmp_path_factory.mktemp("packages") / "site", "dummy", "tests.core.dummy_backend")


@pytest.fixture
def bench(site: Path, tmp_path: Path) -> Bench:
    """The command, with nothing measured yet."""
    return Bench(site, tmp_path / "results")
