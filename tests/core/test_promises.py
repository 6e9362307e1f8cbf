"""What a backend declares as this project's code, checked against its source as far as a source can tell."""

import ast
from pathlib import Path

import pytest

import backends
from backends.activation import catalogue, variants
from bench.core.cases import literal
from tests import promises
from tests.budgets import Measured

ROOT = Path(__file__).parents[2]
BACKENDS = ("torch", "tensorflow", "jax")
FRAMEWORK = ("F", "torch", "tf", "jax", "jnp")
COPIES = ("clone", "copy", "_copy", "Snapshot")
"""Calls that copy, which is the framework's work whoever calls them."""


def functions(backend: str) -> dict[str, ast.FunctionDef]:
    """Return the activations of a backend's file."""
    tree = ast.parse((ROOT / "backends" / f"{backend}_backend.py").read_text())
    names = catalogue()
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names}


def returned(node: ast.FunctionDef) -> list[ast.expr]:
    """Return the results of a function, each branch of a conditional expression by itself."""
    pending: list[ast.stmt] = list(node.body)
    results: list[ast.expr] = []
    while pending:
        match pending.pop():
            case ast.Return(value=ast.IfExp(body=body, orelse=orelse)):
                results += [body, orelse]
            case ast.Return(value=value) if value is not None:
                results.append(value)
            case ast.If(body=body, orelse=orelse):
                pending += [*body, *orelse]
    return results


def is_native(value: ast.expr) -> bool:
    """Return whether a result is one call of the framework, or of a helper that gets the framework's function."""
    if not isinstance(value, ast.Call):
        return False
    last = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    are_plain = all(
        isinstance(argument, ast.Name | ast.Constant | ast.UnaryOp | ast.Attribute) for argument in value.args
    )
    return last in COPIES or (are_plain and any(root(part) in FRAMEWORK for part in (value.func, *value.args)))


def root(value: ast.expr) -> str:
    """Return the first name of a dotted one; an empty text for a call or a bare name."""
    if not isinstance(value, ast.Attribute):
        return ""
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_the_framework_computes_is_not_ours(backend: str) -> None:
    """A function that only forwards to the framework is not declared, nor any of its variants."""
    passed_on = {name for name, node in functions(backend).items() if all(map(is_native, returned(node)))}

    assert passed_on
    assert passed_on.isdisjoint(name.partition("[")[0] for name in promises.ours(backend))


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_is_composed_is_ours(backend: str) -> None:
    """A function is declared if none of its results is a call of the framework."""
    composed = {name for name, node in functions(backend).items() if not any(map(is_native, returned(node)))}

    assert composed
    assert composed <= {*promises.ours(backend)}


@pytest.mark.parametrize("backend", BACKENDS)
def test_ours_are_of_the_catalogue(backend: str) -> None:
    """Every declared name is an activation or a variant, and occurs once."""
    names = literal(backend, "OURS", None)

    assert len({*names}) == len(names)
    assert {*names} <= {*catalogue(), *(variant.id for variant in variants())}


def test_without_a_word_everything_is_ours() -> None:
    """All functions of a backend without a declaration, such as NumPy's, are this project's."""
    assert all(promises.is_ours("numpy", variant.id) for variant in variants())
    assert "numpy" in backends.names()


@pytest.mark.parametrize(
    ("subject", "figures", "broken"),
    [
        ("gelu value float16 eager", {"worst": 0.505, "scaled": 0.5}, []),
        ("gelu value float16 eager", {"worst": 0.52}, ["worst"]),
        ("gelu value float32 eager", {"worst": 99.0, "scaled": 4.0}, []),
        ("gelu slope float64 eager", {"scaled": 8.5}, ["scaled"]),
        ("gelu slope bfloat16 eager", {"nan": 1.0, "out_of_range": 2.0, "flushed": 1.0}, ["nan", "out_of_range"]),
        ("gelu value bfloat16 eager", {"nan_swallowed": 3.0}, ["nan_swallowed"]),
        ("gelu slope bfloat16 eager", {"nan_swallowed": 3.0, "out_of_range": 2.0, "flushed": 2.0}, []),
        ("softmax value float64 eager ties 3", {"sum": float("nan")}, ["sum"]),
    ],
)
def test_promises(subject: str, figures: dict[str, float], broken: list[str]) -> None:
    """Half precision is rounded once, no result is wrong in kind, and a line names figure and limit."""
    lines = promises.broken(subject, Measured(figures, dict.fromkeys(figures, "1.5")))

    assert sorted(line.split(": ")[1].split(" ")[0] for line in lines) == sorted(broken)
    assert all(line.endswith(", at 1.5") for line in lines)
