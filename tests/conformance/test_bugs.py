"""The test that the frameworks' bugs listed in the reports are still there, with the pinned versions."""

import subprocess
import sys
from pathlib import Path

import pytest

from reports.recorded import bugs
from tests.conformance.settle import Ledger

ROOT = Path(__file__).parents[2]
CHANGED = "CHANGED"


def test_the_reproducers_print_what_is_written(ledger: Ledger) -> None:
    """Reproducers, run as a user does in a fresh process, print the listed results; remove the entry of a fixed bug."""
    if not ledger.is_pinned or all(bug.backend != ledger.name for bug in bugs.read_bugs()):
        pytest.skip("no error is listed for this backend and version")
    command = [sys.executable, "-m", "reports.recorded.bugs", "check", "--backend", ledger.name]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = [line.partition(" ") for line in result.stdout.splitlines()]
    changed = {f"bug {text.partition(': ')[0]}": text.partition(": ")[2] for word, _, text in lines if word == CHANGED}

    assert result.returncode == bool(changed), result.stdout + result.stderr
    ledger.present |= {f"bug {text.rpartition(' ')[2]}" for word, _, text in lines if word != CHANGED}
    ledger.miss_all(changed, "bugs")
