"""Damage one line at a time and list the damage that no test notices: `python -m tests.mutation --sample 100 --seed 1`.

A sample of all possible damage to `backends` and `bench` is drawn: a comparison turned, a sum for a difference, a
number off by one, a result replaced by None, a statement left out. Each is applied to a copy of the project, and the
tests that import the damaged module, or start it as a process, run there, those nearest to it first, until one fails.
Damage to a backend is also left to its conformance suite, in its environment. An endless test counts as a failing one,
a test that fails without the damage too does not count. Tables of exact values are built anew, so that none hides
damage to their making.
"""

import ast
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click

from bench.core.cli import FAILED, run_cli

ROOT = Path(__file__).parents[1]
FOLDERS = ("backends", "bench")
LEFT_OUT = shutil.ignore_patterns(".git", ".nox", "results", "__pycache__", ".*_cache")
OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    **{ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq},
    **{ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In},
}
COUNTERPARTS: dict[type[ast.operator], type[ast.operator]] = {
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult},
    **{ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd},
}

STARTED = re.compile(r"(bench|reports)(\.\w+)*|test_\w+\.py")
"""The texts by which a file starts another as a process: a module after `-m`, or a test of the same folder."""


@dataclass(frozen=True)
class Damage:
    """One change of one line of a file."""

    path: str
    line: int
    start: int
    """The place in the line where the changed text starts, in bytes of UTF-8, as `end` is where it ends."""
    end: int
    text: str
    """The new text."""

    def apply(self, source: str) -> str:
        """Return the file with the damage."""
        lines = source.splitlines(keepends=True)
        line = lines[self.line - 1].encode()
        lines[self.line - 1] = (line[: self.start] + self.text.encode() + line[self.end :]).decode()
        return "".join(lines)

    def describe(self, source: str) -> str:
        """Return the place, and the text before and after."""
        before = source.splitlines()[self.line - 1].encode()[self.start : self.end].decode()
        return f"{self.path}:{self.line}: {before} -> {self.text}"


def damages(path: str, source: str) -> Iterator[Damage]:
    """Yield every possible damage to a file."""
    tree = ast.parse(source)
    # places within f-strings are not exact before Python 3.12
    skipped = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr | ast.stmt) or node.lineno != node.end_lineno or id(node) in skipped:
            continue
        if text := damaged(node):
            yield Damage(path, node.lineno, node.col_offset, node.end_col_offset or 0, text)


def damaged(node: ast.expr | ast.stmt) -> str:
    """Return the text of a damaged expression or statement, empty where there is no damage to do."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        return ast.unparse(ast.Compare(node.left, [OPPOSITES[type(node.ops[0])]()], node.comparators))
    if isinstance(node, ast.BinOp) and type(node.op) in COUNTERPARTS:
        return ast.unparse(ast.BinOp(node.left, COUNTERPARTS[type(node.op)](), node.right))
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return repr(not node.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return repr(node.value + 1)
    if isinstance(node, ast.Return) and node.value and ast.unparse(node.value) != "None":
        return "return None"
    is_call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return "pass" if is_call or isinstance(node, ast.AugAssign) else ""


def uses(path: Path) -> set[str]:
    """Return the files of the project that a file imports or starts as a process, relative to its root."""
    names, files = set[str](), set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and STARTED.fullmatch(node.value):
            names |= {node.value, f"{node.value}.__main__"}
            files |= {
                str(place.relative_to(ROOT)) for place in (path.with_name(node.value), path.with_name("conftest.py"))
            }
    if path.name == "__main__.py":  # imports the file of a verb when it is called
        names |= {f"{path.parent.name}.commands.{verb.stem}" for verb in (path.parent / "commands").glob("*.py")}
    places = [name.replace(".", "/") for name in names]
    files |= set(itertools.chain.from_iterable((f"{place}.py", f"{place}/__init__.py") for place in places))
    return {file for file in files if (ROOT / file).is_file()}


def nearest_tests(path: str) -> list[str]:
    """Return the test files of the core that import or start a file, directly or through others, the nearest first."""
    users: dict[str, set[str]] = {}
    for file in sorted(ROOT.glob("*/**/*.py")):
        if file.relative_to(ROOT).parts[0] in {*FOLDERS, "reports", "tests"}:
            for target in uses(file):
                users.setdefault(target, set()).add(str(file.relative_to(ROOT)))
    distance, queue = {path: 0}, deque([path])
    while queue:
        target = queue.popleft()
        for user in sorted(users.get(target, set()) - distance.keys()):
            distance[user] = distance[target] + 1
            queue.append(user)
    return [name for name in distance if name.startswith("tests/core/test_")]  # in the order of their distance


def commands(path: str) -> Iterator[list[str]]:
    """Yield the commands that test a file, the quickest first."""
    if files := nearest_tests(path):
        yield [sys.executable, "-m", "pytest", "-x", "-q", *files]
    if path.startswith("backends/"):
        name = Path(path).stem.removesuffix("_backend") if path.endswith("_backend.py") else "numpy"
        python = ROOT / ".nox" / f"env-backend-{name}" / "bin" / "python"
        yield [str(python), "-m", "pytest", "-x", "-q", "tests/conformance", "--backend", name]


@dataclass
class Copy:
    """A copy of the project in which lines are damaged."""

    folder: Path
    timeout: float
    """The seconds after which tests count as failing."""
    broken: set[str] = field(default_factory=set)
    """Tests that fail without damage too, which are left out."""

    def notices(self, damage: Damage) -> bool:
        """Return whether a test fails on the damaged copy and passes on the mended one."""
        file = self.folder / damage.path
        source = file.read_text()
        for command in commands(damage.path):
            options = [part for part in command if not part.startswith("tests/")]
            while True:
                file.write_text(damage.apply(source))
                test = self.failing_test(command)
                file.write_text(source)
                if test is None:
                    break
                if not test.startswith("tests/") or self.failing_test([*options, test]) is None:
                    return True
                self.broken.add(test)
        return False

    def failing_test(self, command: list[str]) -> str | None:
        """Return the first test that fails, None where none does; a reason where it has no name."""
        with tempfile.TemporaryDirectory() as tables:
            variables = {**os.environ, "PYTHONPATH": str(self.folder), "ACTIVATION_BENCH_CACHE": tables}
            arguments = [*command, *(f"--deselect={test}" for test in sorted(self.broken))]
            process = subprocess.Popen(arguments, cwd=self.folder, env=variables, stdout=subprocess.PIPE, text=True)
            try:
                output, _ = process.communicate(timeout=self.timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                return "no end"
        names = [line.split()[1] for line in output.splitlines() if line.startswith(("FAILED tests/", "ERROR tests/"))]
        return names[0] if names else "no result" if process.returncode else None


@click.command()
@click.option("--sample", default=100, type=click.IntRange(1), help="The number of damages to draw.")
@click.option("--seed", default=1, help="The seed of the draw.")
@click.option("--path", "prefix", default="", help="Damage only files whose path starts like this.")
@click.option("--timeout", default=1800.0, help="Seconds after which tests of one damage have failed.")
def main(sample: int, seed: int, prefix: str, timeout: float) -> int:
    """List the damage that no test notices; the exit status is 1 where there is some."""
    paths = [str(p.relative_to(ROOT)) for folder in FOLDERS for p in sorted((ROOT / folder).rglob("*.py"))]
    sources = {path: (ROOT / path).read_text() for path in paths if path.startswith(prefix)}
    choices = [damage for path, source in sources.items() for damage in damages(path, source)]
    if not choices:
        raise LookupError(f"unknown path {prefix!r} (choose the start of a path in {' or '.join(FOLDERS)})")
    drawn = random.Random(seed).sample(choices, min(sample, len(choices)))
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(shutil.copytree(ROOT, Path(folder) / "copy", ignore=LEFT_OUT)), timeout)
        for damage in drawn:
            noticed = copy.notices(damage)
            survivors += [] if noticed else [damage]
            click.echo(f"{'noticed' if noticed else 'SURVIVED'}  {damage.describe(sources[damage.path])}")
    click.echo(f"{len(survivors)} of {len(drawn)} damages survived, drawn from {len(choices):,}")
    return FAILED if survivors else 0


if __name__ == "__main__":
    sys.exit(run_cli(main))
