"""The wheel, installed into a virtual environment outside of the clone, with chosen packages to import."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.core.conftest import ROOT

SOURCES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
FOLDERS = ("activation_bench", "backends", "bench", "reports")
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input")


def build(folder: Path) -> Path:
    """Return the wheel of a copy of the sources: a build writes beside them."""
    copy = folder / "sources"
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "examples"))
    for name in SOURCES:
        shutil.copy(ROOT / name, copy)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder))
    subprocess.run([*PIP, "wheel", "-q", *options, str(copy)], cwd=folder, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installed:
    """An environment that the wheel was installed into."""

    folder: Path
    before: frozenset[str]
    """The names in its site-packages before."""

    @classmethod
    def of(cls, wheel: Path, folder: Path) -> "Installed":
        """Return a new environment in a folder, which holds the wheel and not one package that it needs."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
        environment = cls(folder, frozenset())
        before = environment.names
        options = ("-q", "--no-deps", "--no-index", "--no-compile")
        command = [*PIP, "--python", str(folder / "bin" / "python"), "install", *options, str(wheel)]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
        return cls(folder, before)

    @property
    def site(self) -> Path:
        """Its site-packages."""
        (site,) = self.folder.glob("lib/python*/site-packages")
        return site

    @property
    def metadata(self) -> importlib.metadata.Distribution:
        """The metadata of the wheel."""
        return importlib.metadata.Distribution.at(next(self.site.glob("activation_bench-*.dist-info")))

    @property
    def names(self) -> frozenset[str]:
        """The names in its site-packages."""
        return frozenset(path.name for path in self.site.iterdir())

    def start(self, *command: str, packages: Path, cwd: Path) -> subprocess.Popen[str]:
        """Start a program of the environment in a working directory, with packages that it can import."""
        return subprocess.Popen(
            [str(self.folder / "bin" / command[0]), *command[1:]],
            cwd=cwd,
            env={**os.environ, "PYTHONPATH": str(packages)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, packages: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment and return its result."""
        with self.start(*command, packages=packages, cwd=cwd) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(command, process.returncode, out, err)


def link(folder: Path, requirements: Iterable[str]) -> Path:
    """Return a folder with links to these distributions of this environment and to all that they need."""
    folder.mkdir()
    for distribution in closure(requirements):
        for name in {path.parts[0] for path in distribution.files or ()} - {"..", "__pycache__"}:
            (folder / name).symlink_to(Path(str(distribution.locate_file(name))))
    return folder


def closure(requirements: Iterable[str]) -> Iterator[importlib.metadata.Distribution]:
    """Yield the distributions that fulfil requirements, and those that they need, each once."""
    waiting, names = [Requirement(text) for text in requirements], set[str]()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in names:
            continue
        names.add(name)
        distribution = importlib.metadata.distribution(name)
        yield distribution
        needs = map(Requirement, distribution.requires or ())
        waiting += [need for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
