"""The command `python -m bench check`: whatever the reader's function does, one line says it, with its exit status."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.core.conftest import ROOT

MODULE = """
import os, signal, sys, time
import numpy as np

def relu(x): return np.maximum(x, x.dtype.type(0))
def backprop_relu(dy, x): return dy * (x > 0)
def other_gradient(dy, x): return dy * (x > 1)
def fixed_gradient(dy, x): return (x > 0).astype(x.dtype)
class Relu:
    def __call__(self, x): return relu(x)
def exits(x): sys.exit(3)
def ends(x): os._exit(7)
def killed(x): os.kill(os.getpid(), signal.SIGKILL)
def hangs(x): time.sleep(1000)
def forks(x):
    os.fork()
    return relu(x)
def prints(x):
    print("x" * 3_000_000)
    return relu(x)
def random(x): return relu(x) + np.random.default_rng().normal(size=x.shape).astype(x.dtype)
def raises(x): raise ValueError("no\\nway")
def keeps(x, results={}): return results.setdefault((x.shape, x.dtype), relu(x))
def writes(x):
    x[x < 0] = 0
    return x.copy()
def aliases(x):
    np.maximum(x, 0, out=x)
    return x
constant = 3
"""
"""The reader's file."""
FAULTS = {
    "exits": (1, "exits SystemExit: 3"),
    "ends": (1, "ends its process: exit status 7"),
    "killed": (1, "ends its process: SIGKILL"),
    "hangs": (1, "hangs: no result in 3 s"),
    "forks": (1, "forks"),
    "random": (1, "is random"),
    "raises": (1, "raises ValueError: no"),
    "keeps": (1, "share memory"),
    "writes": (1, "writes into its input"),
    "aliases": (1, "shares the memory of its input"),
    "nothing": (2, "unknown function"),
    "constant": (2, "is no function"),
}
"""The exit status and words for functions of the file."""


SCHEMA = {
    "testsuites": ((), ("name", "time", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (("name", "tests", "failures", "errors"), ("time", "skipped"), ("testcase",)),
    "testcase": (("name",), ("time", "classname"), ("skipped", "failure", "system-out")),
    "failure": ((), ("type", "message"), ()),
    "skipped": ((), ("type", "message"), ()),
    "system-out": ((), (), ()),
}
"""The required and the other attributes and the children of elements, from junit-10.xsd of Jenkins' xunit plugin."""


def refuse_other_elements(element: ElementTree.Element) -> None:
    """Assert that an element and all below it are as the schema has them."""
    required, other, children = SCHEMA[element.tag]

    assert set(required) <= set(element.attrib) <= {*required, *other}
    for child in element:
        assert child.tag in children
        refuse_other_elements(child)


@dataclass(frozen=True)
class Answer:
    """The exit status and output of a check."""

    status: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """The last line."""
        return (self.out + self.err).splitlines()[-1]


def check(folder: Path, function: str, *options: str) -> Answer:
    """Check a function of the file as relu, in float16 alone."""
    (folder / "mine.py").write_text(MODULE)
    arguments = ["check", function, "--as", "relu", "--backend", "numpy", "--dtype", "float16", "--quick", *options]
    result = subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(Path.home())},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    return Answer(result.returncode, result.stdout, result.stderr)


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_one_line(name: str, tmp_path: Path) -> None:
    """What the function does harms nothing else."""
    status, words = FAULTS[name]
    answer = check(tmp_path, f"mine.py:{name}", "--timeout", "3")

    assert answer.status == status, answer
    assert words in answer.last
    assert "Traceback" not in answer.out + answer.err


def test_a_right_function_holds(tmp_path: Path) -> None:
    """By its file or its module, with its gradient, and with files that CI reads."""
    answer = check(tmp_path, "mine:relu", "--json", "answer.json", "--junit", "answer.xml")
    content = json.loads((tmp_path / "answer.json").read_text())
    root = ElementTree.parse(tmp_path / "answer.xml").getroot()
    refuse_other_elements(root)
    suite = root[0]

    assert (answer.status, answer.last.partition(":")[0]) == (0, "HOLDS")
    assert content["holds"]
    assert {"value float16", "gradient float16"} <= {finding["name"] for finding in content["findings"]}
    assert suite.attrib["tests"] == str(len(suite.findall("testcase"))) == str(len(content["findings"]))
    assert suite.attrib["failures"] == "0"


def test_a_printing_class_holds(tmp_path: Path) -> None:
    """Megabytes of output go nowhere; NumPy without a gradient is judged by its values."""
    answer = check(tmp_path, "mine.py:prints")

    assert answer.status == 0
    assert len(answer.out) < 10_000
    assert "gradient float16" in answer.last
    assert check(tmp_path, "mine.py:Relu").status == 0


@pytest.mark.parametrize("gradient", ["other_gradient", "fixed_gradient"])
def test_a_wrong_gradient_fails(gradient: str, tmp_path: Path) -> None:
    """The gradient that --backprop names is judged, and must be linear in the cotangent."""
    answer = check(tmp_path, "mine.py:relu", "--backprop", f"mine.py:{gradient}", "--junit", "answer.xml")
    root = ElementTree.parse(tmp_path / "answer.xml").getroot()
    refuse_other_elements(root)
    suite = root[0]

    assert answer.status == 1
    assert "gradient float16" in answer.last
    assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"]) > 0


def test_inputs_show_the_effect(tmp_path: Path) -> None:
    """Those of a file of the reader's."""
    np.save(tmp_path / "x.npy", np.linspace(-1, 1, 50))

    assert "effect on --inputs float16" in check(tmp_path, "mine.py:relu", "--inputs", "x.npy").out
    (tmp_path / "x.npy").write_text("no array")
    assert check(tmp_path, "mine.py:relu", "--inputs", "x.npy").status == 2


@pytest.mark.parametrize(
    "options",
    [
        ("--dtype", "fp16"),
        ("--allow", "ulps=3"),
        ("--allow", "ulp=x"),
        ("--as", "reluu"),
        ("--backend", "tensor"),
        ("--direction", "sideways"),
        ("--as", "softmax"),
        ("--against", "there.py:f"),
        ("--backprop", "f"),
        ("--json", "nowhere/answer.json"),
    ],
)
def test_bad_input_is_refused(options: tuple[str, ...], tmp_path: Path) -> None:
    """In one line, with status 2."""
    answer = check(tmp_path, "mine.py:relu", *options)

    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_a_function_is_allowed_what_another_does(tmp_path: Path) -> None:
    """Compared with itself, a wrong function holds."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text("def f(x): return abs(x)\n")

    assert check(tmp_path, "wrong.py:f").status == 1
    assert check(tmp_path, "wrong.py:f", "--against", "wrong.py:f").status == 0
    assert check(tmp_path, "wrong.py:f", "--against", "native").status == 1
    assert check(tmp_path, "mine.py:relu", "--against", "native").status == 0
