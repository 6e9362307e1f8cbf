"""Names to avoid, as the glossary lists them: their number may fall and not rise."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("activation_bench", "backends", "bench", "reports", "tests")
MOST = {"activation_bench": 0, "backends": 0, "bench": 0, "reports": 1, "tests": 1}
"""The number of such names in each folder, which never rises: two are `at`, a column of recorded differences."""


def avoided() -> frozenset[str]:
    """Return the names that stand before their replacements in the glossary's last section."""
    section = (ROOT / "GLOSSARY.md").read_text().partition("## Names to avoid\n")[2]
    pronouns, metaphors, _ = section.split("\n\n", 2)
    listed = pronouns.partition("Name the thing")[0] + re.sub(r"\([^)]*\)", "", metaphors)
    return frozenset(re.findall(r"`(\w+)`", listed))


def given(tree: ast.AST) -> Iterator[str]:
    """Yield every name that a file gives: variables, arguments, functions and classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def count(folder: Path) -> Counter[str]:
    """Return how often each name to avoid is given below a folder."""
    names = avoided()
    files = sorted(folder.rglob("*.py"))
    plain = (name.lower().strip("_") for path in files for name in given(ast.parse(path.read_text())))
    return Counter(name for name in plain if name in names)


def test_the_glossary_lists_names() -> None:
    """Its replacements are no names to avoid."""
    names = avoided()

    assert {"own", "found", "hull"} <= names
    assert names.isdisjoint({"row", "match", "valid_interval", "affinity"})


def test_names_to_avoid_are_counted(tmp_path: Path) -> None:
    """Where they are given, not where they are read; private ones too."""
    (tmp_path / "module.py").write_text("def told(who, x):\n    _own = x.found\n    return _own\n\nclass Court: ...\n")

    assert count(tmp_path) == Counter(["told", "who", "own", "court"])


def test_no_name_to_avoid_is_added() -> None:
    """And a number that has fallen is written down."""
    assert {folder: count(ROOT / folder).total() for folder in FOLDERS} == MOST
