"""The pins of constraints.txt: reading them, and those that a new version of one package moves.

Uses the standard library and `packaging`, which nox brings.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.core.faults import BadInput

FILE = Path(__file__).parents[1] / "constraints.txt"
PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)$", re.MULTILINE)
Resolver = Callable[..., list[dict[str, Any]]]
"""What pip would install for its arguments: the entries `install` of its report."""


def read(text: str) -> dict[str, str]:
    """Return the version of each package in the text of constraints.txt."""
    return {canonicalize_name(match["name"]): match["version"] for match in PIN.finditer(text)}


def rewrite(text: str, versions: Mapping[str, str]) -> str:
    """Return the text with these versions; packages that it lacks are added in the order of the alphabet."""
    remaining = dict(versions)

    def line(match: re.Match[str]) -> str:
        version = remaining.pop(canonicalize_name(match["name"]), match["version"])
        return f"{match['name']}=={version}"

    lines = PIN.sub(line, text).splitlines()
    comments = [entry for entry in lines if not PIN.match(entry)]
    pins = [pin for pin in lines if PIN.match(pin)] + [f"{name}=={version}" for name, version in remaining.items()]
    return "\n".join([*comments, *(sorted(pins, key=str.lower) if remaining else pins)]) + "\n"


def moved(name: str, version: str, pins: Mapping[str, str], resolve: Resolver) -> dict[str, str]:
    """Return the pins that `name==version` changes or adds: its own, and those of requirements that it refuses.

    Raises BadInput where the version does not exist or nothing satisfies its requirements.
    """
    (entry,) = resolve("--no-deps", f"{name}=={version}")
    requirements = map(Requirement, entry["metadata"].get("requires_dist", []))
    refused = {
        canonicalize_name(requirement.name)
        for requirement in requirements
        if (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
        and not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    }
    others = {package: pin for package, pin in pins.items() if package not in {name, *refused}}
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("".join(f"{package}=={pin}\n" for package, pin in others.items()))
        installed = [entry["metadata"] for entry in resolve("-c", str(constraints), f"{name}=={version}")]
    versions = {canonicalize_name(data["name"]): data["version"].partition("+")[0] for data in installed}
    return {package: pin for package, pin in versions.items() if pins.get(package) != pin}


def resolve(*arguments: str) -> list[dict[str, Any]]:
    """Ask pip what it would install, and install nothing; raise BadInput with its reason where it cannot."""
    options = ("--dry-run", "--ignore-installed", "--quiet", "--disable-pip-version-check", "--report", "-")
    command = [sys.executable, "-m", "pip", "install", *options, *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        faults = [line for line in result.stderr.splitlines() if line.startswith("ERROR")] or ["ERROR: pip failed"]
        raise BadInput(f"{arguments[-1]} cannot be installed: {faults[-1].removeprefix('ERROR: ')}")
    entries: list[dict[str, Any]] = json.loads(result.stdout)["install"]
    return entries
