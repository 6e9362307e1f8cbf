"""Every step of a new pin, `nox -s bump -- torch==2.14.0`: pins, environment, records, and the difference to read.

    python -m tests.bump [--dry-run] NAME==VERSION

Nothing is changed where pip does not find the version, or nothing satisfies its own requirements. A pin of another
package that refuses it fails in the step that makes the environment. The same command goes on after a step that failed.
"""

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.version import Version

import backends
from backends import spelling
from bench.core.cli import FAILED, echo, run_cli
from tests import behaviour, pins
from tests.behaviour import Behaviour

ROOT = Path(__file__).parents[1]
CURVES = Path("results", "curves")
COMMITTED_CURVES = Path("reports", "curves")
MOST_LINES = 20
"""The most changed figures of a kind that are printed; the others are counted."""
Command = tuple[str, ...]


@dataclass(frozen=True)
class Tools:
    """What the steps call: pip's resolver, and processes. Tests replace both."""

    resolve: pins.Resolver
    run: Callable[[Sequence[str]], int]
    """Runs a command in the repository's root and returns its exit status."""


def nox(*arguments: str) -> Command:
    """Return a command of nox."""
    return (sys.executable, "-m", "nox", *arguments)


def steps(backend: str) -> dict[str, Command]:
    """Return the commands that renew what is recorded of a backend, by what they do."""
    return {
        "make the environment": nox("-s", f"env(backend={backend!r})"),
        "record the behaviour": nox("-s", "record", "--", "--backend", backend),
        "record the curves": nox("-s", "curves", "--", "--backend", backend, "--store", str(CURVES)),
        "record the golden values": nox("-s", "golden"),  # Keras computes them on all four
    }


def remaining(backend: str, version: str) -> list[str]:
    """Return what is left for a human, in the order of doing."""
    return [
        "read every changed figure: a worse one needs a reason, and a divergence is declared beside the backend",
        f"run the scripts of upstream errors: python -m reports.recorded.bugs check --backend {backend}; take out "
        f"those that are mended, and write VERSION = {version!r} in the others",
        f"judge every input again, which takes hours: nox -s accuracy -- --backend {backend}, and with --dtype "
        "float16,bfloat16; then CONTRIBUTING, What a report shows beside its run",
        "take out the records of the former version, where no machine needs them",
        "run nox, and commit",
    ]


def parse(arguments: Sequence[str]) -> tuple[str, str]:
    """Return backend and version of `torch==2.14.0`; raise LookupError for anything else."""
    if len(arguments) != 1 or not all(arguments[0].partition("==")):
        raise LookupError("bump needs one new pin (an example: nox -s bump -- torch==2.14.0)")
    name, _, version = arguments[0].partition("==")
    if name not in backends.names():
        raise spelling.unknown("backend", name, backends.names())
    return name, version


def bump(arguments: Sequence[str], tools: Tools, root: Path = ROOT) -> int:
    """Take every step of a new pin, print the difference, and return the exit status of the first step that failed."""
    is_dry = "--dry-run" in arguments
    backend, version = parse([argument for argument in arguments if argument != "--dry-run"])
    constraints = root / pins.FILE.name
    text = constraints.read_text()
    former = pins.read(text)
    versions = pins.moved(backend, version, former, tools.resolve)
    for name, pin in versions.items():
        echo(f"pin {name}: {former.get(name, 'none')} -> {pin}")
    if is_dry:
        for name, command in steps(backend).items():
            echo(f"{name}: {' '.join(command[1:])}")
        return 0
    constraints.write_text(pins.rewrite(text, versions))
    status = renew(backend, tools)
    if not status:
        compress_curves(backend, root)
    tools.run(("git", "diff", "--stat"))
    tools.run(("git", "status", "--short"))
    for line in changes(backend, version, root / behaviour.FOLDER.relative_to(ROOT)):
        echo(line)
    for number, line in enumerate(remaining(backend, version), 1):
        echo(f"left for you, {number}: {line}")
    return status


def renew(backend: str, tools: Tools) -> int:
    """Run the steps up to the first that fails; return its exit status."""
    for name, command in steps(backend).items():
        echo(f"{name}: {' '.join(command[1:])}")
        if status := tools.run(command):
            echo(f"failed with status {status}: {name}; the same command goes on")
            return status
    return 0


def compress_curves(backend: str, root: Path) -> None:
    """Compress the curves of a backend into the folder that reports read; the same curves give the same file."""
    content = (root / CURVES / f"{backend}.json").read_bytes()
    (root / COMMITTED_CURVES / f"{backend}.json.gz").write_bytes(gzip.compress(content, 9, mtime=0))


def changes(backend: str, version: str, folder: Path) -> Iterator[str]:
    """Yield a line for each recorded figure that the new version changes, and the number of those not shown."""
    for path in sorted(folder.glob(f"*/*-{backend}-{version}*.json")):
        new = behaviour.read(path)
        old = former_behaviour(new, path.parent)
        if new.setting.version != version or old is None:
            continue
        lines = list(differences(old, new))
        yield f"{path.parent.name} {new.kind}: {len(lines)} figures changed"
        yield from lines[:MOST_LINES]
        if len(lines) > MOST_LINES:
            yield f"  and {len(lines) - MOST_LINES} more"


def former_behaviour(new: Behaviour, folder: Path) -> Behaviour | None:
    """Return the record of the latest other version in an otherwise equal setting; None where there is none."""
    stored = map(behaviour.read, folder.glob(f"{new.kind}-{new.backend}-*.json"))
    equal = [old for old in stored if replace(old.setting, version=new.setting.version) == new.setting]
    others = [old for old in equal if old.setting.version != new.setting.version]
    return max(others, key=lambda old: Version(old.setting.version), default=None)


def differences(old: Behaviour, new: Behaviour) -> Iterator[str]:
    """Yield a line for each figure that differs, by subject."""
    for subject in sorted(old.subjects.keys() | new.subjects.keys()):
        before, after = old.subjects.get(subject, {}), new.subjects.get(subject, {})
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"  {subject} {name}: {before.get(name, 'none')} -> {after.get(name, 'none')}"


def run(command: Sequence[str]) -> int:
    """Run a command in the repository's root; return its exit status."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """Take every step of the pin that the command line names; a step that fails gives 1."""
    return FAILED if bump(sys.argv[1:], Tools(pins.resolve, run)) else 0


if __name__ == "__main__":
    sys.exit(run_cli(main))
