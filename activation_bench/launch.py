"""The console command `activation-bench`: it becomes `python -m bench`.

Uses only the standard library: an installation without its dependencies says in one line which one is missing.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

PACKAGE = Path(__file__).parent
ROOT = PACKAGE if (PACKAGE / "bench").is_dir() else PACKAGE.parent
"""The folder of `backends`, `bench` and `reports`: the installed package, or the source tree."""


def main() -> NoReturn:
    """Replace this process by `python -m bench`, whose exit status and interrupts are then those of the command."""
    os.execve(sys.executable, command(*sys.argv[1:]), variables())


def command(*arguments: str) -> list[str]:
    """Return the command; the working directory is not searched for packages, which may hold a folder `bench`."""
    return [sys.executable, "-P", "-m", "bench", *arguments]


def variables() -> dict[str, str]:
    """Return the environment variables with which the folders are found before packages of the same names."""
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
