"""Files are read one way, tests > reports > bench > backends, and no framework is imported outside its backend.

The order of imports is a matter of the lint session: its contracts stand in pyproject.toml.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("backends", "bench", "reports", "tests")
FRAMEWORKS = ("torch", "tensorflow", "jax", "keras")
FILES = [p for layer in LAYERS for p in sorted((ROOT / layer).rglob("*.py"))]


def imported(tree: ast.AST) -> set[str]:
    """Return the top-level packages that a module or any function in it imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_frameworks_are_imported_in_their_backends(path: Path) -> None:
    """No file imports a framework at module level outside its backend, and the scripts of upstream errors."""
    tree = ast.parse(path.read_text())
    top = ast.Module([n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)], [])

    names = {path.stem.partition("_")[0] if path.parent.name == "errors" else path.stem.removesuffix("_backend")}
    assert imported(top) & set(FRAMEWORKS) <= names


def entered(tree: ast.AST) -> set[str]:
    """Return the folders that a module names in paths: `ROOT / "tests"`, `Path("tests/golden")`."""
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    joined = (node.right for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div))
    names = {node.value for node in joined if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return names | {text.partition("/")[0] for text in texts if "/" in text and " " not in text}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_are_read_one_way(path: Path) -> None:
    """No file reads from a folder above its layer, which an installed package does not have."""
    layer = LAYERS.index(path.relative_to(ROOT).parts[0])

    assert not entered(ast.parse(path.read_text())) & set(LAYERS[layer + 1 :])


@pytest.mark.parametrize("code", ['ROOT / "tests" / "golden"', 'Path("tests/golden/x.json")', 'open("tests/x")'])
def test_a_file_that_is_read_would_be_seen(code: str) -> None:
    """The test above can fail."""
    assert "tests" in entered(ast.parse(code))


def loads(code: str) -> set[str]:
    """Return the frameworks, and NumPy, that a fresh process has loaded after `code`."""
    watched = (*FRAMEWORKS, "numpy")
    script = f"{code}\nimport sys\nprint(*(n for n in {watched!r} if n in sys.modules))"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize("module", ["backends", "backends.catalogue", "bench.core.cases"])
def test_no_framework_is_loaded(module: str) -> None:
    """Importing the catalogue, the contract and the cases loads no framework, not even NumPy."""
    assert loads(f"import {module}") == set()


def test_loading_would_be_seen() -> None:
    """The test above can fail: it notices a loaded backend."""
    assert loads("import backends; backends.load('numpy')") == {"numpy"}
