"""Tables of exact values on disk: read bit for bit as they were built, anew where damaged or of another formula."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.activation import Variant, find
from bench.reference import TRUTH, cache, pieces, table_store, truth
from tests.core.conftest import ROOT

RELU6 = find("relu6").variants[0]
TWICE = "from backends.activation import find; from bench.reference import pieces; " + (
    "[pieces.table(find(name).variants[0], slope=False, negative=False) for name in ('relu6', 'elu', 'hard_silu')]"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder of tables, which this process has not read yet."""
    monkeypatch.setenv(cache.FOLDER_VARIABLE, str(tmp_path / "tables"))
    monkeypatch.setattr(pieces, "table", pieces.table.__wrapped__)
    return tmp_path / "tables"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the variants whose tables are built from now on."""
    ids: list[str] = []
    build = pieces.build

    def counted(variant: Variant, **options: bool) -> pieces.Table:
        ids.append(variant.id)
        return build(variant, **options)

    monkeypatch.setattr(pieces, "build", counted)
    return ids


@pytest.fixture
def fresh_values() -> Iterator[None]:
    """Forget the exact values that a test leaves behind."""
    yield
    truth.value.cache_clear()


def table(variant: Variant = RELU6) -> pieces.Table:
    """Return the table of a variant's values at negative inputs."""
    return pieces.table(variant, slope=False, negative=True)


def files(folder: Path) -> list[Path]:
    """Return all files of a folder."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def same(one: pieces.Table, other: pieces.Table) -> bool:
    """Return whether two tables have the same types and bits."""
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("slope", [False, True])
@pytest.mark.parametrize("name", ["relu6", "gelu", "exponential"])
def test_a_table_is_read_as_it_was_built(name: str, slope: bool, builds: list[str]) -> None:
    """The second time it comes from disk with every bit; infinities and subnormal numbers are among them."""
    first, second = (pieces.table(find(name).variants[0], slope=slope, negative=False) for _ in range(2))

    assert builds == [name]
    assert same(first, second)


def test_a_file_is_of_all_that_its_table_depends_on(folder: Path) -> None:
    """Variant, direction, sign and revision have files of their own."""
    paths = {
        table_store.path_of(variant, slope=slope, negative=negative)
        for variant in find("relu").variants
        for slope in (False, True)
        for negative in (False, True)
    }

    assert len(paths) == 4 * len(find("relu").variants)
    assert {path.parent.parent for path in paths} == {folder}
    assert all(f"-{TRUTH}-flint-" in path.parent.name for path in paths)


DAMAGE: dict[str, Any] = {
    "empty": lambda _: b"",
    "cut": lambda content: content[:-100],
    "flipped": lambda content: content[:-300] + bytes([content[-300] ^ 1]) + content[-299:],
    "text": lambda _: b"no table\n" * 100,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_made_anew(damage: str, folder: Path, builds: list[str]) -> None:
    """The table is that of an undamaged file, and the next process reads it."""
    right = table()
    (path,) = files(folder)
    path.write_bytes(DAMAGE[damage](path.read_bytes()))

    assert same(table(), right)
    assert same(table(), right)
    assert builds == ["relu6", "relu6"]


@pytest.mark.usefixtures("fresh_values")
def test_another_formula_has_another_table(builds: list[str]) -> None:
    """A formula that was changed without a new revision does not get the old one's table."""
    other = Variant(dataclasses.replace(RELU6.activation, formula=find("relu").formula), find("relu").bind())
    object.__setattr__(other, "id", RELU6.id)
    largest = []
    for variant in (RELU6, other, RELU6):
        truth.value.cache_clear()  # as another process has it; variants are equal by their id
        largest.append(float(pieces.table(variant, slope=False, negative=False).high.max()))

    assert largest == [6.0, pieces.magnitude(pieces.LARGEST), 6.0]
    assert builds == ["relu6"] * 3


def test_an_activation_of_another_package_is_not_kept(folder: Path, builds: list[str]) -> None:
    """Its formula has no revision here."""

    def formula(_: Any, x: Any) -> Any:
        return x + x

    entry = dataclasses.replace(find("linear"), name="double", formula=formula)
    for _ in range(2):
        table(Variant(entry, {}))

    assert builds == ["double", "double"]
    assert files(folder) == []


def homeless() -> Path:
    """Raise what `Path.home` raises for a user without one."""
    raise RuntimeError("no home")


def test_without_a_folder_it_is_done_without(monkeypatch: pytest.MonkeyPatch, builds: list[str]) -> None:
    """The null device, and a user without a home, have no tables; nothing fails."""
    monkeypatch.setenv(cache.FOLDER_VARIABLE, os.devnull)
    table()
    monkeypatch.delenv(cache.FOLDER_VARIABLE)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    table()

    assert builds == ["relu6", "relu6"]


def test_two_processes_at_once(folder: Path, builds: list[str]) -> None:
    """Both end well, and each table is there once, whole."""
    processes = [subprocess.Popen([sys.executable, "-c", TWICE], cwd=ROOT, env={**os.environ}) for _ in range(2)]
    statuses = [process.wait() for process in processes]
    for name in ("relu6", "elu", "hard_silu"):
        pieces.table(find(name).variants[0], slope=False, negative=False)

    assert statuses == [0, 0]
    assert len(files(folder)) == 3
    assert builds == []
