"""The scripts of upstream errors: what is read from them, and how they end. Conformance runs those of a backend."""

import subprocess
import sys
from pathlib import Path

import pytest

import backends
from reports.recorded import bugs

SCRIPT = '''"""The square of 3 is {wrong}.

It adds
one.
"""

import sys

VERSION = "1.0"
SUBJECT = ("relu", "forward", "eager", "float32")
X = "0x1.8p+1"
EXACT = "9"
WRONG = "{wrong}"

result = float.fromhex(X) ** 2
print(result)
sys.exit(str(result) == WRONG)
'''


@pytest.mark.parametrize(("wrong", "is_there"), [("9.0", True), ("10.0", False)])
def test_a_script_says_whether_its_error_is_there(wrong: str, is_there: bool, tmp_path: Path) -> None:
    """The exit status is 1 while it is, for a user and for `check` alike."""
    path = tmp_path / "numpy_relu_forward.py"
    path.write_text(SCRIPT.format(wrong=wrong))
    bug = bugs.read(path)
    result = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stdout, result.stderr) == (is_there, "9.0\n", "")
    assert bug.run() == (is_there, "9.0")


def test_what_a_script_says_is_read_without_running_it(tmp_path: Path) -> None:
    """The title and the cause are its docstring, the rest its constants, and the page shows its text."""
    path = tmp_path / "numpy_relu_forward.py"
    path.write_text("import none_such\n" + SCRIPT.format(wrong="10.0"))
    bug = bugs.read(path.rename(tmp_path / "numpy_other.py"))

    assert (bug.backend, bug.id) == ("numpy", "numpy-relu-forward-eager-float32@0x1.8p+1")
    assert bug.code == bug.path.read_text()


def test_the_docstring_is_title_and_cause(tmp_path: Path) -> None:
    """The cause is one paragraph."""
    path = tmp_path / "numpy_relu_forward.py"
    path.write_text(SCRIPT.format(wrong="10.0"))

    assert (bugs.read(path).title, bugs.read(path).reason) == ("The square of 3 is 10.0", "It adds one.")


@pytest.mark.parametrize("bug", bugs.read_bugs(), ids=lambda bug: bug.path.stem)
def test_a_script_is_named_after_what_it_shows(bug: bugs.Bug) -> None:
    """Backend, activation and direction, so that a listing of the folder names them all; and it is Python."""
    activation = bug.activation.replace("[approximate=True]", "_tanh")

    assert bug.backend in backends.names()
    assert bug.path.stem.startswith(f"{bug.backend}_{activation}_{bug.direction}")
    compile(bug.code, bug.path, "exec")


def test_no_error_is_listed_twice() -> None:
    """Their identifiers differ."""
    identifiers = [bug.id for bug in bugs.read_bugs()]

    assert len(set(identifiers)) == len(identifiers)
