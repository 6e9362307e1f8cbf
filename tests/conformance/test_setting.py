"""Tests that options that change a framework's kernels are part of the setting."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRINT_BUILD = (
    "import backends; from bench.core import setting; print(setting.current(backends.load('tensorflow')).build)"
)


@pytest.mark.parametrize(("onednn", "build"), [("0", "no_onednn"), ("1", "release")])
def test_onednn_is_part_of_the_setting(name: str, onednn: str, build: str) -> None:
    """The build tells whether TensorFlow uses oneDNN, which depends on more of the processor than its vectors."""
    if name != "tensorflow":
        pytest.skip("oneDNN is TensorFlow's choice alone")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("TensorFlow is built without that choice here")
    variables = {**os.environ, "TF_ENABLE_ONEDNN_OPTS": onednn, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", PRINT_BUILD], env=variables, capture_output=True, text=True, check=True, timeout=300
    )

    assert result.stdout.strip().partition("+")[0] == build
