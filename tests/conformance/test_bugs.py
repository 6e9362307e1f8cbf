"""The errors of frameworks that the reports list are still there, on the pinned version and where it was recorded."""

import subprocess
import sys
from pathlib import Path

import pytest

from reports import bugs
from tests.conformance.settle import Ledger

ROOT = Path(__file__).parents[2]
CHANGED = "CHANGED"


def test_the_reproducers_print_what_is_written(ledger: Ledger) -> None:
    """As a user runs them, in a process that nothing has configured; an entry that is mended is to be removed."""
    if not ledger.is_pinned or all(bug.backend != ledger.name for bug in bugs.known()):
        pytest.skip("no error is listed for this backend and version")
    command = [sys.executable, "-m", "reports.bugs", "check", "--backend", ledger.name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line.partition(" ") for line in done.stdout.splitlines()]
    changed = {f"bug {text.partition(': ')[0]}": text.partition(": ")[2] for word, _, text in lines if word == CHANGED}

    assert done.returncode == bool(changed), done.stdout + done.stderr
    ledger.present |= {f"bug {text.rpartition(' ')[2]}" for word, _, text in lines if word != CHANGED}
    ledger.miss_all(changed, "bugs")
