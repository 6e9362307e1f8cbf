"""Damage to a line: what is done to it, and which tests look for it."""

import ast

import pytest

from tests import mutation
from tests.mutation import damages, nearest_tests


@pytest.mark.parametrize(
    ("line", "results"),
    [
        ("x = a < b", ["x = a >= b"]),
        ("x = a is not b", ["x = a is b"]),
        ("x = (a + b) * c", ["x = (a + b) / c", "x = (a - b) * c"]),
        ("x = 2 * 'ü' + y", ["x = 2 * 'ü' - y", "x = 2 / 'ü' + y", "x = 3 * 'ü' + y"]),
        ("f(x, flag=True)", ["f(x, flag=False)", "pass"]),
        ("x += 1", ["pass", "x += 2"]),
        ("x = f'{1 + y}'", []),
        ("'''A text.'''", []),
    ],
)
def test_damage(line: str, results: list[str]) -> None:
    """Operators, numbers and statements are damaged; text is not."""
    assert sorted(damage.apply(line) for damage in damages("x.py", line)) == sorted(results)


def test_every_damage_is_a_program() -> None:
    """In a file of the project every damage can be parsed, and changes one line."""
    source = (mutation.ROOT / "bench" / "reference" / "pieces.py").read_text()
    all_damages = list(damages("bench/reference/pieces.py", source))
    lines = source.splitlines()

    assert len(all_damages) > 100
    for damage in all_damages:
        text = damage.apply(source)
        ast.parse(text)
        assert sum(a != b for a, b in zip(lines, text.splitlines(), strict=True)) == 1


def test_the_nearest_tests_come_first() -> None:
    """A test that imports the damaged file precedes one that imports it through others."""
    files = nearest_tests("bench/reference/pieces.py")

    assert files.index("tests/core/test_accuracy_pieces.py") < files.index("tests/core/test_accuracy_impostors.py")
    assert nearest_tests("backends/jax_backend.py") == []


@pytest.mark.parametrize(
    "path", ["bench/speed/conftest.py", "bench/speed/test_speed.py", "bench/commands/run.py", "bench/curves/worker.py"]
)
def test_files_that_are_started_have_tests(path: str) -> None:
    """A worker, the file that it runs, and a verb are imported by nothing: commands start them as processes."""
    assert "tests/core/test_bench_run.py" in nearest_tests(path)
