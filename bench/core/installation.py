"""The installation of the project: a clone or an installed package, its version, and commands that work in it.

Uses only the standard library.
"""

from pathlib import Path

VERSION = "0.1.0"
"""The version of the project; pyproject.toml reads it here, since a copy of these folders has no metadata."""
ROOT = Path(__file__).parents[2]
"""The folder of `backends`, `bench` and `reports`."""
DISTRIBUTION = "activation-bench"
EXTRAS = ("torch", "tensorflow", "jax")
"""The backends whose framework is an extra of the distribution."""
PROGRAMS = {"bench": DISTRIBUTION, "reports": f"{DISTRIBUTION} report"}
"""The commands of an installed package, by the module that they run."""


def is_clone() -> bool:
    """Return whether the project runs from its source tree; otherwise it is an installed package."""
    return (ROOT / "pyproject.toml").is_file()


def program(module: str) -> str:
    """Return the command that runs a module of the project, such as `python -m reports`."""
    installed = None if is_clone() else PROGRAMS.get(module)
    return installed or f"python -m {module}"


def install_command(*extras: str) -> str:
    """Return the command that installs the packages which the project and these extras need."""
    target = f"-e {quote(str(ROOT), extras)}" if is_clone() else quote(DISTRIBUTION, extras)
    return f"python -m pip install {target}"


def quote(name: str, extras: tuple[str, ...]) -> str:
    """Return a requirement with its extras, in quotation marks because shells expand brackets."""
    return f'"{name}[{",".join(extras)}]"' if extras else f'"{name}"'
