"""What is installed suffices: the packages of pyproject.toml and their data, copied to a folder without the rest."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.conftest import ROOT

READ = {
    "Keras' backends apart": "from reports import differences; print(len(differences.keras_apart()))",
    "upstream errors": "from reports import bugs; print(len(bugs.known()))",
    "atlas": "from reports.accuracy import load; print(len(list(load.ATLAS.glob('*.parquet'))))",
    "curves": "from reports.cards import load; print(len(list(load.COMMITTED.glob('*.json.gz'))))",
    "templates": "from reports import templating; print(len(list(templating.FOLDER.glob('*.j2'))))",
    "certificates": "from bench.accuracy import certificate; print(len(certificate.stored()))",
    "native calls": "from bench.portrait import native; print(len(native.table()))",
}
"""Each prints how many entries the packages read of a data file."""


def installed() -> Iterator[Path]:
    """Yield the files of a wheel: modules of the packages, and what their data patterns name."""
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    for package in setup["packages"]:
        folder = ROOT / package.replace(".", "/")
        yield from folder.glob("*.py")
        for pattern in setup["package-data"].get(package, ()):
            yield from folder.glob(pattern)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the files of a wheel."""
    target = tmp_path_factory.mktemp("site")
    for path in installed():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target


@pytest.mark.parametrize("part", READ)
def test_an_installed_package_has_what_it_reads(part: str, site: Path) -> None:
    """As much of it as the checkout has, and not nothing."""
    found = []
    for folder in (site, ROOT):
        command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {READ[part]}"]
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, cwd=site, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        found.append(int(done.stdout))

    assert found[0] == found[1] > 0


def test_every_file_of_the_packages_is_installed() -> None:
    """A module or data file that the patterns forget is missing from a wheel alone, where no other test looks."""
    meant = {
        path
        for layer in ("backends", "bench", "reports")
        for path in (ROOT / layer).rglob("*")
        if path.is_file() and not {"examples", "__pycache__"} & set(path.parts)
    }

    assert meant
    assert meant == set(installed())
