"""Reports are written by a process of their own, `python -m reports`: `reports` may import `bench`, not the reverse."""

import importlib.util
import os
import subprocess
import sys
from typing import Any, NoReturn

from bench.core import installation
from bench.core.cli import PROGRAM
from bench.core.installation import ROOT

PACKAGES = ("pandas", "altair", "jinja2", "markdown_it", "pyarrow", "rich", "scipy", "vl_convert")
"""The packages that reports need, by the names under which they are imported."""
BENCH = installation.program("bench")
"""The command that users type, whose verbs `report` and `compare` are commands of `python -m reports`."""
FORWARDED: dict[str, Any] = {"ignore_unknown_options": True}
"""The settings of a command whose arguments go to `python -m reports` as they are."""


def can_report() -> bool:
    """Return whether the packages that reports need are installed."""
    return all(map(importlib.util.find_spec, (*PACKAGES, "reports.__main__")))


def run_reports(*arguments: str) -> int:
    """Run `python -m reports` and return its exit status."""
    return subprocess.run(command(*arguments), env=variables(), check=False).returncode


def become_reports(*arguments: str) -> NoReturn:
    """Replace this process by `python -m reports`, whose exit status and interrupts are then those of the command."""
    os.execve(sys.executable, command(*arguments), {**variables(), PROGRAM: BENCH})


def command(*arguments: str) -> list[str]:
    """Return the command; the working directory is not searched for packages, which may hold a folder `reports`."""
    return [sys.executable, "-P", "-m", "reports", *arguments]


def variables() -> dict[str, str]:
    """Return the environment variables with which the folder of this package is found from any working directory."""
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
