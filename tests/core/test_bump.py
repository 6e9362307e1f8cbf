"""A new pin: which pins move, which steps run and in which order, and what is printed for a human to read."""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bench.core.faults import BadInput
from bench.core.setting import Setting
from tests import behaviour, bump, pins
from tests.behaviour import Behaviour

PINS = "# a reason\njax==1.0.0\njaxlib==1.0.0\nnumpy==2.0.0\nzlib==1.0\n"
REQUIRES = [
    "jaxlib==1.1.0",
    "numpy>=2.0",
    "newcomer",
    'colorama; sys_platform == "none"',
    'extra_package; extra == "x"',
]
INSTALLED = {"jax": "1.1.0+cpu", "jaxlib": "1.1.0", "numpy": "2.0.0", "newcomer": "3.0"}
FOLDER = behaviour.FOLDER.relative_to(bump.ROOT)


@dataclass
class Fakes:
    """The commands that were run, of which one may fail, and the constraints that pip was given."""

    failing: str = ""
    commands: list[str] = field(default_factory=list)
    constraints: str = ""

    def resolve(self, *arguments: str) -> list[dict[str, Any]]:
        """Answer as pip does for jax 1.1.0, the only new version."""
        if arguments[-1] != "jax==1.1.0":
            raise BadInput(f"{arguments[-1]} cannot be installed: no matching distribution")
        if "--no-deps" in arguments:
            return [{"metadata": {"name": "jax", "version": "1.1.0", "requires_dist": REQUIRES}}]
        self.constraints = Path(arguments[1]).read_text()
        return [{"metadata": {"name": name, "version": version}} for name, version in INSTALLED.items()]

    def run(self, command: Sequence[str]) -> int:
        """Keep the command; fail with 3 if it holds the failing word."""
        self.commands.append(" ".join(command[1:]))
        return 3 if self.failing and self.failing in self.commands[-1] else 0


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a repository with pins, recorded figures of two versions, and new curves."""
    (tmp_path / "constraints.txt").write_text(PINS)
    for version, worst in (("1.0.0", 1.5), ("1.1.0", 2.5)):
        subjects = {"relu value float32 eager": {"worst": worst, "zero": 1.0}}
        Behaviour("inputs", "jax", Setting(version, "release", "amd", "avx2", 1), subjects).write(tmp_path / FOLDER)
    (tmp_path / bump.CURVES).mkdir(parents=True)
    (tmp_path / bump.CURVES / "jax.json").write_text("{}")
    (tmp_path / bump.COMMITTED_CURVES).mkdir(parents=True)
    return tmp_path


def call(root: Path, fakes: Fakes, *arguments: str) -> int:
    """Take the steps with fakes in place of pip and of the processes."""
    return bump.bump(arguments, bump.Tools(fakes.resolve, fakes.run), root)


def test_every_step_runs_in_order(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The environment precedes what is recorded in it; the difference and what is left for a human come last."""
    fakes = Fakes()

    assert call(root, fakes, "jax==1.1.0") == 0
    assert [command.partition("-s ")[2].split()[0] for command in fakes.commands[:4]] == [
        "env(backend='jax')",
        "record",
        "curves",
        "golden",
    ]
    assert fakes.commands[4:] == ["diff --stat", "status --short"]
    assert gzip.decompress((root / bump.COMMITTED_CURVES / "jax.json.gz").read_bytes()) == b"{}"
    lines = capsys.readouterr().out.splitlines()
    assert "avx2 inputs: 1 figures changed" in " ".join(lines)
    assert "  relu value float32 eager worst: 1.5 -> 2.5" in lines
    assert lines[-1].startswith("left for you, ")


def test_the_pins_that_the_new_version_refuses_move_too(root: Path) -> None:
    """Others stay, new requirements are added, and a local version such as +cpu is no part of a pin."""
    fakes = Fakes()
    call(root, fakes, "jax==1.1.0")

    assert fakes.constraints == "numpy==2.0.0\nzlib==1.0\n"
    assert (root / "constraints.txt").read_text() == (
        "# a reason\njax==1.1.0\njaxlib==1.1.0\nnewcomer==3.0\nnumpy==2.0.0\nzlib==1.0\n"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("jax==9.9.9",), "jax==9.9.9 cannot be installed: no matching distribution"),
        (("pytorch==2.14.0",), "unknown backend 'pytorch', did you mean torch?"),
        (("jax",), "bump needs one new pin (an example: nox -s bump -- torch==2.14.0)"),
        ((), "bump needs one new pin"),
    ],
)
def test_a_pin_that_does_not_exist_changes_nothing(arguments: tuple[str, ...], words: str, root: Path) -> None:
    """One line names the fault, and no step runs."""
    fakes = Fakes()
    with pytest.raises((BadInput, LookupError)) as fault:
        call(root, fakes, *arguments)

    assert str(fault.value).startswith(words)
    assert (fakes.commands, (root / "constraints.txt").read_text()) == ([], PINS)


def test_a_dry_run_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The pins that move and the steps are printed."""
    fakes = Fakes()

    assert call(root, fakes, "--dry-run", "jax==1.1.0") == 0
    assert (fakes.commands, (root / "constraints.txt").read_text()) == ([], PINS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["pin jax: 1.0.0 -> 1.1.0", "pin jaxlib: 1.0.0 -> 1.1.0", "pin newcomer: none -> 3.0"]
    assert len(lines) == 3 + len(bump.steps("jax"))


def test_a_failed_step_ends_the_steps_and_the_difference_is_shown(root: Path) -> None:
    """Its status is returned, and no later step runs on what it left undone."""
    fakes = Fakes(failing="record")

    assert call(root, fakes, "jax==1.1.0") == 3
    assert [command for command in fakes.commands if "curves" in command or "golden" in command] == []
    assert fakes.commands[-2:] == ["diff --stat", "status --short"]
    assert not list((root / bump.COMMITTED_CURVES).iterdir())


def test_the_project_pins_every_backend_once() -> None:
    """No exact version stands in pyproject.toml beside those of constraints.txt."""
    pyproject = (bump.ROOT / "pyproject.toml").read_text()
    versions = pins.read(pins.FILE.read_text())

    assert {"torch", "tensorflow", "jax", "numpy", "keras"} <= versions.keys()
    assert '=="' not in pyproject
    assert not [name for name in versions if f'"{name}==' in pyproject]
    assert pins.rewrite(pins.FILE.read_text(), {}) == pins.FILE.read_text()
