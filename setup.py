"""What pyproject.toml cannot say: the packages are those of the tree, and the requirements its dependency groups."""

import tomllib
from pathlib import Path

from setuptools import find_packages, setup

GROUPS = tomllib.loads((Path(__file__).parent / "pyproject.toml").read_text())["dependency-groups"]
FOLDERS = ("backends", "bench", "reports")

setup(
    packages=[
        "activation_bench",
        *(f"activation_bench.{name}" for folder in FOLDERS for name in find_packages(include=[folder, f"{folder}.*"])),
    ],
    # top-level packages of these names belong to others
    package_dir={f"activation_bench.{folder}": folder for folder in FOLDERS},
    install_requires=GROUPS["worker"],
    extras_require={name: GROUPS[name] for name in ("torch", "tensorflow", "jax", "reports")},
)
