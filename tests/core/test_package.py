"""The installed files suffice: the packages of pyproject.toml and their data, copied to a separate folder."""

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
    "Keras' backends apart": "from reports.recorded import differences; print(len(differences.keras_disagreements()))",
    "upstream errors": "from reports.recorded import bugs; print(len(bugs.read_bugs()))",
    "atlas": "from reports.accuracy import load; print(len(list(load.ATLAS.glob('*.parquet'))))",
    "curves": "from reports.cards import load; print(len(list(load.COMMITTED.glob('*.json.gz'))))",
    "templates": "from reports.page import templating; print(len(list(templating.FOLDER.glob('*.j2'))))",
    "certificates": "from bench.accuracy import certificate; print(len(certificate.stored()))",
    "native calls": "from bench.curves import native; print(len(native.table()))",
}
"""Code that prints how many entries the packages read from a data file."""


def installed() -> Iterator[Path]:
    """Yield the files of a wheel: modules of the packages, and files that their data patterns name."""
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    for package in setup["packages"]:
        folder = ROOT / package.replace(".", "/")
        yield from folder.glob("*.py")
        for pattern in setup["package-data"].get(package, ()):
            yield from folder.glob(pattern)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with only the files of a wheel."""
    target = tmp_path_factory.mktemp("site")
    for path in installed():
        copy = target / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return target


@pytest.mark.parametrize("part", READ)
def test_an_installed_package_has_what_it_reads(part: str, site: Path) -> None:
    """The wheel has as many entries as the checkout, and more than none."""
    counts = []
    for folder in (site, ROOT):
        command = [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(folder)!r}); {READ[part]}"]
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        result = subprocess.run(command, cwd=site, env=variables, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        counts.append(int(result.stdout))

    assert counts[0] == counts[1] > 0


def test_every_file_of_the_packages_is_installed() -> None:
    """The patterns name every module and data file; no other test would notice one missing from a wheel."""
    expected = {
        path
        for layer in ("backends", "bench", "reports")
        for path in (ROOT / layer).rglob("*")
        if path.is_file() and not {"examples", "__pycache__"} & set(path.parts)
    }

    assert expected
    assert expected == set(installed())
