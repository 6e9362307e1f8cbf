"""Backends and activations of other packages are found by entry points, without edits to this project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    "cubes/__init__.py": "",
    "cubes/catalogue.py": '''
from backends.activation import Positive, activation

@activation(source="https://example.org/cube", cases=({}, {"scale": 2.0}))
def cubic(ctx, x, *, scale: Positive = 1.0):
    """Cube: f(x) = scale x^3."""
    return scale * x**3
''',
    "cubes/numpy_backend.py": """
def cubic(x, *, scale):
    return x * x * x * x.dtype.type(scale)

def backprop_cubic(dy, x, *, scale):
    return dy * 3 * x * x * x.dtype.type(scale)
""",
    "cubes/toy_backend.py": """
from backends.numpy_backend import *
from backends.numpy_backend import asarray, dtype

def cubic(x, *, scale):
    return x**3 * x.dtype.type(scale)

def backprop_cubic(dy, x, *, scale):
    return dy * 3 * x**2 * x.dtype.type(scale)
""",
    "cubes-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: cubes\nVersion: 1.0\n",
    "cubes-1.0.dist-info/entry_points.txt": """
[activation_bench.activations]
cubic = cubes.catalogue
[activation_bench.backends]
toy = cubes.toy_backend
""",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return an installed package with one activation and one backend."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def python(package: Path, code: str) -> str:
    """Return the output of a fresh process that has the package on its path."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{package}"}
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_found(package: Path) -> None:
    """Both are listed after the project's own."""
    code = "import backends, backends.activation as a; print(backends.names()[-1], list(a.catalogue())[-1])"

    assert python(package, code) == "toy cubic"


@pytest.mark.parametrize("backend", ["numpy", "toy"])
def test_called(package: Path, backend: str) -> None:
    """The activation runs on a backend of this project and on the package's own, with its parameters checked."""
    code = f"import numpy as np, backends; print(backends.call({backend!r}, 'cubic', np.float32([-2, 3]), scale=2))"

    assert python(package, code) == "[-16.  54.]"


@pytest.mark.parametrize("backend", ["numpy", "toy"])
def test_backward(package: Path, backend: str) -> None:
    """The backward pass is found beside the forward one in the package."""
    code = (
        f"import numpy as np, backends; f = backends.function({backend!r}, 'cubic'); x = np.float32([-2, 3]);"
        f"print(backends.load({backend!r}).backward(f, x, compiled=False)(np.float32([1, 2])))"
    )

    assert python(package, code) == "[12. 54.]"


def test_exact(package: Path) -> None:
    """Exact value and derivative follow from the formula alone."""
    code = (
        "from backends.activation import find; from bench.reference import truth; v = find('cubic').variants[1];"
        "print(v.id, float(truth.value(v, 3.0)), float(truth.slope(v, 3.0)))"
    )

    assert python(package, code) == "cubic[scale=2.0] 54.0 54.0"


def test_missing_implementation(package: Path) -> None:
    """A backend without a function for the package's activation raises NotImplementedError."""
    (package / "cubes" / "numpy_backend.py").unlink()
    code = """
import backends
try:
    backends.function("numpy", "cubic")
except NotImplementedError as error:
    print(error)
"""

    assert python(package, code) == "backend 'numpy' has no cubic"


@pytest.mark.parametrize("damage", ["gone", "broken"])
def test_a_stale_entry_point_is_named_and_left_out(package: Path, damage: str) -> None:
    """A removed or broken package only stops commands that ask for it."""
    if damage == "gone":
        shutil.rmtree(package / "cubes")
    else:
        (package / "cubes" / "__init__.py").write_text("raise RuntimeError('broken')")
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{package}"}
    command = [sys.executable, "-m", "bench", "--list", "--profile", "smoke"]
    listing, refusal = (
        subprocess.run([*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        for options in ((), ("--backend", "toy"))
    )

    assert listing.returncode == 0, listing.stderr
    assert len(listing.stderr.splitlines()) == 2
    for name in ("cubic = cubes.catalogue", "toy = cubes.toy_backend"):
        assert f"left out: the entry point {name} of activation_bench." in listing.stderr
    assert refusal.returncode == 2
    assert refusal.stderr.splitlines()[-1].startswith("error: unknown backend 'toy' (choose from numpy, ")
