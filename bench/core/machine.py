"""The facts of machine and software in `environment.json`, as classes; a run records what its system reports.

Uses only the standard library. Fields that nothing reads are left to the file.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Core:
    """A processor as the system numbers it."""

    number: int
    kind: str = ""
    """`performance` or `efficiency`; empty where all cores are alike."""
    siblings: tuple[int, ...] = ()
    """The cores that share its physical core, including itself."""


@dataclass(frozen=True)
class Machine:
    """The machine of a run; None is what it does not record."""

    time: str | None = None
    """The date on which the run began, in ISO 8601."""
    cpu: str | None = None
    cpu_vendor: str | None = None
    cpu_flags: tuple[str, ...] = ()
    avx512: bool | None = None
    cores: int | None = None
    memory_bytes: int | None = None
    gpu: tuple[dict[str, str] | str, ...] | str | None = None
    """The facts of each GPU, or its name alone."""
    system: str | None = None
    machine: str | None = None
    """The architecture, such as `x86_64`."""
    python: str | None = None
    commit: str | None = None
    """The commit of this project."""
    cores_used: tuple[Core, ...] | None = None
    """The cores to which workers were bound; None where the system binds no process."""
    cpu_quota: float | None = None
    """The CPUs that the container may use; None without a quota."""


@dataclass(frozen=True)
class BackendVersion:
    """The version of a backend's framework."""

    version: str


@dataclass(frozen=True)
class SideVersions:
    """The versions of the backends on one side."""

    backends: dict[str, BackendVersion] = field(default_factory=dict)


@dataclass(frozen=True)
class RunVersions(SideVersions):
    """The versions in `environment.json`; those of head where a run measured two sides."""

    sides: dict[str, SideVersions] = field(default_factory=dict)
    """The versions by side, of a run that measured two."""


@dataclass(frozen=True)
class Environment(RunVersions):
    """The content of `environment.json`."""

    machine: Machine = field(default_factory=Machine)
    variables: dict[str, str] | None = None
    """The variables of frameworks as the user set them; None where the run does not record them."""
    replaced_variables: dict[str, Any] = field(default_factory=dict)
    """Those of them that workers do not see, by name."""
