"""The facts that a GPU's driver reports."""

from pathlib import Path

import pytest

from bench.core import environment

DRIVER = """#!/bin/sh
case "$1" in *{refused}*) echo "Field is not a valid field to query."; exit 2;; esac
echo "NVIDIA H100 80GB HBM3, 580.159.04, 81559, 1980, 2619, 31, 69.5, 0x0000000000000000"
"""


@pytest.mark.parametrize("refused", environment.THROTTLES)
def test_by_either_name(refused: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a driver does not know one field of the throttle reasons, the other field is asked for."""
    (tool := tmp_path / "nvidia-smi").write_text(DRIVER.format(refused=refused))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (gpu,) = environment.gpus()

    assert gpu["name"] == "NVIDIA H100 80GB HBM3"
    assert {name for name in environment.THROTTLES if name in gpu} == {*environment.THROTTLES} - {refused}


def test_without_a_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a driver there are no GPUs."""
    monkeypatch.setenv("PATH", str(tmp_path))

    assert environment.gpus() == []
