"""Which code a truth, or a result of ours, comes from: digests of source without comments and docstrings.

Standard library alone.
"""

import ast
import functools
import hashlib
import importlib.util
import inspect
from pathlib import Path

import backends
from backends.activation import Variant

TRUTH = ("taylor.py", "pieces.py", "ranges.py")
"""The files beside this one that make the fast truth and its range; `horner` in kernel.py evaluates it."""


def digest(variant: Variant) -> str:
    """Of the formula, what it calls, and the code that turns it into pieces and evaluates them."""
    parts = [bare(Path(__file__).with_name(name).read_text()) for name in TRUTH]
    parts += [top_level(str(Path(__file__).with_name("kernel.py")))["horner"], variant.id, *formula(variant)]
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


@functools.cache
def code(backend: str) -> str:
    """Of what is ours in a backend's results: its module, those beside it that carry its name, and how inputs round.

    Without its table of departures, which changes no result.
    """
    spec = importlib.util.find_spec(backends.module_name(backend))
    assert spec is not None
    assert spec.origin is not None
    beside = sorted(Path(spec.origin).parent.glob(f"{backend}_*.py"))
    files = [path for path in beside if not path.stem.endswith("_departures")]
    files.append(Path(backends.__file__).with_name("rounding.py"))
    return hashlib.blake2b("\n".join(bare(path.read_text()) for path in files).encode(), digest_size=4).hexdigest()


@functools.cache
def bare(source: str) -> str:
    """Source with neither comments nor docstrings, in one way of writing it."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [
                statement
                for statement in body
                if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            ]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def formula(variant: Variant) -> list[str]:
    """The source of a variant's formula, and of all that it names in its own module."""
    function = inspect.unwrap(variant.activation.formula)
    spec = importlib.util.find_spec(function.__module__)
    assert spec is not None
    assert spec.origin is not None
    named = top_level(spec.origin)
    wanted, found = [function.__name__], {}
    while wanted:
        name = wanted.pop()
        if name in named and name not in found:
            found[name] = named[name]
            wanted += [node.id for node in ast.walk(ast.parse(named[name])) if isinstance(node, ast.Name)]
    return [found[name] for name in sorted(found)]


@functools.cache
def top_level(path: str) -> dict[str, str]:
    """The functions and constants of a module by name: a function's body without its decorators."""
    found = {}
    for node in ast.parse(bare(Path(path).read_text())).body:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list = []
            found[node.name] = ast.unparse(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = ast.unparse(node)
    return found
